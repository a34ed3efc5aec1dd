"""Assembles sentences from a text that arrives in pieces of any size.

The scanner reads each character once. A sentence is released as soon as it is certain to have ended, which
takes the next word at most; chunk boundaries do not affect the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, get_args

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.messages import must_be, unknown
from dora_mlx_tts.text.markup.markdown_filter import MarkupFilter
from dora_mlx_tts.text.markup.ssml import Policy, SpeechMarkup, check_policy
from dora_mlx_tts.text.markup.tags import Char
from dora_mlx_tts.text.punctuation import CLAUSE_MARKS, CLOSERS, is_east_asian
from dora_mlx_tts.text.sentences.boundaries import BoundaryFinder
from dora_mlx_tts.text.spoken import Direction, Rate, Reading

Mode = Literal["sentence", "words", "clause", "none"]
Gap = Literal["", " ", "\n", "\n\n"]

_GLUED = frozenset(".,;:!?，。；：！？、")
_LINE_BREAKS = frozenset("\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence to be spoken.

    Attributes:
        text: without markup, blanks collapsed.
        start: offset of its first character in all text fed so far.
        end: offset behind its last character.
        directions: directions of speech markup, by offsets in `text`, in order.
        gap: what separates it from the sentence before: nothing, something, one line break, or several.
    """

    text: str
    start: int
    end: int
    directions: tuple[Direction, ...] = ()
    gap: Gap = ""

    def joined(self, other: Sentence, blank: str) -> Sentence:
        """This sentence joined with the next one, with or without a space between them."""
        head = self.text + blank
        moved = (item.moved(len(head)) for item in other.directions)
        directions = (*self.directions, *moved)
        return Sentence(head + other.text, self.start, other.end, directions, self.gap)


@dataclass(frozen=True, slots=True)
class ScannerOptions:
    """Where a text is divided.

    Attributes:
        mode: `sentence`; `words` divides like it; `clause` also ends at each clause mark; `none` waits for the flush.
        min_chars: a shorter sentence waits and is joined with the next one.
        max_chars: a longer sentence is cut at a clause mark; 0 is no limit.
        first_clause: the first sentence may end at its first clause mark, for early audio.
        markup: take Markdown, tags and emoji out.
        speech: how to treat speech markup (`markup.Policy`); `off` treats it like other tags.
    """

    mode: Mode = "sentence"
    min_chars: int = 0
    max_chars: int = 0
    first_clause: bool = False
    markup: bool = True
    speech: Policy = "off"

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            raise SettingError(unknown("sentence mode", self.mode, get_args(Mode)))
        check_policy(self.speech)
        for name in ("min_chars", "max_chars"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise SettingError(must_be(name, "an integer from 0", value))
        for name in ("first_clause", "markup"):
            if not isinstance(getattr(self, name), bool):
                raise SettingError(must_be(name, "true or false", getattr(self, name)))

    @classmethod
    def from_dict(cls, options: Mapping[str, Any]) -> Self:
        """Options by name; raises SettingError for an unknown name or a wrong value."""
        known = [field.name for field in fields(cls)]
        for name in options:
            if name not in known:
                raise SettingError(unknown("sentence option", name, known))
        return cls(**options)


class SentenceScanner:
    """Turns chunks of text into sentences; see `ScannerOptions`."""

    def __init__(self, options: ScannerOptions | None = None) -> None:
        self.options = options or ScannerOptions()
        self.reset()

    def reset(self) -> None:
        """Forget everything; the next chunk begins a new text."""
        speaks = self.options.speech != "off"
        self._filter = MarkupFilter(speech_tags=speaks)
        self._speech = SpeechMarkup(self.options.speech) if speaks else None
        self._finder = BoundaryFinder()
        self._fed = 0
        self._ready: list[Sentence] = []
        self._waiting: Sentence | None = None  # finished, but shorter than min_chars
        self._is_first = True
        self._waiting_directions: list[Direction] = []  # before the first character of a sentence
        self._rate = 1.0
        self._last_break = ""  # where the last character was a line break
        self._gap: Gap = ""  # what stands before the open text
        self._begin([], [])

    def feed(self, chunk: str) -> list[Sentence]:
        """Take the next piece of text; returns the sentences it completed."""
        if self.options.markup:
            chars = self._filter.feed(chunk)
            if self._speech is not None:
                chars = self._speech.feed(chars)
        else:
            chars = [Char(char, self._fed + i) for i, char in enumerate(chunk)]
        self._fed += len(chunk)
        return self.take(chars)

    def take(self, chars: Iterable[Char]) -> list[Sentence]:
        """Take characters without markup; returns the sentences they completed."""
        for char in chars:
            self._take(char)
        return self._hand_out()

    def flush(self) -> list[Sentence]:
        """End the open sentence: the text is over, or the caller will not wait for more of it."""
        chars = self._filter.flush()
        if self._speech is not None:
            chars = [*self._speech.feed(chars), *self._speech.flush()]
        for char in chars:
            self._take(char)
        self._end_line()
        if self._waiting is not None:
            self._ready.append(self._waiting)
            self._waiting = None
        return self._hand_out()

    @property
    def open_text(self) -> str:
        """The text waiting for the end of its sentence."""
        return "".join(char.text for char in self._open)

    def break_off(self) -> list[Sentence]:
        """Release an open sentence without an end: up to its last clause mark or space, or all of it."""
        blanks = (at for at in range(len(self._open) - 1, 0, -1) if self._open[at].text == " ")
        places = [*self._cuts[-1:], next(blanks, 0), len(self._open)]
        half = len(self._open) // 2
        self._end_at(next(place for place in places if place > half))
        return self._hand_out()

    def text_before(self, offset: int | None) -> str:
        """The open part of a sentence before an offset in all text fed."""
        chars = self._open[self._lead :]
        return "".join(char.text for char in chars if offset is None or char.at < offset)

    def _hand_out(self) -> list[Sentence]:
        ready, self._ready = self._ready, []
        return ready

    def _begin(self, chars: list[Char], directions: list[Direction]) -> None:
        self._open = chars
        self._directions = directions  # by offsets in the open text
        self._cuts: list[int] = []  # lengths of the open text up to its clause marks
        self._clause: int | None = None  # such a length, while the next character is unknown
        self._clause_inside = False  # whether that place is inside brackets
        self._clause_mark = ""

    @property
    def _lead(self) -> int:
        """Blanks the open text begins with, one at most."""
        return 1 if self._open and self._open[0].text == " " else 0

    def _take(self, char: Char) -> None:
        text = char.text
        if not text:
            self._take_sign(char)
            return
        whole = self.options.mode == "none"
        if text in _LINE_BREAKS and not whole:
            self._take_break(char)
            return
        self._last_break = ""
        after_blank = bool(self._open) and self._open[-1].text == " "
        if text.isspace():
            if after_blank:
                return
            char, text = char._replace(text=" "), " "
        if not whole:
            self._judge(char)
        if self._waiting_directions:
            self._place_waiting(char)
        if after_blank and text in _GLUED:
            self._close_gap(char)
        self._open.append(char)
        if text in CLAUSE_MARKS and self._clause is None and not char.in_code:
            self._clause, self._clause_mark = len(self._open), text
            self._clause_inside = self._finder.inside
        if self.options.max_chars:
            self._limit()

    def _take_break(self, char: Char) -> None:
        """A line break ends the sentence; two of them begin a paragraph."""
        self._end_line()
        self._open.append(char._replace(text=" "))
        if char.text != "\n" or self._last_break != "\r":
            self._gap = "\n\n" if self._gap.startswith("\n") else "\n"
        self._last_break = char.text

    def _judge(self, char: Char) -> None:
        """End the sentence or the clause where the character shows that it has ended."""
        next_has = self._finder.step(char.text, in_code=char.in_code)
        if next_has is not None:
            self._end_at(len(self._open) - next_has)
        if self._clause is not None:
            self._judge_clause(char.text)

    def _take_sign(self, char: Char) -> None:
        """Handle what has no character: a direction, or the end of reasoning."""
        if char.direction is not None:
            self._attach(char.direction)
        elif char.forgets:
            self._forget()

    def _close_gap(self, mark: Char) -> None:
        """Drop a space before a mark if something between them was removed, such as a citation."""
        if self._open and self._open[-1].text == " " and mark.at - self._open[-1].at > 1:
            self._open.pop()

    def _forget(self) -> None:
        """Drop unreleased text that proved to be a model's reasoning."""
        self._finder.restart()
        self._begin([], [])
        self._waiting, self._waiting_directions, self._rate = None, [], 1.0

    def _place_waiting(self, char: Char) -> None:
        """Put the directions that waited for it before a character."""
        if self._waiting_directions and char.text != " ":
            place = len(self._open)
            self._directions += [item.moved(place) for item in self._waiting_directions]
            self._waiting_directions = []

    def _attach(self, direction: Direction) -> None:
        """Put a direction after the last character, or before the next one if there is none."""
        place = len(self._open)
        while place and self._open[place - 1].text == " ":
            place -= 1
        if place:
            self._directions.append(direction.moved(place))
        else:
            self._waiting_directions.append(direction)

    def _end_line(self) -> None:
        next_has = self._finder.end()
        if next_has is not None:
            self._end_at(len(self._open) - next_has)
        self._end_at(len(self._open))
        self._finder.restart()

    # Clauses

    def _judge_clause(self, char: str) -> None:
        """Decide, by the character after it, whether a clause mark divides clauses."""
        if self._clause is None:
            return
        if char in CLAUSE_MARKS or (char in CLOSERS and char not in "'\""):
            self._clause = len(self._open) + 1
            self._clause_inside = self._finder.inside
            return
        place, self._clause = self._clause, None
        if self._clause_mark.isascii() and not (char == " " or is_east_asian(char)):
            return  # inside a number, a time or an address
        wanted = self.options.mode == "clause" or (self.options.first_clause and self._is_first)
        long_enough = place - self._lead >= self.options.min_chars
        if wanted and long_enough and not self._clause_inside:
            self._end_at(place)
        else:
            self._cuts.append(place)

    def _limit(self) -> None:
        """Cut an over-long sentence at its last clause mark within the limit, or the next one."""
        limit = self.options.max_chars
        if not limit or not self._cuts or len(self._open) - self._lead <= limit:
            return
        within = [place for place in self._cuts if place - self._lead <= limit]
        self._end_at(within[-1] if within else self._cuts[0])

    # Handing out

    def _end_at(self, length: int) -> None:
        """End a sentence after the first `length` characters of the open text."""
        done, rest = self._open[:length], self._open[length:]
        cuts = [place - length for place in self._cuts if place > length]
        clause = self._clause - length if self._clause and self._clause > length else None
        mark, is_inside, lead = self._clause_mark, self._clause_inside, self._lead
        said = [item.moved(-lead) for item in self._directions if item.end <= length]
        said = [item for item in said if not isinstance(item, Reading) or item.start >= 0]
        self._begin(rest, [item.moved(-length) for item in self._directions if item.end > length])
        self._cuts, self._clause, self._clause_mark = cuts, clause, mark
        self._clause_inside = is_inside
        while done and done[-1].text == " ":
            done.pop()
        text = "".join(char.text for char in done[lead:])
        if not any(char.isalnum() for char in text):
            self._waiting_directions[:0] = [item.moved(-item.end) for item in said]
            self._gap = self._gap or (" " if length else "")
            return
        gap: Gap = self._gap or (" " if lead else "")
        self._gap = ""
        directions = self._with_rate(said)
        sentence = Sentence(text, done[lead].at, done[-1].at + 1, directions, gap)
        self._join(sentence, " " if lead else "")

    def _with_rate(self, said: list[Direction]) -> tuple[Direction, ...]:
        """The directions of a sentence, after the rate that an earlier one set."""
        before = (Rate(0, self._rate),) if self._rate != 1 else ()
        rates = [item.factor for item in said if isinstance(item, Rate)]
        self._rate = rates[-1] if rates else self._rate
        return (*before, *said)

    def _join(self, sentence: Sentence, blank: str) -> None:
        """Release a sentence, with the short ones that waited for it."""
        if self._waiting is not None:
            sentence = self._waiting.joined(sentence, blank)
            self._waiting = None
        if len(sentence.text) < self.options.min_chars:
            self._waiting = sentence
        else:
            self._ready.append(sentence)
            self._is_first = False

"""Assembles sentences from a text that arrives in pieces of any size.

The scanner looks at each character once. A sentence leaves as soon as it is certain that it has
ended, which needs at most the next word; chunks have no influence on where that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, get_args

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.text.markup.markdown_filter import MarkupFilter
from dora_mlx_tts.text.markup.notes import CLOSE, is_note, last_rate, note, plain
from dora_mlx_tts.text.markup.ssml import Policy, SpeechMarkup, check_policy
from dora_mlx_tts.text.markup.tags import Char
from dora_mlx_tts.text.punctuation import CLAUSE_MARKS, CLOSERS, is_east_asian
from dora_mlx_tts.text.sentences.boundaries import BoundaryFinder

Mode = Literal["sentence", "clause", "none"]

_LONGEST_NOTE = 400
_LINE_BREAKS = frozenset("\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence to be spoken.

    Attributes:
        text: without markup, blanks collapsed; with notes where speech markup stood.
        start: offset of its first character in all text fed so far.
        end: offset behind its last character.
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ScannerOptions:
    """Where a text is divided.

    Attributes:
        mode: `sentence`; `clause` also ends at each clause mark; `none` waits for the flush.
        min_chars: a sentence below this length waits and is joined to the next.
        max_chars: a sentence above this length is cut at a clause mark; 0 is no limit.
        first_clause: the first sentence may end at its first clause mark, for an early sound.
        markup: take Markdown, tags and emoji out.
        speech: what becomes of speech markup (`markup.Policy`); `off` treats it as other tags.
    """

    mode: Mode = "sentence"
    min_chars: int = 0
    max_chars: int = 0
    first_clause: bool = False
    markup: bool = True
    speech: Policy = "off"

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            allowed = ", ".join(get_args(Mode))
            raise SettingError(f"sentence mode {self.mode!r} is not one of {allowed}")
        check_policy(self.speech)
        for name in ("min_chars", "max_chars"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise SettingError(f"{name} is {value!r}; it must be a whole number from 0")
        for name in ("first_clause", "markup"):
            if not isinstance(getattr(self, name), bool):
                raise SettingError(f"{name} is {getattr(self, name)!r}; it must be true or false")

    @classmethod
    def from_dict(cls, options: Mapping[str, Any]) -> Self:
        """Options by name; raises SettingError for an unknown name or a wrong value."""
        known = [field.name for field in fields(cls)]
        for name in options:
            if name not in known:
                raise SettingError(f"sentence option {name!r} is not one of {', '.join(known)}")
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
        self._note = ""  # the beginning of a note
        self._notes = ""  # notes before the first character of a sentence
        self._rate = "1"
        self._begin([])

    def feed(self, chunk: str) -> list[Sentence]:
        """Take the next piece of text; returns the sentences it completed."""
        if self.options.markup:
            chars = self._filter.feed(chunk)
            if self._speech is not None:
                chars = self._speech.feed(chars)
        else:
            chars = [Char(char, self._fed + i) for i, char in enumerate(chunk)]
        self._fed += len(chunk)
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

    def _hand_out(self) -> list[Sentence]:
        ready, self._ready = self._ready, []
        return ready

    def _begin(self, chars: list[Char]) -> None:
        self._open = chars
        self._cuts: list[int] = []  # lengths of the open text up to its clause marks
        self._clause: int | None = None  # such a length, while the next character is unknown
        self._clause_mark = ""

    @property
    def _lead(self) -> int:
        """Blanks the open text begins with, one at most."""
        return 1 if self._open and self._open[0].text == " " else 0

    def _take(self, char: Char) -> None:
        if self._note or is_note(char.text):
            self._take_note(char.text)
            return
        whole = self.options.mode == "none"
        if char.text in _LINE_BREAKS and not whole:
            self._end_line()
            self._open.append(char._replace(text=" "))
            return
        if char.text.isspace():
            char = char._replace(text=" ")
            if self._open and self._open[-1].text == " ":
                return
        if not whole:
            next_has = self._finder.step(char.text, in_code=char.in_code)
            if next_has is not None:
                self._end_at(len(self._open) - next_has)
            self._judge_clause(char.text)
        self._open.append(self._noted(char))
        if char.text in CLAUSE_MARKS and self._clause is None and not char.in_code:
            self._clause, self._clause_mark = len(self._open), char.text
        self._limit()

    def _take_note(self, text: str) -> None:
        """A note, which may come in pieces; what never ends is dropped."""
        self._note += text
        if self._note[-1] == CLOSE:
            self._attach(self._note)
        if self._note[-1] == CLOSE or len(self._note) > _LONGEST_NOTE:
            self._note = ""

    def _noted(self, char: Char) -> Char:
        """The character behind the notes that waited for it."""
        if not self._notes or char.text == " ":
            return char
        notes, self._notes = self._notes, ""
        return char._replace(text=notes + char.text)

    def _attach(self, found: str) -> None:
        """Put a note behind the last character, or before the next where there is none."""
        at = len(self._open) - 1
        while at >= 0 and self._open[at].text == " ":
            at -= 1
        if at < 0:
            self._notes += found
        else:
            last = self._open[at]
            self._open[at] = last._replace(text=last.text + found)

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
            return
        place, self._clause = self._clause, None
        if self._clause_mark.isascii() and not (char == " " or is_east_asian(char)):
            return  # inside a number, a time or an address
        wanted = self.options.mode == "clause" or (self.options.first_clause and self._is_first)
        long_enough = place - self._lead >= self.options.min_chars
        if wanted and long_enough and not self._finder.inside:
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
        """The first `length` characters of the open text are a sentence."""
        done, rest = self._open[:length], self._open[length:]
        cuts = [place - length for place in self._cuts if place > length]
        clause = self._clause - length if self._clause and self._clause > length else None
        mark, led = self._clause_mark, bool(self._lead)
        self._begin(rest)
        self._cuts, self._clause, self._clause_mark = cuts, clause, mark
        while done and done[-1].text == " ":
            done.pop()
        text = "".join(char.text for char in done[1 if led else 0 :])
        if not any(char.isalnum() for char in text):
            return
        if self._rate != "1":
            text = note("rate", self._rate) + text
        self._rate = last_rate(text) or self._rate
        sentence = Sentence(text, done[1 if led else 0].at, done[-1].at + 1)
        self._join(sentence, " " if led else "")

    def _join(self, sentence: Sentence, gap: str) -> None:
        """Hand a sentence out, with the short ones that waited for it."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            text = waiting.text + gap + sentence.text
            sentence = Sentence(text, waiting.start, sentence.end)
        if len(plain(sentence.text)) < self.options.min_chars:
            self._waiting = sentence
        else:
            self._ready.append(sentence)
            self._is_first = False

"""Decides, one character at a time, where a sentence has ended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dora_mlx_tts.text.punctuation import (
    CLAUSE_MARKS,
    CLOSERS,
    CLOSING_BRACKETS,
    DASHES,
    DOTS,
    ELLIPSES,
    HARD_STOPS,
    OPENING_BRACKETS,
    is_east_asian,
)
from dora_mlx_tts.text.sentences.abbreviations import Stop
from dora_mlx_tts.text.sentences.labels import BULLETS, LABEL_ENDS, Label, label_of

BRACKET_LIMIT = 200
"""Characters inside a round bracket within which no sentence ends."""

TITLE_LIMIT = 60
"""The same for a title in 《》 and for square brackets."""

_STOP_AND_ELLIPSIS = len(" . . .")
"""Behind a stop, an ellipsis with blanks stands for what the next sentence leaves out."""

_TAIL = 80
"""Characters looked back at, enough for two words before a stop."""

_URL_START = re.compile(
    r"[\"'(<]*(?:[a-z][a-z0-9+.-]{0,20}://|www\.|(?:[\w-]+\.)+[a-z]{2,}/)", re.IGNORECASE
)
_SOURCE = re.compile(r"\[\d{0,3}(?:[,，–-]\s?\d{0,3})*\]?")
_BEHIND_MOVE = re.compile(
    r"(?<!\w)(?:[KQRBN][a-h]?[1-8]?x?[a-h][1-8]|[a-h](?:x[a-h])?[1-8]|O-O(?:-O)?)[+#!?]{0,3}\s*$"
)
"""A move of chess, behind which a number is that of the next move."""
_FACE = re.compile(r"[:：;][-']?[(（]$")
_BEHIND_FACE = CLAUSE_MARKS | HARD_STOPS | DOTS | ELLIPSES | {" ", "(", "（", "~", "～"}
"""A sad face opens no bracket: `:(` with one of these behind it."""
_TELLING = HARD_STOPS | DOTS | ELLIPSES | LABEL_ENDS | BULLETS
"""Characters at which, or before which, a sentence may end."""

_DOTTED = re.compile(r"(?<![A-Za-z])(?:[A-Za-z]{1,3}\.){1,4}[A-Za-z]\.$")
"""Behind letters with dots a character in a Chinese sentence goes on: 3 p.m.开会."""
_OF_PASSWORD = re.compile(r"(?=[!-~]{0,40}[0-9])(?=[!-~]{0,40}[A-Za-z])[!-~]{3,40}[!?]$")
"""Letters and figures before a mark without a blank: k7#Qw9!zT2."""

_CONTINUES = CLAUSE_MARKS | DASHES


@dataclass(slots=True)
class _Boundary:
    """A place where the sentence may end, until what follows tells.

    Attributes:
        kind: what stands there.
        since: characters after the place.
        closed: a closing quote or bracket followed the stop.
        blank: a blank followed.
        spaced: characters from the first stop on, where blanks part the stops, as in `. . .`.
        source: a bracket behind it that may hold the mark of a source, so far.
        stop: the abbreviation that stands there, where the next word has to be known.
        word: that word, as far as it is known.
    """

    kind: Literal["stop", "dot", "ellipsis", "label"]
    since: int = 0
    closed: bool = False
    blank: bool = False
    spaced: int = 0
    source: str = ""
    stop: Stop | None = None
    word: str = ""


class BoundaryFinder:
    """Follows a text whose blanks are single and reports the characters that end a sentence."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin a new line: brackets, quotes and addresses do not reach beyond one."""
        self._boundary: _Boundary | None = None
        self._tail = ""  # end of the open sentence
        self._length = 0
        self._depth = 0
        self._in_bracket = 0
        self._bracket_limit = BRACKET_LIMIT
        self._label: Label | None = None  # of the item that is open
        self._bracket_is_sentence = False
        self._in_quotes = False
        self._token = ""
        self._in_url = False

    @property
    def inside(self) -> bool:
        """Whether the last character is inside brackets."""
        return self._depth > 0

    def step(self, char: str, *, in_code: bool = False) -> int | None:
        """Take the next character; no sentence ends inside code.

        Returns None while the sentence goes on; otherwise how many characters before this one
        already belong to the next sentence.
        """
        ended = self._judge(char) if self._boundary is not None else None
        tells = char in _TELLING
        if tells and char in BULLETS and self._tail[-1:] == " ":
            self._boundary, ended = None, 0
        if ended is not None:
            self._tail = self._tail[len(self._tail) - ended :]
            self._length = ended
            self._bracket_is_sentence |= self._tail.lstrip()[:1] == "["
            self._label = label_of(self._tail, is_whole=True) if ended else None
        self._note(char)
        if tells and not in_code:
            self._mark(char)
        return ended

    def end(self) -> int | None:
        """Like `step`, where no further character comes."""
        boundary, self._boundary = self._boundary, None
        if boundary and boundary.stop and self._next_word(boundary, boundary.stop, " "):
            return boundary.since
        return None

    # What a character means for a place where the sentence may have ended

    def _judge(self, char: str) -> int | None:
        boundary = self._boundary
        if boundary is None:
            return None
        if boundary.source or (char == "[" and not boundary.word):
            ends = self._after_source(boundary, char)
        elif boundary.kind == "stop":
            ends = self._after_stop(boundary, char)
        elif boundary.kind == "dot":
            ends = self._after_dot(boundary, char)
        elif boundary.kind == "ellipsis":
            ends = self._after_ellipsis(boundary, char)
        else:
            ends = self._after_label(boundary, char)
        if ends is None:
            return None
        self._boundary = None
        return boundary.since if ends else None

    def _after_stop(self, boundary: _Boundary, char: str) -> bool | None:  # noqa: PLR0911  a case each
        """After 。！？!? and what closes behind them."""
        if boundary.blank:
            if char in HARD_STOPS or char in DOTS:
                return self._goes_on(boundary)
            return not (char.islower() or char in _CONTINUES or char == "=")
        if self._extends(boundary, char):
            return None
        if char == " ":
            waits = boundary.closed or self._tail[-1:].isascii()
            return self._blank(boundary) if waits else True
        if char in _CONTINUES or char == "=" or (self._in_url and char.isascii()):
            return False
        if self._in_quotes and char.isascii() and char.isalnum():  # a password: "Blue!42"
            return False
        if char.isascii() and char.isalnum() and _OF_PASSWORD.search(self._tail):
            return False
        quoted = self._tail[-1:] in {"」", "』"} and char in {"と", "っ"}
        return not (boundary.closed and (char.islower() or quoted))

    def _after_dot(self, boundary: _Boundary, char: str) -> bool | None:  # noqa: PLR0911 (one case per line)
        """After one full stop: a number, an address, an abbreviation or an end."""
        if boundary.stop is not None:
            return self._next_word(boundary, boundary.stop, char)
        if boundary.blank:
            return self._after_dot_and_blank(boundary, char)
        if char in LABEL_ENDS and label_of(self._tail, is_whole=self._is_short):
            return False
        if self._extends(boundary, char):
            return None
        if char == " ":
            return self._blank(boundary)
        if not is_east_asian(char) or char in _CONTINUES or char.isdigit():
            return False
        if _DOTTED.search(self._tail):
            return False
        label = self._label_ends(boundary, char)
        return Stop.of(self._tail).ends(char) is not False if label is None else label

    def _after_dot_and_blank(self, boundary: _Boundary, char: str) -> bool | None:
        if char in DOTS:
            boundary.kind = "ellipsis"
            boundary.spaced = int(
                self._tail[-3:-2] == " "
            )  # then the first stop is part of the ellipsis
            return self._goes_on(boundary)
        if char.islower() or char in _CONTINUES:
            return False
        label = self._label_ends(boundary, char)
        if label is not None:
            return label
        stop = Stop.of(self._tail, is_whole=self._is_short)
        ends = stop.ends(char)
        if ends is None:
            boundary.stop = stop
            return self._next_word(boundary, stop, char)
        return ends

    @staticmethod
    def _next_word(boundary: _Boundary, stop: Stop, char: str) -> bool | None:
        """Follow the word after an abbreviation until it tells."""
        is_letter = char.isalpha() and not is_east_asian(char)
        is_dotted = char == "." and stop.may_precede_letters and boundary.word[-2:-1] in {"", "."}
        is_dotted = is_dotted and boundary.word[-1:].isalpha()
        is_linked = char == "-" and stop.may_precede_code and boundary.word.isupper()
        goes_on = (is_letter or is_dotted or is_linked) and len(boundary.word) < _TAIL
        word = boundary.word + char if goes_on else boundary.word
        ends = stop.ends_before(word, None if goes_on else char)
        if ends is None:
            boundary.word = word
            boundary.since += 1
        return ends

    def _after_ellipsis(self, boundary: _Boundary, char: str) -> bool | None:
        """A pause, unless a capital follows a blank; behind `. . .` the word "I" does not tell."""
        if boundary.word:
            return char.isalpha()
        if boundary.blank:
            if char == "I" and boundary.spaced:
                boundary.word, boundary.since = char, boundary.since + 1
                return None
            if char in HARD_STOPS or char in DOTS or char in ELLIPSES:
                return self._goes_on(boundary)
            if boundary.spaced == _STOP_AND_ELLIPSIS and char.isupper():
                boundary.since += boundary.spaced
            return char.isupper()
        if self._extends(boundary, char):
            return None
        return self._blank(boundary) if char == " " else False

    def _after_label(self, boundary: _Boundary, char: str) -> bool | None:
        """After `2)` within a list: the item before it ended where the label begins."""
        if not boundary.blank and char == " ":
            return self._blank(boundary)
        begins = char.isupper() or is_east_asian(char)
        return self._label_ends(boundary, char) if begins else False

    def _after_source(self, boundary: _Boundary, char: str) -> bool | None:
        """Behind a stop, the mark of a source belongs to the sentence before it: `[1]`."""
        boundary.source += char
        boundary.since += 1
        if _SOURCE.fullmatch(boundary.source) is None:
            boundary.since -= 1
            return not (boundary.source[1:].isalpha() and not boundary.blank)
        if char == "]":
            if len(boundary.source) == 2:  # noqa: PLR2004 (nothing between the brackets)
                return False
            boundary.kind, boundary.source = "stop", ""
            boundary.closed, boundary.blank, boundary.since = True, False, 0
        return None

    def _label_ends(self, boundary: _Boundary, char: str) -> bool | None:
        """Whether a new item begins at the label before this place; None where there is no label."""
        label = label_of(self._tail, is_whole=self._is_short)
        if label and label.is_capital and not (char.isdigit() or is_east_asian(char)):
            return None
        if label is None or _BEHIND_MOVE.search(self._tail[: -len(label.text)]):
            return None
        if label.begins:
            self._label = label
            return False
        if not label.follows(self._label):
            return None
        boundary.since = len(label.text)
        return True

    @property
    def _is_short(self) -> bool:
        """Whether all of the sentence is remembered."""
        return self._length <= len(self._tail)

    def _extends(self, boundary: _Boundary, char: str) -> bool:
        """Whether the character belongs to the stops and closing signs before it."""
        if char in HARD_STOPS:
            boundary.kind = "stop"
        elif char in ELLIPSES or char in DOTS:
            boundary.kind = "stop" if boundary.kind == "stop" else "ellipsis"
        elif char in CLOSERS and (char != '"' or self._in_quotes):
            boundary.kind = "stop" if boundary.kind == "dot" else boundary.kind
            boundary.closed = True
        else:
            return False
        return True

    @staticmethod
    def _goes_on(boundary: _Boundary) -> None:
        """A stop follows a blank, as in `. . .`: the place is behind it."""
        boundary.spaced += boundary.since + 1
        boundary.blank, boundary.since = False, 0

    @staticmethod
    def _blank(boundary: _Boundary) -> None:
        """A blank follows the place; the character after it is needed."""
        boundary.blank = True
        boundary.since += 1

    # What is remembered of the characters so far

    def _note(self, char: str) -> None:
        if char == '"':
            self._in_quotes = not self._in_quotes
        self._note_token(char)
        if char in OPENING_BRACKETS:
            if not self._depth:
                is_title = char in "《["
                self._in_bracket = 0
                self._bracket_is_sentence = not self._tail.strip() and char != "《"
                self._bracket_limit = TITLE_LIMIT if is_title else BRACKET_LIMIT
            self._depth += 1
        elif self._depth:
            self._note_in_bracket(char)
        self._tail = (self._tail + char)[-_TAIL:]
        self._length += 1

    def _note_in_bracket(self, char: str) -> None:
        if not self._in_bracket and char in _BEHIND_FACE and _FACE.search(self._tail):
            self._depth = 0
            return
        self._in_bracket += 1
        if char in CLOSING_BRACKETS:
            self._depth -= 1
            ended = self._tail[-1:] in HARD_STOPS or self._tail[-1:] in DOTS
            if not self._depth and self._bracket_is_sentence and ended:
                self._boundary = _Boundary("stop", closed=True)
        elif self._in_bracket > self._bracket_limit:
            self._depth = 0

    def _note_token(self, char: str) -> None:
        """Follow a run of ASCII characters, to know whether it is an address."""
        if char == " " or not char.isascii():
            self._token, self._in_url = "", False
        elif not self._in_url and len(self._token) < _TAIL:
            self._token += char
            if char in "/.":
                self._in_url = _URL_START.fullmatch(self._token) is not None

    def _mark(self, char: str) -> None:
        if self._boundary is not None or self._depth:
            return
        if char in LABEL_ENDS:
            self._mark_label()
        if char in HARD_STOPS:
            self._boundary = _Boundary("stop")
        elif char in DOTS:
            self._boundary = _Boundary("dot")
        elif char in ELLIPSES:
            self._boundary = _Boundary("ellipsis")

    def _mark_label(self) -> None:
        label = label_of(self._tail, is_whole=self._is_short)
        if label and label.begins:
            self._label = label
        elif label and label.follows(self._label):
            self._boundary = _Boundary("label")

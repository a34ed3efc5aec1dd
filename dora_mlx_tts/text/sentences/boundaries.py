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
    may_end,
    never_ends,
    next_word_ends,
    token_before_stop,
)

BRACKET_LIMIT = 200
"""Characters inside a round bracket within which no sentence ends."""

_TAIL = 80
"""Characters looked back at, enough for two words before a stop."""

_URL_START = re.compile(
    r"[\"'(<]*(?:[a-z][a-z0-9+.-]{0,20}://|www\.|(?:[\w-]+\.)+[a-z]{2,}/)", re.IGNORECASE
)
_LIST_NUMBER = re.compile(r"\s*[(（]?\d{1,3}[.．]\s?")
_CONTINUES = CLAUSE_MARKS | DASHES


@dataclass(slots=True)
class _Boundary:
    """A place where the sentence may end, until what follows tells.

    Attributes:
        kind: what stands there.
        since: characters after the place.
        closed: a closing quote or bracket followed the stop.
        blank: a blank followed.
        token: the abbreviation that stands there, where the next word has to be known.
        word: that word, as far as it is known.
    """

    kind: Literal["stop", "dot", "ellipsis"]
    since: int = 0
    closed: bool = False
    blank: bool = False
    token: str = ""
    word: str = ""


class BoundaryFinder:
    """Follows a text whose blanks are single and says after which characters a sentence ends."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin a new line: brackets, quotes and addresses do not reach beyond one."""
        self._boundary: _Boundary | None = None
        self._tail = ""  # end of the open sentence
        self._length = 0
        self._depth = 0
        self._in_bracket = 0
        self._bracket_is_sentence = False
        self._in_quotes = False
        self._token = ""
        self._in_url = False

    @property
    def inside(self) -> bool:
        """Whether the place is inside brackets or an address."""
        return self._depth > 0 or self._in_url

    def step(self, char: str, *, in_code: bool = False) -> int | None:
        """Take the next character; no sentence ends inside code.

        Returns None while the sentence goes on; otherwise how many characters before this one
        already belong to the next sentence.
        """
        ended = self._judge(char)
        if ended is not None:
            self._tail = self._tail[len(self._tail) - ended :]
            self._length = ended
        self._note(char)
        if not in_code:
            self._mark(char)
        return ended

    def end(self) -> int | None:
        """Like `step`, where no further character comes."""
        boundary, self._boundary = self._boundary, None
        if boundary and boundary.word and self._next_word(boundary, " "):
            return boundary.since
        return None

    # What a character means for a place where the sentence may have ended

    def _judge(self, char: str) -> int | None:
        boundary = self._boundary
        if boundary is None:
            return None
        if boundary.kind == "stop":
            ends = self._after_stop(boundary, char)
        elif boundary.kind == "dot":
            ends = self._after_dot(boundary, char)
        else:
            ends = self._after_ellipsis(boundary, char)
        if ends is None:
            return None
        self._boundary = None
        return boundary.since if ends else None

    def _after_stop(self, boundary: _Boundary, char: str) -> bool | None:
        """After 。！？!? and what closes behind them."""
        if boundary.blank:
            return not (char.islower() or char in _CONTINUES)
        if self._extends(boundary, char):
            return None
        if char == " ":
            return self._blank(boundary) if boundary.closed else True
        if char in _CONTINUES or (self._in_url and char.isascii()):
            return False
        quoted = self._tail[-1:] in {"」", "』"} and char in {"と", "っ"}
        return not (boundary.closed and (char.islower() or quoted))

    def _after_dot(self, boundary: _Boundary, char: str) -> bool | None:
        """After one full stop: a number, an address, an abbreviation or an end."""
        if boundary.word:
            return self._next_word(boundary, char)
        if boundary.blank:
            return self._after_dot_and_blank(boundary, char)
        if self._extends(boundary, char):
            return None
        if char == " ":
            return self._blank(boundary)
        return is_east_asian(char) and char not in _CONTINUES and not self._is_list_number()

    def _after_dot_and_blank(self, boundary: _Boundary, char: str) -> bool | None:
        if char.islower() or char in _CONTINUES or self._is_list_number():
            return False
        token, before = token_before_stop(self._tail)
        if never_ends(token, before, char):
            return False
        if not may_end(token):
            return True
        if char.isupper():
            boundary.token = token
            return self._next_word(boundary, char)
        return not char.isdigit()

    @staticmethod
    def _next_word(boundary: _Boundary, char: str) -> bool | None:
        """Follow the word after an abbreviation until it tells."""
        goes_on = char.isalpha() and not is_east_asian(char) and len(boundary.word) < _TAIL
        word = boundary.word + char if goes_on else boundary.word
        ends = next_word_ends(boundary.token, word, is_whole=not goes_on)
        if ends is None:
            boundary.word = word
            boundary.since += 1
        return ends

    def _after_ellipsis(self, boundary: _Boundary, char: str) -> bool | None:
        """A pause, unless a capital follows a blank."""
        if boundary.blank:
            return char.isupper()
        if self._extends(boundary, char):
            return None
        return self._blank(boundary) if char == " " else False

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
    def _blank(boundary: _Boundary) -> None:
        """A blank follows the place; the character after it is needed."""
        boundary.blank = True
        boundary.since += 1

    def _is_list_number(self) -> bool:
        return self._length < 8 and _LIST_NUMBER.fullmatch(self._tail) is not None  # noqa: PLR2004

    # What is remembered of the characters so far

    def _note(self, char: str) -> None:
        if char == '"':
            self._in_quotes = not self._in_quotes
        self._note_token(char)
        if char in OPENING_BRACKETS:
            if not self._depth:
                self._in_bracket, self._bracket_is_sentence = 0, not self._tail.strip()
            self._depth += 1
        elif self._depth:
            self._note_in_bracket(char)
        self._tail = (self._tail + char)[-_TAIL:]
        self._length += 1

    def _note_in_bracket(self, char: str) -> None:
        self._in_bracket += 1
        if char in CLOSING_BRACKETS:
            self._depth -= 1
            ended = self._tail[-1:] in HARD_STOPS or self._tail[-1:] in DOTS
            if not self._depth and self._bracket_is_sentence and ended:
                self._boundary = _Boundary("stop", closed=True)
        elif self._in_bracket > BRACKET_LIMIT:
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
        if char in HARD_STOPS:
            self._boundary = _Boundary("stop")
        elif char in DOTS:
            self._boundary = _Boundary("dot")
        elif char in ELLIPSES:
            self._boundary = _Boundary("ellipsis")

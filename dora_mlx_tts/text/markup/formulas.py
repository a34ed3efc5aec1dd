r"""Finds formulas in a text that arrives in pieces: `$…$`, `$$…$$`, `\\(…\\)`, `\\[…\\]`, `\\frac{3}{4}`.

A dollar sign opens one only if it cannot be a price: a word, the end of a sentence or East Asian text after it
rules out a formula within a few words.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Final, Literal, Protocol

from dora_mlx_tts.text.markup.latex import Placed, arguments, read_math
from dora_mlx_tts.text.punctuation import is_east_asian

LONGEST_FORMULA = 600
"""Maximum length of a formula on separate lines; within a line, a third of that."""

Verdict = Literal["open", "formula", "text"]

_CLOSERS: Final = {"$": "$", "$$": "$$", "\\(": "\\)", "\\[": "\\]"}
_WORDS: Final = frozenset(
    ["sin", "cos", "tan", "log", "lim", "max", "min", "exp", "gcd", "mod", "det"]
)
_LONGEST_COMMAND = 20
_LONGEST_NAME = 2
"""Letters in a row that may be variables; longer runs are words."""

_SIGNS = re.compile(r"[\\^_=<>+{}]|\d\s?[-*/×÷]\s?\d")
_MATHS = re.compile(
    r"\\begin\{(?:align(?:at|ed)?|equation|gather(?:ed)?|multline|eqnarray|flalign|split|cases|[pbvBV]?matrix|math|displaymath)\*?\}"
)
_PLAIN = re.compile(r"[\w()|]+(?:\.\d+)?(?:\s?[-*/,!|()]\s?[\w()|]+(?:\.\d+)?)*[!'%]?")


class _Candidate(Protocol):
    """A possible formula."""

    opener: str

    def take(self, char: str) -> tuple[Verdict, bool]:
        """Take the next character; returns the verdict, and whether the character belongs to it."""

    def end(self) -> Verdict:
        """The verdict if nothing follows: a formula or text."""

    @property
    def content(self) -> str:
        """The text to read."""


class _Delimited:
    """A formula between marks."""

    def __init__(self, opener: str) -> None:
        self.opener = opener
        self._closer = _CLOSERS[opener]
        self._inside = ""
        self._depth = 0  # of braces
        self._word = ""  # letters it ends with, outside braces
        self._closed = False
        within_line = opener in {"$", "\\("}
        self._limit = LONGEST_FORMULA // 3 if within_line else LONGEST_FORMULA
        self._breaks = "" if within_line else "\n"

    def take(self, char: str) -> tuple[Verdict, bool]:
        if self._closed:
            return self._judge(char), False
        if len(self._inside) >= self._limit or self._is_prose(char):
            return "text", False
        escaped = self._inside.endswith("\\")
        self._inside += char
        if char == "{" and not escaped:
            self._depth += 1
        elif char == "}" and not escaped:
            self._depth = max(self._depth - 1, 0)
        self._word = self._word + char if char.isalpha() and not self._depth else ""
        self._closed = (
            self._inside.endswith(self._closer) and not self._depth and self._closer[0] != "$"
        ) or (self._closer[0] == "$" and not escaped and self._inside.endswith(self._closer))
        return "open", True

    def end(self) -> Verdict:
        return self._judge("") if self._closed else "text"

    @property
    def content(self) -> str:
        return self._inside[: -len(self._closer)] if self._closed else self._inside

    def _is_prose(self, char: str) -> bool:
        """Whether the character cannot stand in a formula."""
        last = self._inside[-1:]
        if char in "`\r" or (char == "\n" and (not self._breaks or last == "\n")):
            return True
        if last + char in {"</", "\\(", "\\["}:
            return True
        if self._depth:
            return False
        if is_east_asian(char) or (char == " " and last and last in ".!?;:"):
            return True
        if char.isalpha() or len(self._word) <= _LONGEST_NAME or self._word in _WORDS:
            return False
        before = self._inside[: -len(self._word)]
        return not before.endswith("\\")

    def _judge(self, following: str) -> Verdict:
        content = self.content
        bare = content.strip()
        signs = _SIGNS.search(bare) is not None
        if not any(char.isalnum() for char in bare):
            return "text"
        if self.opener == "$":
            if following.isdigit() or (_is_word(following) and len(bare) > 1):
                return "text"  # between two prices or two names of a shell
            if content != bare:
                return "formula" if signs and content[0] == content[-1] == " " else "text"
        plain = self.opener != "\\[" and _PLAIN.fullmatch(bare) is not None
        return "formula" if signs or plain else "text"


class _Command:
    """A known command in a text without marks around it, with its arguments."""

    def __init__(self, letter: str) -> None:
        self.opener = "\\"
        self.content = "\\" + letter
        self._wanted: int | None = (
            None  # arguments that are still to come; None while its name goes on
        )
        self._depth = 0
        self._closer = ""

    def take(self, char: str) -> tuple[Verdict, bool]:  # noqa: PLR0911 (one case per line)
        if self._wanted is None:
            if char.isascii() and char.isalpha() and len(self.content) <= _LONGEST_COMMAND:
                self.content += char
                return "open", True
            self._wanted = arguments(self.content[1:])
            if self._wanted is None:
                return "text", False
        if self._depth:
            return self._inside(char)
        if char == "{" and (self._wanted or self.content[-1] in "_^"):
            self._wanted = max(self._wanted - 1, 0)
        elif char == "[" and self.content == "\\sqrt":
            self._closer = "]"
        elif char in "_^" and not self._wanted and self.content[-1] not in "_^":
            self.content += char
            return "open", True
        elif self.content[-1] in "_^" and (char.isalnum() or char == "\\"):
            self.content += char
            return ("text" if char == "\\" else "open"), True
        else:
            return ("text" if self._wanted or self.content[-1] in "_^" else "formula"), False
        self._depth = 1
        self.content += char
        return "open", True

    def _inside(self, char: str) -> tuple[Verdict, bool]:
        if char in "\n\r`" or len(self.content) > LONGEST_FORMULA // 3:
            return "text", False
        self.content += char
        if self._closer:
            self._depth, self._closer = (0, "") if char == "]" else (1, "]")
        else:
            self._depth += (char == "{") - (char == "}")
        return "open", True

    def end(self) -> Verdict:
        wanted = arguments(self.content[1:]) if self._wanted is None else self._wanted
        return "formula" if wanted == 0 and not self._depth else "text"


class _Environment:
    r"""An environment of formulas without marks around it: `\begin{align} … \end{align}`."""

    def __init__(self, begin: str) -> None:
        self.opener = begin
        self._closer = begin.replace("begin", "end")
        self._inside = ""

    def take(self, char: str) -> tuple[Verdict, bool]:
        if char in "`\r" or len(self._inside) >= LONGEST_FORMULA:
            return "text", False
        self._inside += char
        return ("formula" if self._inside.endswith(self._closer) else "open"), True

    def end(self) -> Verdict:
        return "text"

    @property
    def content(self) -> str:
        inside = self._inside[: -len(self._closer)]
        return inside.replace("&", ",") if "cases" in self.opener else inside


class FormulaFilter:
    """Hands out the characters of a text, those of formulas as `latex.read_math` says them."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int, str]] = []
        """Formulas since the last `feed` began: start, end and what is said."""
        self._candidate: _Candidate | None = None
        self._opening = ""  # a dollar or a backslash, what follows is not known
        self._held: Placed = []
        self._before = ""
        self._in_path = False  # inside a Windows path, whose folders are no commands
        self._out: Placed = []

    def is_needed(self, chunk: str) -> bool:
        """Whether a piece of text must go through `feed`; most need not."""
        return bool(self._held) or self._in_path or "$" in chunk or "\\" in chunk

    def feed(self, chunk: str, start: int, before: str) -> Placed:
        """Take a piece of text; returns the characters that are now certain, with their offsets.

        Args:
            chunk: the next piece of text.
            start: offset of its first character.
            before: the character in front of it.
        """
        self.found = []
        if not self._held:
            self._before = before
        self._read(deque((char, start + i) for i, char in enumerate(chunk)))
        return self._take()

    def flush(self) -> Placed:
        """What was held back."""
        while self._held:
            if self._candidate is not None and self._candidate.end() == "formula":
                self._say(self._candidate)
            else:
                self._read(self._given_up())
        return self._take()

    def _take(self) -> Placed:
        out, self._out = self._out, []
        return out

    def _let(self, char: str, at: int) -> None:
        self._out.append((char, at))
        self._before = char
        if char.isspace():
            self._in_path = False

    def _read(self, queue: deque[tuple[str, int]]) -> None:
        while queue:
            char, at = queue.popleft()
            if self._candidate is not None:
                self._judge(self._candidate, char, at, queue)
            elif self._held:
                self._second(char, at, queue)
            elif char == "\\" or (char == "$" and not _is_word(self._before)):
                self._held = [(char, at)]
            else:
                self._let(char, at)

    def _second(self, char: str, at: int, queue: deque[tuple[str, int]]) -> None:
        """Tell by the character behind a dollar or a backslash what may begin there."""
        opener = self._held[0][0]
        if opener + char in _CLOSERS:
            self._candidate = _Delimited(opener + char)
            self._held.append((char, at))
        elif opener == "$":
            self._candidate = _Delimited("$")
            queue.appendleft((char, at))
        elif char.isascii() and char.isalpha() and not self._in_path and self._before != ":":
            self._candidate = _Command(char)
            self._held.append((char, at))
        else:  # a sign that is escaped
            self._in_path = self._before == ":" or self._in_path
            held, self._held = self._held, []
            self._let(*held[0])
            self._let(char, at)

    def _judge(
        self, candidate: _Candidate, char: str, at: int, queue: deque[tuple[str, int]]
    ) -> None:
        verdict, belongs = candidate.take(char)
        if belongs:
            self._held.append((char, at))
        else:
            queue.appendleft((char, at))
        if verdict == "formula" and _MATHS.fullmatch(candidate.content):
            self._candidate = _Environment(candidate.content)
        elif verdict == "formula":
            self._say(candidate)
        elif verdict == "text":
            queue.extendleft(reversed(self._given_up()))

    def _given_up(self) -> deque[tuple[str, int]]:
        """Give up a formula: its opener is text, and what follows it is examined again."""
        opener = self._candidate.opener if self._candidate else self._held[0][0]
        if isinstance(self._candidate, _Command):
            self._in_path = True
        is_silent = isinstance(self._candidate, _Environment)
        held, self._held, self._candidate = self._held, [], None
        for char, at in held[: len(opener)] if not is_silent else ():
            self._let(char, at)
        return deque(held[len(opener) :])

    def _say(self, candidate: _Candidate) -> None:
        start, end = self._held[0][1], self._held[-1][1] + 1
        skipped = len(candidate.opener) if candidate.opener != "\\" else 0
        self._held, self._candidate = [], None
        said = read_math(candidate.content)
        if said and self._before.isalnum() and candidate.opener == "\\":
            said = read_math(f"{self._before}{candidate.content} ")[1:]
            said = [(char, max(at - 1, 0)) for char, at in said]
        self.found.append((start, end, "".join(char for char, _ in said)))
        for char, at in said:
            self._let(char, start + skipped + at)


def _is_word(char: str) -> bool:
    return char.isascii() and char.isalnum()


def formulas(text: str) -> Iterator[tuple[int, int, str]]:
    """The formulas of a whole text: start, end and what is said, in order."""
    reader = FormulaFilter()
    reader.feed(text, 0, "")
    reader.flush()
    yield from reader.found

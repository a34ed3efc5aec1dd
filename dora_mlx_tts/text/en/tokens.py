"""Words and marks of a normalized English text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PAUSES = frozenset(",.?!…-")
_TOKEN = re.compile(r"'?[A-Za-z]++(?:['-][A-Za-z]++)*'?|[,.?!…-]")


@dataclass(frozen=True, slots=True)
class Token:
    """One word (letters, inner hyphens and apostrophes) or one pause mark.

    Attributes:
        text: the token as written.
        start: offset of its first character in the text.
    """

    text: str
    start: int

    @property
    def end(self) -> int:
        """Offset after its last character."""
        return self.start + len(self.text)

    @property
    def word(self) -> str:
        """The word in lower case, without quotes around it."""
        return self.text.lower().strip("'")

    @property
    def is_mark(self) -> bool:
        """Whether this is a pause mark."""
        return self.text in PAUSES


def tokens(text: str) -> Iterator[Token]:
    """Words and pause marks in order; anything else is left out."""
    for match in _TOKEN.finditer(text):
        yield Token(match.group(), match.start())


def parts(token: Token) -> Iterator[Token]:
    """The words of a compound with hyphens (`wind-powered`), each where it stands; else the token."""
    start = token.start
    for part in token.text.split("-") if not token.is_mark else [token.text]:
        yield Token(part, start)
        start += len(part) + 1

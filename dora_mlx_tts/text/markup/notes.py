"""Notes inside a text: how a word is to be read, where to pause, how fast to go on.

A note follows the characters it is about, so that a text with notes is still one string: it can
be divided, queued and logged like any other. It is written in characters that mean nothing to
speech: a separator, the content in Unicode's invisible tag characters, a terminator. Markup
(`markup.py`) writes notes, the front end reads them; `plain` gives the text without them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

OPEN, CLOSE = "\ufffa", "\ufffb"
"""Separator and terminator of Unicode's interlinear annotations."""

_TAGS = 0xE0000
"""Where the invisible copy of ASCII begins."""

Kind = Literal["pinyin", "arpabet", "jyutping", "phones", "say", "break", "rate"]
_LETTERS: dict[Kind, str] = {
    "pinyin": "p",
    "arpabet": "a",
    "jyutping": "j",
    "phones": "x",
    "say": "s",
    "break": "b",
    "rate": "r",
}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}
_NOTE = re.compile(f"{OPEN}([\U000e0020-\U000e007e]*){CLOSE}")
_STRAY = re.compile(f"[{OPEN}{CLOSE}\U000e0020-\U000e007e]")
_CONTENT = re.compile(r"([a-z])(\d{1,4}) (.*)")


class Note(NamedTuple):
    """A note about the characters `start:end` of a plain text (equal for a pause or a rate).

    Attributes:
        start: offset of the first character it is about.
        end: offset behind the last; the note stands here.
        kind: what it says.
        value: a reading, a way to say something, seconds, or a factor.
    """

    start: int
    end: int
    kind: Kind
    value: str


def note(kind: Kind, value: str, length: int = 0) -> str:
    """The characters of a note about the `length` characters before it; `value` is ASCII."""
    content = f"{_LETTERS[kind]}{length} {value}"
    return OPEN + "".join(chr(_TAGS + ord(char)) for char in content) + CLOSE


def is_note(text: str) -> bool:
    """Whether `text` begins with a note."""
    return text.startswith(OPEN)


def plain(text: str) -> str:
    """The text without its notes."""
    return _STRAY.sub("", text) if _STRAY.search(text) else text


def read_notes(text: str) -> tuple[str, tuple[Note, ...]]:
    """The plain text, and the notes in it in order; what only looks like one is left out."""
    if OPEN not in text:
        return plain(text), ()
    parts: list[str] = []
    notes: list[Note] = []
    done = size = 0
    for match in _NOTE.finditer(text):
        parts.append(plain(text[done : match.start()]))
        size += len(parts[-1])
        done = match.end()
        notes.extend(_read(match[1], size))
    parts.append(plain(text[done:]))
    return "".join(parts), tuple(notes)


def last_rate(text: str) -> str | None:
    """Value of the last note about the rate, or None if there is none."""
    rates = [found.value for found in read_notes(text)[1] if found.kind == "rate"]
    return rates[-1] if rates else None


def _read(tags: str, at: int) -> Iterator[Note]:
    match = _CONTENT.fullmatch("".join(chr(ord(char) - _TAGS) for char in tags))
    if match and match[1] in _KINDS and int(match[2]) <= at:
        yield Note(at - int(match[2]), at, _KINDS[match[1]], match[3])

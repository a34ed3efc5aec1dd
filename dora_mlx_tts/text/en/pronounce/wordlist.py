"""Sorted word lists packed into one file each: small on disk, quick to open, cheap to search."""

from __future__ import annotations

import zlib
from bisect import bisect_left
from functools import cache
from importlib.resources import files

FIRST = 0x80
"""Value bytes start here; words are ASCII, so the first byte above ends the word."""


class WordList:
    """Words with a few value bytes each.

    A file is zlib data: one header line, then lines `word` + value bytes in byte order. Lines are
    searched by bisection as they are; nothing is decoded before it is asked for.
    """

    def __init__(self, data: bytes) -> None:
        header, *self._lines = zlib.decompress(data).split(b"\n")
        self.header = header.decode()

    def __len__(self) -> int:
        return len(self._lines)

    def find(self, word: str) -> int | None:
        """Place of a word in the list, or None if the list has no such word."""
        try:
            key = word.encode("ascii")
        except UnicodeEncodeError:
            return None
        at = bisect_left(self._lines, key + bytes([FIRST]))
        if at == len(self._lines):
            return None
        line, size = self._lines[at], len(key)
        return at if line[size : size + 1] >= bytes([FIRST]) and line.startswith(key) else None

    def get(self, word: str) -> bytes | None:
        """Value bytes of a word, or None if the list has no such word."""
        at = self.find(word)
        return None if at is None else self._lines[at][len(word) :]


@cache
def packaged(name: str) -> WordList:
    """The word list shipped under this file name, read at first use."""
    return WordList(files("dora_mlx_tts.text.en.pronounce").joinpath(name).read_bytes())

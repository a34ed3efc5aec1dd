"""The word list of jieba (MIT): frequency and part of speech of 349,000 words, opened in milliseconds.

`words.txt`, made by `scripts/build_segmentation.py`, has them in byte order. The words that begin with one
character are told apart when that character is first met, and a word's frequency is read when the word is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from math import log
from typing import NamedTuple

_TOTAL_FREQUENCY = 60_101_967
"""Sum of all frequencies in jieba's dict.txt 0.42.1; a shared constant of all scores."""

_LOG_TOTAL = log(_TOTAL_FREQUENCY)

UNKNOWN_TAG = "x"


class Entry(NamedTuple):
    """Log probability and part of speech of a word."""

    score: float
    tag: str


UNKNOWN = Entry(-_LOG_TOTAL, UNKNOWN_TAG)


class Group:
    """The words that share a first character.

    Attributes:
        longest: characters of the longest of them, at least 1.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        """Take the lines of the words."""
        self._unread = dict(line.split(" ", 1) for line in lines)
        self._entries: dict[str, Entry] = {}
        self.longest = max(map(len, self._unread), default=1)

    def get(self, word: str) -> Entry | None:
        """Entry of a word, or None."""
        entry = self._entries.get(word)
        if entry is None and (line := self._unread.get(word)) is not None:
            frequency, tag = line.split(" ")
            if frequency != "0":
                entry = self._entries[word] = Entry(log(int(frequency)) - _LOG_TOTAL, tag)
        return entry


class WordList:
    """Words with frequency and tag, looked up by first character."""

    def __init__(self, data: bytes) -> None:
        """Take lines `word frequency tag` in byte order, each with its line feed."""
        self._data = data
        self._groups: dict[str, Group] = {}

    def group(self, first: str) -> Group:
        """All words that begin with the character `first`."""
        group = self._groups.get(first)
        if group is None:
            key = first.encode("utf-8", "replace")
            start, end = self._place(key), self._place(key + b"\xff")
            group = self._groups[first] = Group(self._data[start:end].decode().split("\n")[:-1])
        return group

    def _place(self, key: bytes) -> int:
        """Where the first line that is not below `key` begins."""
        return bisect_left(range(len(self._data)), key, key=self._line_around)

    def _line_around(self, at: int) -> bytes:
        start = self._data.rfind(b"\n", 0, at) + 1
        return self._data[start : self._data.index(b"\n", at)]

    def entry(self, word: str) -> Entry | None:
        """Entry of a word, or None."""
        return self.group(word[0]).get(word) if word else None

    def goes_on(self, beginning: str) -> bool:
        """Whether a longer word begins so."""
        key = beginning.encode("utf-8", "replace")
        place = self._place(key + b"!")  # behind the word itself, which a blank follows
        return self._data.startswith(key, self._data.rfind(b"\n", 0, place) + 1)

    def __contains__(self, word: str) -> bool:
        return self.entry(word) is not None


@cache
def word_list() -> WordList:
    """The dictionary of jieba, read once a process."""
    return WordList(files(__package__).joinpath("words.txt").read_bytes())

"""The word list of jieba: frequency and part of speech of 349,000 words, opened in milliseconds.

Only the lines are sorted when the file is opened. The words that begin with one character are told
apart when that character is first met, and a word's frequency is read when the word is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from math import log
from typing import NamedTuple

from dora_mlx_tts.text.zh.packages import package_file

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
        """Open a dictionary in jieba's format: lines of word, frequency and tag."""
        self._lines = sorted(data.splitlines())
        self._groups: dict[str, Group] = {}

    def group(self, first: str) -> Group:
        """All words that begin with the character `first`."""
        group = self._groups.get(first)
        if group is None:
            key = first.encode("utf-8", "replace")
            start, end = bisect_left(self._lines, key), bisect_left(self._lines, key + b"\xff")
            lines = b"\n".join(self._lines[start:end]).decode()
            group = self._groups[first] = Group(lines.split("\n") if lines else ())
        return group

    def entry(self, word: str) -> Entry | None:
        """Entry of a word, or None."""
        return self.group(word[0]).get(word) if word else None

    def __contains__(self, word: str) -> bool:
        return self.entry(word) is not None


@cache
def word_list() -> WordList:
    """The dictionary of jieba, read once a process."""
    return WordList(package_file("jieba", "dict.txt").read_bytes())

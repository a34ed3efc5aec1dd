"""The word list of jieba: frequency and part of speech of 349,000 words, opened in milliseconds.

Only the lines are sorted when the file is opened; the words that begin with one character are
parsed when that character is first met.
"""

from __future__ import annotations

from bisect import bisect_left
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


class Group(NamedTuple):
    """The words that share a first character, and the length of the longest."""

    words: dict[str, Entry]
    longest: int


UNKNOWN = Entry(-_LOG_TOTAL, UNKNOWN_TAG)


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
            group = self._groups[first] = self._parse(first.encode())
        return group

    def entry(self, word: str) -> Entry | None:
        """Entry of a word, or None."""
        return self.group(word[0]).words.get(word) if word else None

    def __contains__(self, word: str) -> bool:
        return self.entry(word) is not None

    def _parse(self, first: bytes) -> Group:
        words: dict[str, Entry] = {}
        at = bisect_left(self._lines, first)
        while at < len(self._lines) and self._lines[at].startswith(first):
            word, frequency, tag = self._lines[at].decode().split(" ")
            count = int(frequency)
            if count:
                words[word] = Entry(log(count) - _LOG_TOTAL, tag)
            at += 1
        return Group(words, max(map(len, words), default=1))


@cache
def word_list() -> WordList:
    """The dictionary of jieba, read once a process."""
    return WordList(package_file("jieba", "dict.txt").read_bytes())

"""Cuts an unknown word into the most likely sequence of known words (`finetuning` → fine tuning)."""

from __future__ import annotations

import math
import zlib
from bisect import bisect_left
from functools import lru_cache
from importlib.resources import files

from dora_mlx_tts.text.en.pronounce.wordlist import WordList, packaged

CORPUS_SIZE = math.log(1_024_908_267_229)
"""Words counted in the corpus behind the list (Norvig 2009), as a natural logarithm."""
LONGEST_PIECE = 24
UNKNOWN_BASE = math.log(10)


class Unigrams:
    """How often words occur.

    A file is zlib data: a line `low step others`; a level for every word of the dictionary, in its
    order (0: it does not occur); then of the other words, sorted, the levels, the lengths of the
    beginning that each shares with the one before, and the endings. A level is one byte, a natural
    logarithm in steps from `low`.
    """

    def __init__(self, data: bytes, dictionary: WordList) -> None:
        header, _, body = zlib.decompress(data).partition(b"\n")
        low, step, others = header.split()
        self._low, self._step = float(low), float(step)
        self._dictionary = dictionary
        known, size = len(dictionary), int(others)
        self._known, self._levels = body[:known], body[known : known + size]
        shared, endings = body[known + size :][:size], body[known + 2 * size :].split(b"\n")
        self._words: list[bytes] = []
        word = b""
        for length, ending in zip(shared, endings, strict=True):
            word = word[:length] + ending
            self._words.append(word)

    def log_count(self, word: str) -> float | None:
        """Natural logarithm of the number of times that a word of the letters a–z occurs."""
        place = self._dictionary.find(word)
        if place is not None:
            level = self._known[place]
        else:
            key = word.encode("ascii", "replace")
            at = bisect_left(self._words, key)
            level = self._levels[at] if self._words[at : at + 1] == [key] else 0
        return self._low + self._step * (level - 1) if level else None


@lru_cache(maxsize=1)
def _unigrams() -> Unigrams:
    data = files("dora_mlx_tts.text.en.pronounce").joinpath("unigrams.bin").read_bytes()
    return Unigrams(data, packaged("cmudict.bin"))


def word_count(word: str) -> float | None:
    """Natural logarithm of the number of times that a word occurs in the corpus."""
    return _unigrams().log_count(word)


def _log_probability(piece: str) -> float:
    count = word_count(piece)
    if count is None:  # the longer an unknown piece, the less likely
        return UNKNOWN_BASE * (1 - len(piece)) - CORPUS_SIZE
    return count - CORPUS_SIZE


@lru_cache(maxsize=4096)
def segment(word: str) -> tuple[str, ...]:
    """Most probable pieces of a lower-case word under a unigram model.

    Time is linear in the length of the word, as no piece is longer than `LONGEST_PIECE`.
    """
    best = [0.0]
    start = [0]
    for end in range(1, len(word) + 1):
        scores = {
            begin: best[begin] + _log_probability(word[begin:end])
            for begin in range(max(0, end - LONGEST_PIECE), end)
        }
        begin = max(scores, key=scores.__getitem__)
        best.append(scores[begin])
        start.append(begin)
    pieces: list[str] = []
    end = len(word)
    while end:
        pieces.append(word[start[end] : end])
        end = start[end]
    return tuple(reversed(pieces))

"""Cuts an unknown word into the most likely sequence of known words (`finetuning` → fine tuning)."""

from __future__ import annotations

import math
from functools import lru_cache

from dora_mlx_tts.text.en.wordlist import FIRST, packaged

CORPUS_SIZE = math.log(1_024_908_267_229)
"""Words counted in the corpus behind the list (Norvig 2009), as a natural logarithm."""
LONGEST_PIECE = 24
UNKNOWN_BASE = math.log(10)


@lru_cache(maxsize=1)
def _scale() -> tuple[float, float]:
    low, step = packaged("unigrams.bin").header.split()
    return float(low), float(step)


def _log_probability(piece: str) -> float:
    value = packaged("unigrams.bin").get(piece)
    if value is None:  # the longer an unknown piece, the less likely
        return UNKNOWN_BASE * (1 - len(piece)) - CORPUS_SIZE
    low, step = _scale()
    return low + step * (value[0] - FIRST) - CORPUS_SIZE


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

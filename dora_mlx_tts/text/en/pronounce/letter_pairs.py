"""N-gram model over letters and their phones: the likeliest reading of a word, and how likely another one is."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BITS = 10
"""Of the number of a pair in a key."""
ORDER = 6
"""Pairs of a letter and its phones that the model looks at together."""
START, STOP = 1, 2
LOWEST = -12.0
"""Natural logarithm that the smallest byte stands for."""
BEAM = 16
"""Readings of the beginning of a word that are followed up."""
STATES = 60
"""Alignments of a given reading that are followed up."""
_START_KEY = sum(START << BITS * place for place in range(ORDER - 1))
_RECENT = (1 << BITS * (ORDER - 1)) - 1
UNKNOWN = -16.0
"""Natural logarithm for what no row of the table has."""

Keys = NDArray[np.uint64]
Logs = NDArray[np.float32]


class Reading(NamedTuple):
    """Phones of a word, and the natural logarithm of their probability."""

    phones: tuple[str, ...]
    score: float


class Beam(NamedTuple):
    """Readings of the beginning of a word.

    Attributes:
        keys: the last pairs of each, packed.
        scores: natural logarithms of their probabilities.
        paths: all their pairs.
    """

    keys: Keys
    scores: Logs
    paths: list[tuple[int, ...]]


class LetterPairs:
    """N-gram model over pairs of a letter and its phones, and a beam search through it.

    A file is zlib data: one line with the number of rows and the pairs (`x:K+S`), the differences of the
    sorted keys, byte by byte, then for every key a byte for its probability and one for the weight that is
    left to shorter rows.
    """

    def __init__(self, data: bytes) -> None:
        header, _, body = zlib.decompress(data).partition(b"\n")
        rows, *pairs = header.decode().split(" ")
        size = int(rows)
        steps = np.frombuffer(body, np.uint8, 8 * size).reshape(8, size).T
        self._keys = np.ascontiguousarray(steps).view("<u8")[:, 0].cumsum(dtype=np.uint64)
        levels = np.frombuffer(body, np.uint8, 2 * size, 8 * size).reshape(2, size)
        self._logs, self._left = (LOWEST * (1 - levels / 255)).astype(np.float32)
        self._phones: list[tuple[str, ...]] = []
        self._bare: list[tuple[str, ...]] = []
        self._numbers: dict[str, list[int]] = {}
        for number, pair in enumerate(pairs, STOP + 1):
            letter, _, phones = pair.partition(":")
            self._phones.append(tuple(phones.split("+")) if phones else ())
            self._bare.append(_bare(self._phones[-1]))
            self._numbers.setdefault(letter, []).append(number)

    def best(self, word: str) -> Reading:
        """The likeliest ARPAbet of a word of the letters a–z, with one primary stress if there is such."""
        beam = Beam(np.array([_START_KEY], np.uint64), np.zeros(1, np.float32), [()])
        for letter in word:
            beam = self._extend(beam, np.array(self._numbers[letter], np.uint64))
        ends = beam.scores + self._log((beam.keys << np.uint64(BITS)) | np.uint64(STOP))
        readings = [
            Reading(self._reading(beam.paths[at]), float(ends[at])) for at in np.argsort(-ends)
        ]
        return next((one for one in readings if _has_one_stress(one.phones)), readings[0])

    def score(self, word: str, phones: Sequence[str]) -> float:
        """Natural logarithm of the probability of a reading, stress aside; -inf if the letters cannot say it."""
        bare = _bare(phones)
        beam = {(_START_KEY, 0): 0.0}
        for letter in word:
            beam = self._follow(beam, self._numbers[letter], bare)
        ends = {key: score for (key, place), score in beam.items() if place == len(bare)}
        if not ends:
            return -math.inf
        logs = self._log(np.array([key << BITS | STOP for key in ends], np.uint64))
        return max(score + float(log) for score, log in zip(ends.values(), logs, strict=True))

    def _follow(
        self, beam: dict[tuple[int, int], float], numbers: list[int], bare: tuple[str, ...]
    ) -> dict[tuple[int, int], float]:
        """Readings up to a letter that agree with given phones, by their last pairs and the phones used."""
        steps: list[tuple[int, int, float]] = []
        for (key, place), score in beam.items():
            for number in numbers:
                phones = self._bare[number - STOP - 1]
                if bare[place : place + len(phones)] == phones:
                    steps.append((key << BITS | number, place + len(phones), score))
        if not steps:
            return {}
        logs = self._log(np.array([key for key, _, _ in steps], np.uint64))
        after: dict[tuple[int, int], float] = {}
        for (key, place, score), log in zip(steps, logs, strict=True):
            state, value = (key & _RECENT, place), score + float(log)
            after[state] = max(value, after.get(state, -math.inf))
        return dict(sorted(after.items(), key=lambda item: -item[1])[:STATES])

    def _extend(self, beam: Beam, numbers: Keys) -> Beam:
        keys = (beam.keys[:, None] << np.uint64(BITS) | numbers).ravel()
        scores = (beam.scores[:, None] + self._log(keys).reshape(-1, len(numbers))).ravel()
        best = np.argsort(-scores)[:BEAM]
        paths = [(*beam.paths[at // len(numbers)], int(numbers[at % len(numbers)])) for at in best]
        return Beam(keys[best] & np.uint64(_RECENT), scores[best], paths)

    def _log(self, keys: Keys) -> Logs:
        """Probability of the last pair of each key behind the others."""
        total = np.zeros(len(keys), np.float32)
        open_ = np.ones(len(keys), bool)
        for order in range(ORDER, 0, -1):
            part = keys & np.uint64((1 << BITS * order) - 1)
            rows, found = self._rows(part)
            hit = open_ & found
            total[hit] += self._logs[rows[hit]]
            open_ &= ~found
            if not open_.any():
                return total
            rows, found = self._rows(part >> np.uint64(BITS))
            less = open_ & found
            total[less] += self._left[rows[less]]
        total[open_] += UNKNOWN
        return total

    def _rows(self, keys: Keys) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        rows = np.minimum(self._keys.searchsorted(keys), len(self._keys) - 1)
        return rows, self._keys[rows] == keys

    def _reading(self, path: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(phone for number in path for phone in self._phones[number - STOP - 1])


def _has_one_stress(phones: tuple[str, ...]) -> bool:
    return sum(phone.endswith("1") for phone in phones) == 1


def _bare(phones: Sequence[str]) -> tuple[str, ...]:
    return tuple(phone.rstrip("012") for phone in phones)


@lru_cache(maxsize=1)
def letter_pairs() -> LetterPairs:
    """The packaged model, read at the first call."""
    data = files("dora_mlx_tts.text.en.pronounce").joinpath("letter_sounds.bin").read_bytes()
    return LetterPairs(data)

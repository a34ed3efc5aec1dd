"""Linear classifiers that choose between two readings of a word by what stands around it.

The file `homographs.bin` is made by `scripts/train_homographs.py`: zlib data of a line of JSON
(words in order, and what one step of a weight is worth), then the hashes of all features in order
as little-endian 32-bit numbers, then one signed byte per hash.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

FILE = "homographs.bin"
SHARED = "*"
"""Stands for the word in features that all nouns and verbs share."""


def hashed(word: str, feature: str) -> int:
    """The number a feature of a word is stored under."""
    return zlib.crc32(f"{word}|{feature}".encode())


class Classifier:
    """Scores the first reading of a word against the second."""

    def __init__(self, data: bytes) -> None:
        """Open the contents of a file as described above."""
        header, _, body = zlib.decompress(data).partition(b"\n")
        about = json.loads(header)
        self._scale: float = about["scale"]
        self._words: dict[str, bool] = about["words"]
        count = about["features"]
        self._hashes: NDArray[np.uint32] = np.frombuffer(body, "<u4", count)
        self._weights: NDArray[np.int8] = np.frombuffer(body, np.int8, count, 4 * count)

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def score(self, word: str, features: Iterable[str]) -> float:
        """Above zero for the first reading; `word` must be one of the trained words."""
        wanted = np.fromiter(self._keys(word, features), np.uint32)
        at = np.minimum(np.searchsorted(self._hashes, wanted), len(self._hashes) - 1)
        found = self._weights[at][self._hashes[at] == wanted]
        return float(found.sum(dtype=np.int64)) * self._scale

    def _keys(self, word: str, features: Iterable[str]) -> Iterator[int]:
        shares = self._words[word]
        for feature in features:
            yield hashed(word, feature)
            if shares:
                yield hashed(SHARED, feature)


@cache
def classifier() -> Classifier:
    """The classifiers that ship with the package, read at first use."""
    return Classifier(files(__package__).joinpath(FILE).read_bytes())

"""Unknown words by jieba's smaller hidden Markov model, which knows no parts of speech.

The two models divide some runs differently (小李给 is 小李 and 给 for one, 小 and 李给 for the other),
and the reference asks this one where a word falls into two parts. `plain_markov.npz` is made by
`scripts/build_segmentation.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import numpy as np

_STATES = "BMES"
"""A character begins a word, is inside one, ends one, is one."""
_BEFORE = {"B": "ES", "M": "MB", "S": "SE", "E": "BM"}
_LONGEST_RUN = 64
"""Longer runs of single characters are no language; they are read in pieces."""
_IMPOSSIBLE = -3.14e100
_UNKNOWN = dict.fromkeys(_STATES, _IMPOSSIBLE)


class _Model:
    """Log probabilities: of the first state, of a state after another, of a character in each state."""

    def __init__(self, data: dict[str, np.ndarray]) -> None:
        self.start = dict(zip(_STATES, data["start"].tolist(), strict=True))
        rows = zip(_STATES, data["steps"].tolist(), strict=True)
        self.step = {state: dict(zip(_STATES, row, strict=True)) for state, row in rows}
        self._characters, self._emissions = data["characters"], data["emissions"]

    def emit(self, char: str) -> dict[str, float]:
        code = ord(char)
        at = int(np.searchsorted(self._characters, code))
        if at == len(self._characters) or self._characters[at] != code:
            return _UNKNOWN
        return dict(zip(_STATES, self._emissions[at].tolist(), strict=True))


def cut_plain(text: str) -> Iterator[str]:
    """Divide a run of Hanzi into words."""
    for start in range(0, len(text), _LONGEST_RUN):
        yield from _cut(text[start : start + _LONGEST_RUN])


def _cut(text: str) -> Iterator[str]:
    begin = 0
    for i, state in enumerate(_best_path(text)):
        if state in "ES":
            yield text[begin : i + 1]
            begin = i + 1
    if begin < len(text):
        yield text[begin:]


def _best_path(text: str) -> str:
    model = _model()
    emission = model.emit(text[0])
    best = {s: (model.start[s] + emission[s], s) for s in _STATES}
    for char in text[1:]:
        emission = model.emit(char)
        best = {
            s: max(
                (best[p][0] + model.step[p][s] + emission[s], best[p][1] + s) for p in _BEFORE[s]
            )
            for s in _STATES
        }
    return max(best[s] for s in "ES")[1]


@cache
def _model() -> _Model:
    with files(__package__).joinpath("plain_markov.npz").open("rb") as file:
        return _Model(dict(np.load(file)))

"""The tables of jieba's hidden Markov model (MIT) for words that no dictionary has.

`markov.npz`, made by `scripts/build_segmentation.py`, holds them by character, so that only the characters of
the text are ever unpacked. Numbers are 64 bits wide as in jieba, for sums must be compared as there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np

State = tuple[str, str]
"""Position in the word (Begin, Middle, End, Single) and part of speech."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Log probabilities of the model, and the states each character may take.

    Attributes:
        start: of the first state.
        step: of one state after another, by origin.
        incoming: the same by target.
    """

    start: Mapping[State, float]
    step: Mapping[State, Mapping[State, float]]
    incoming: Mapping[State, Mapping[State, float]]
    _names: tuple[State, ...]
    _characters: np.ndarray
    _states: np.ndarray
    _emissions: np.ndarray
    _listed: np.ndarray
    _known: dict[str, tuple[Mapping[State, float], tuple[State, ...]]] = field(default_factory=dict)

    def emit(self, char: str) -> Mapping[State, float]:
        """Log probabilities of a character by state; nothing for a character the model does not know."""
        return self._of(char)[0]

    def states(self, char: str) -> tuple[State, ...]:
        """States a character may take; none for a character the model does not know."""
        return self._of(char)[1]

    def _of(self, char: str) -> tuple[Mapping[State, float], tuple[State, ...]]:
        found = self._known.get(char)
        if found is None:
            code = ord(char)
            rows = slice(*np.searchsorted(self._characters, [code, code + 1]))
            names = [self._names[index] for index in self._states[rows]]
            emissions = dict(zip(names, self._emissions[rows].tolist(), strict=True))
            allowed = zip(names, self._listed[rows], strict=True)
            found = emissions, tuple(name for name, listed in allowed if listed)
            self._known[char] = found
        return found


@cache
def tables() -> Tables:
    """The model, opened once a process."""
    with files(__package__).joinpath("markov.npz").open("rb") as file:
        data = dict(np.load(file))
    names = tuple((position, tag) for position, tag in map(str.split, data["states"].tolist()))
    step: dict[State, dict[State, float]] = {name: {} for name in names}
    incoming: dict[State, dict[State, float]] = {}
    columns = (data[column].tolist() for column in ("origins", "targets", "steps"))
    for origin, target, value in zip(*columns, strict=True):
        step[names[origin]][names[target]] = value
        incoming.setdefault(names[target], {})[names[origin]] = value
    return Tables(
        start=dict(zip(names, data["start"].tolist(), strict=True)),
        step=step,
        incoming=incoming,
        _names=names,
        _characters=data["characters"],
        _states=data["states_of_characters"],
        _emissions=data["emissions"],
        _listed=data["listed"],
    )

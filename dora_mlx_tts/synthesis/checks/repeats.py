"""What a text itself says several times in a row: networks lose count there, and once more changes little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LEAST, _MOST = 2, 24  # phones of a group
_BEYOND = 2  # phones that a third time has at least


@dataclass(frozen=True, slots=True, eq=False)
class Repeats:
    """Groups of phones that come several times in a row.

    Attributes:
        phones: which phones belong to one, [m].
        are_many: whether a group comes more than twice, or twice with a mark between.
    """

    phones: NDArray[np.bool_]
    are_many: bool


def repeats_of(kinds: NDArray[np.int64], marks: NDArray[np.bool_]) -> Repeats:
    """The repeats of a text; marks between them do not count.

    Args:
        kinds: of its phones [m]; those that sound alike are equal.
        marks: which of them are marks [m].
    """
    places = np.flatnonzero(~marks)
    spoken = kinds[places]
    repeated = np.zeros(len(kinds), bool)
    are_many = False
    for size in range(_LEAST, min(_MOST, len(spoken) // 2) + 1):
        equal = np.concatenate([[False], spoken[size:] == spoken[:-size], [False]])
        starts = np.flatnonzero(~equal[:-1] & equal[1:])
        ends = np.flatnonzero(equal[:-1] & ~equal[1:])
        for first, end in zip(starts.tolist(), ends.tolist(), strict=True):
            run = end - first  # so many phones equal those a group later
            if run < size:
                continue
            last = end + size - 1
            repeated[places[first] : places[last] + 1] = True
            divided = marks[places[first] : places[last]].any()
            are_many = are_many or run >= size + _BEYOND or bool(divided)
    return Repeats(repeated & ~marks, are_many)

"""Groups that a text itself repeats: networks lose count there, and one repetition more changes little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LEAST, _MOST = 2, 24  # phones in a group
_BEYOND = 2  # minimum phones of a third repetition


@dataclass(frozen=True, slots=True, eq=False)
class Repeats:
    """Groups of phones that occur several times in a row.

    Attributes:
        phones: which phones belong to such a group, [m].
        are_many: whether a group occurs more than twice, or twice with a mark between.
    """

    phones: NDArray[np.bool_]
    are_many: bool


def repeats_of(kinds: NDArray[np.int64], marks: NDArray[np.bool_]) -> Repeats:
    """Find the repeats of a text; marks between them are ignored.

    Args:
        kinds: kinds of its phones [m]; phones that sound alike are equal.
        marks: which of them are punctuation marks [m].
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
            run = end - first  # this many phones equal those one group later
            if run < size:
                continue
            last = end + size - 1
            repeated[places[first] : places[last] + 1] = True
            divided = marks[places[first] : places[last]].any()
            are_many = are_many or run >= size + _BEYOND or bool(divided)
    return Repeats(repeated & ~marks, are_many)

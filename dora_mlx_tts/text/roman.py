"""Roman numbers."""

from __future__ import annotations

_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def value(numeral: str) -> int:
    """Value of a Roman number in capitals or small letters; of a malformed one, what its letters add up to.

    A letter counts as negative where a larger one stands behind it.
    """
    total = largest = 0
    for letter in reversed(numeral.upper()):
        figure = _VALUES[letter]
        total += figure if figure >= largest else -figure
        largest = max(largest, figure)
    return total

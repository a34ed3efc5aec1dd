"""Sequence numbers of messages: which were seen, and how many are missing."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

_RANGES: Final = 256
"""Maximum number of separate ranges; gaps between older ones count as seen."""


class SeenNumbers:
    """The numbers of one text's pieces, kept as ranges so that memory is bounded."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []  # inclusive

    def __bool__(self) -> bool:
        return bool(self._starts)

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._starts, number) - 1
        return at >= 0 and number <= self._ends[at]

    @property
    def highest(self) -> int:
        """The highest number seen; at least one must have been added."""
        return self._ends[-1]

    def add(self, number: int) -> None:
        """Add a number."""
        at = bisect_right(self._starts, number)
        if at and number <= self._ends[at - 1] + 1:
            self._ends[at - 1] = max(self._ends[at - 1], number)
            at -= 1
        else:
            self._starts.insert(at, number)
            self._ends.insert(at, number)
        if at + 1 < len(self._starts) and self._starts[at + 1] == self._ends[at] + 1:
            self._join(at)
        if len(self._starts) > _RANGES:
            self._join(0)

    def _join(self, at: int) -> None:
        self._ends[at] = self._ends.pop(at + 1)
        del self._starts[at + 1]

    def missing_before(self, number: int) -> int:
        """How many numbers lie between the highest one seen and this one."""
        return max(0, number - self.highest - 1) if self else 0


class SequenceWatch:
    """Follows the numbers of a session across texts; senders continue them or restart them with each text."""

    def __init__(self) -> None:
        self._first = 0
        self._newest: SeenNumbers | None = None

    def missing_before_text(self, number: int, numbers: SeenNumbers) -> int:
        """Messages missing before the first piece of a new text.

        Args:
            number: the number of that piece.
            numbers: will hold the numbers of that text.
        """
        before, self._newest = self._newest, numbers
        if not before:  # senders start at 0 or 1
            self._first = min(max(number, 0), 1)
            return max(0, number - self._first)
        return 0 if number <= self._first else before.missing_before(number)

"""Measures how fast a pack's networks speak here, and plans the next window.

A window must be made before the sound in front of it has played. Large windows cost less for a second of sound,
small ones come in time; so windows grow as long as the next one is expected in time. Where more is asked of a
machine than it can make, small windows would not come in time either and would only leave it less to give: then
windows grow regardless.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

_FORGETS: Final = 0.8
"""Weight of what was measured before, at each window."""
_MARGIN: Final = 1.25
"""Times as long as expected that a window may take and still come in time."""
_BEGINNING: Final = 1.5
"""Times as long as a later window that the first one of a sentence may take: its text has to be read, too."""
_EASY: Final = 0.8
"""Seconds of work for a second of everybody's sound up to which a machine carries them all."""
_SPREAD: Final = 0.01
"""Variance of the windows' seconds from which on they tell what a second of sound costs."""


class SpeedMeter:
    """Measures the windows behind the first one of each sentence; the newest count most.

    A window costs something however short it is, and something for each second of it: a line through what was
    measured, by least squares, never falling and never below zero.

    Attributes:
        factor: seconds of work for a second of sound; 0 until something was measured.
    """

    def __init__(self) -> None:
        self._count = self._work_s = self._sound_s = self._squares = self._products = 0.0
        self.factor = 0.0

    def add(self, work_s: float, sound_s: float) -> None:
        """A window took this long and sounds this long."""
        if sound_s <= 0 or not math.isfinite(work_s):
            return
        self._count = _FORGETS * self._count + 1
        self._work_s = _FORGETS * self._work_s + work_s
        self._sound_s = _FORGETS * self._sound_s + sound_s
        self._squares = _FORGETS * self._squares + sound_s * sound_s
        self._products = _FORGETS * self._products + sound_s * work_s
        self.factor = self._work_s / self._sound_s

    def expected_s(self, sound_s: float) -> float:
        """Seconds of work that a window of so many seconds of sound will take; 0 until something was measured."""
        fixed_s, slope = self._line()
        return fixed_s + slope * sound_s

    def sustained_s(self, shared: int) -> float:
        """The shortest window that is made in less time than it sounds by so many texts in turns; 0 where none is."""
        fixed_s, slope = self._line()
        left = 1 - _MARGIN * shared * slope
        return _MARGIN * shared * fixed_s / left if left > 0 else 0.0

    def _line(self) -> tuple[float, float]:
        if self._count == 0:
            return 0.0, 0.0
        work_s, mean_s = self._work_s / self._count, self._sound_s / self._count
        spread = self._squares / self._count - mean_s * mean_s
        shared = self._products / self._count - mean_s * work_s
        slope = shared / spread if spread > _SPREAD else self.factor
        slope = min(max(slope, 0.0), self.factor)
        return work_s - slope * mean_s, slope


class Pace:
    """Plans the windows of one text.

    Args:
        speed: of the voice's networks.
    """

    def __init__(self, speed: SpeedMeter) -> None:
        self.speed = speed
        self._ahead_s: Callable[[], float | None] = lambda: None
        self._sharing: Callable[[], int] = lambda: 1

    def follow(self, ahead_s: Callable[[], float | None], sharing: Callable[[], int]) -> None:
        """Let the player decide.

        Args:
            ahead_s: seconds of sound that it still has; None where that does not matter.
            sharing: texts that are or wait to be spoken in turns with this one, itself included.
        """
        self._ahead_s, self._sharing = ahead_s, sharing

    def first(self, wanted: float, largest: float) -> float:
        """The first window of a sentence, in seconds of sound.

        Large enough to sound while the next one is made, and larger where several share the machine and the player
        has enough sound to wait.

        Args:
            wanted: what it is where somebody waits for it, and the machine is fast.
            largest: what it is at most.
        """
        ahead = self._ahead_s()
        if ahead is None:
            return wanted
        following = min(max(wanted, self.speed.sustained_s(1)), largest)
        least = max(wanted, min(_MARGIN * self.speed.expected_s(following), largest))
        if self._sharing() <= 1 or self.speed.factor == 0 or ahead == 0:
            return least
        return self._fitting(largest, least, ahead / _BEGINNING)

    def next(self, wanted: float, least: float, before: float) -> float:
        """A later window, in seconds of sound.

        Args:
            wanted: what it is where nobody is in a hurry; halved until it is expected in time.
            least: what it is at least.
            before: the window before it, which is still to be made.
        """
        ahead = self._ahead_s()
        if ahead is None or self._is_overloaded:
            return wanted
        least = min(max(least, self.speed.sustained_s(self._shared)), wanted)
        left = max(0.0, ahead - self._shared * self.speed.expected_s(before)) + before
        return self._fitting(wanted, least, left)

    def _fitting(self, wanted: float, least: float, left: float) -> float:
        """`wanted`, halved until it is expected within the seconds that are left."""
        while wanted > least and self._shared * self.speed.expected_s(wanted) * _MARGIN > left:
            wanted = max(wanted / 2, least)
        return wanted

    @property
    def _shared(self) -> int:
        """Texts that are spoken in turns, at least this one."""
        return max(1, self._sharing())

    @property
    def _is_overloaded(self) -> bool:
        """Whether texts that share the machine are more than it can carry; beginnings come on top of their windows."""
        return self._shared > 1 and self.speed.factor * self._shared > _EASY

"""How fast a pack's networks speak here, and what that means for the next window.

A window must be made before the sound in front of it has played. Large windows cost less, small ones come in
time; so windows grow as long as the next one is expected in time, and stay small on a machine that is slow
or shared.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

_FORGETS: Final = 0.8
"""Weight of what was measured before, at each window."""
_MARGIN: Final = 1.25
"""Times as long as expected that a window may take and still come in time."""
_EASY: Final = 0.8
"""Seconds of work for a second of sound up to which the first window is as small as wanted."""


class SpeedMeter:
    """Measures the windows behind the first one of each sentence; the newest count most.

    Attributes:
        factor: seconds of work for a second of sound; 0 until something was measured.
    """

    def __init__(self) -> None:
        self._work_s = self._sound_s = 0.0
        self.factor = 0.0

    def add(self, work_s: float, sound_s: float) -> None:
        """A window took this long and sounds this long."""
        if sound_s <= 0 or not math.isfinite(work_s):
            return
        self._work_s = _FORGETS * self._work_s + work_s
        self._sound_s = _FORGETS * self._sound_s + sound_s
        self.factor = self._work_s / self._sound_s


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
            sharing: texts that are spoken in turns with this one, itself included.
        """
        self._ahead_s, self._sharing = ahead_s, sharing

    def first(self, wanted: float, largest: float) -> float:
        """The first window, in seconds of sound: larger on a machine that hardly keeps up.

        Args:
            wanted: what it is on a fast machine.
            largest: what it is at most.
        """
        if self._ahead_s() is None:
            return wanted
        return max(wanted, min(wanted * self.speed.factor / _EASY, largest))

    def next(self, wanted: float, least: float, before: float) -> float:
        """A later window, in seconds of sound.

        Args:
            wanted: what it is where nobody is in a hurry; halved until it is expected in time.
            least: what it is at least.
            before: the window before it, which is still to be made.
        """
        ahead = self._ahead_s()
        if ahead is None:
            return wanted
        factor = self.speed.factor * max(1, self._sharing())
        left = max(0.0, ahead - factor * before) + before
        while wanted > least and factor * wanted * _MARGIN > left:
            wanted = max(wanted / 2, least)
        return wanted

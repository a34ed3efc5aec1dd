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
            sharing: texts that are or wait to be spoken in turns with this one, itself included.
        """
        self._ahead_s, self._sharing = ahead_s, sharing

    def first(self, wanted: float, largest: float) -> float:
        """The first window of a sentence, in seconds of sound.

        Larger on a machine that hardly keeps up, and where several share it and the player has enough sound to wait.

        Args:
            wanted: what it is where somebody waits for it, and the machine is fast.
            largest: what it is at most.
        """
        ahead = self._ahead_s()
        if ahead is None:
            return wanted
        least = max(wanted, min(wanted * self.speed.factor / _EASY, largest))
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
        return self._fitting(wanted, least, max(0.0, ahead - self._load * before) + before)

    def _fitting(self, wanted: float, least: float, left: float) -> float:
        """`wanted`, halved until it is expected within the seconds that are left."""
        while wanted > least and self._load * wanted * _MARGIN > left:
            wanted = max(wanted / 2, least)
        return wanted

    @property
    def _load(self) -> float:
        """Seconds in which each text that is spoken in turns has a second of sound."""
        return self.speed.factor * max(1, self._sharing())

    @property
    def _is_overloaded(self) -> bool:
        """Whether texts that share the machine are more than it can carry; beginnings come on top of their windows."""
        return self._sharing() > 1 and self._load > _EASY

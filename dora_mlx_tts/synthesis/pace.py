"""Measures how fast a pack's networks are on this machine, and plans the next window.

A window must be ready before the audio ahead of it has played. Large windows cost less per second of audio,
small ones are ready sooner; so windows grow as long as the next one is expected in time. On an overloaded
machine, small windows would be late as well and only reduce throughput, so windows grow regardless.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

_FORGETS: Final = 0.8
"""Weight of earlier measurements at each window."""
_MARGIN: Final = 1.25
"""Safety factor: how many times the expected duration a window may take and still be in time."""
_BEGINNING: Final = 1.5
"""The same factor for a sentence's first window, whose text must be read as well."""
_EASY: Final = 0.8
"""Seconds of work per second of audio for all texts up to which a machine is not overloaded."""
_GROWING: Final = 1.3
"""How much more work a sentence is that is spoken while it is being written."""
_SPREAD: Final = 0.01
"""Variance of window lengths from which the cost of a second of audio can be estimated."""


class SpeedMeter:
    """Measures each sentence's windows after the first one; the newest have most weight.

    A window has a fixed cost and a cost per second: a least-squares line through the measurements, with a slope
    and an offset that are never negative. How far off that was, on average, is remembered as well.

    Attributes:
        factor: seconds of work per second of audio; 0 until something was measured.
        trimmed_s: seconds of silence that a sentence's first window usually loses before it is sent.
        grown: seconds of work per second of audio of a sentence that is spoken while it is being written, expected
            or measured; 0 while nothing is known.
    """

    def __init__(self) -> None:
        self._count = self._work_s = self._sound_s = self._squares = self._products = 0.0
        self._error_s = 0.0
        self.factor = self.trimmed_s = self.grown = 0.0

    def add(self, work_s: float, sound_s: float) -> None:
        """Add a window that took `work_s` and plays for `sound_s`."""
        if sound_s <= 0 or not math.isfinite(work_s):
            return
        if self._count:
            error_s = abs(work_s - self._on_line_s(sound_s))
            self._error_s = _FORGETS * self._error_s + (1 - _FORGETS) * error_s
        self._count = _FORGETS * self._count + 1
        self._work_s = _FORGETS * self._work_s + work_s
        self._sound_s = _FORGETS * self._sound_s + sound_s
        self._squares = _FORGETS * self._squares + sound_s * sound_s
        self._products = _FORGETS * self._products + sound_s * work_s
        self.factor = self._work_s / self._sound_s
        self._expect_grown(_GROWING * self.factor)

    def add_first(self, work_s: float, sound_s: float) -> None:
        """Add the first window of a sentence, with the reading of its text; it counts until a later one is measured."""
        if sound_s > 0 and math.isfinite(work_s) and not self._count:
            self.grown = min(self.grown or math.inf, work_s / sound_s)

    def add_grown(self, work_s: float, sound_s: float) -> None:
        """Add a sentence that was spoken while it was being written."""
        if sound_s > 0 and math.isfinite(work_s):
            self._expect_grown(work_s / sound_s)

    def _expect_grown(self, factor: float) -> None:
        self.grown = _FORGETS * self.grown + (1 - _FORGETS) * factor if self._count > 1 else factor

    def add_trimmed(self, seconds: float) -> None:
        """Add the silence trimmed from the beginning of a sentence."""
        self.trimmed_s = _FORGETS * self.trimmed_s + (1 - _FORGETS) * seconds

    def expected_s(self, sound_s: float) -> float:
        """Seconds in which a window of this many seconds of audio should be done; 0 until something was measured.

        The usual error is added, so that a machine whose speed varies has more reserve.
        """
        return self._on_line_s(sound_s) + self._error_s

    def sustained_s(self, shared: int) -> float:
        """The shortest window made faster than it plays when this many texts take turns; 0 if there is none."""
        fixed_s, slope = self._line()
        left = 1 - _MARGIN * shared * slope
        return _MARGIN * shared * fixed_s / left if left > 0 else 0.0

    def _on_line_s(self, sound_s: float) -> float:
        fixed_s, slope = self._line()
        return fixed_s + slope * sound_s

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
        speed: the speed of the voice's networks.

    Attributes:
        is_followed: whether the player's needs are known.
    """

    def __init__(self, speed: SpeedMeter) -> None:
        self.speed = speed
        self._ahead_s: Callable[[], float | None] = lambda: None
        self._sharing: Callable[[], int] = lambda: 1
        self.is_followed = False

    def follow(self, ahead_s: Callable[[], float | None], sharing: Callable[[], int]) -> None:
        """Plan windows by the player's needs.

        Args:
            ahead_s: returns the seconds of audio it still has; None if that does not matter.
            sharing: returns the number of texts sharing turns with this one, itself included.
        """
        self._ahead_s, self._sharing, self.is_followed = ahead_s, sharing, True

    def ahead_s(self) -> float | None:
        """Seconds of audio that the player still has; None if that does not matter."""
        return self._ahead_s()

    @property
    def may_grow(self) -> bool:
        """Whether sentences can be spoken while they are being written: not where sound is made too slowly for it."""
        return self._shared * self.speed.grown <= _EASY

    def first(self, wanted: float, largest: float) -> float:
        """The first window of a sentence, in seconds of audio.

        It plays at least until the next one is made, without the silence that it loses, and is larger when texts
        share the machine and the player has enough audio.

        Args:
            wanted: size on a fast machine when the listener is waiting.
            largest: maximum size.
        """
        ahead = self._ahead_s()
        if ahead is None:
            return wanted
        following = min(max(wanted, self.speed.sustained_s(1)), largest)
        needed = _MARGIN * self.speed.expected_s(following) + self.speed.trimmed_s
        least = max(wanted, min(needed, largest))
        if self._sharing() <= 1 or self.speed.factor == 0 or ahead == 0:
            return least
        return self._fitting(largest, least, ahead / _BEGINNING)

    def next(self, wanted: float, least: float, before: float) -> float:
        """A later window, in seconds of audio.

        Args:
            wanted: size without time pressure; halved until it is expected in time.
            least: minimum size.
            before: how much will be heard of the window before it, which is not made yet.
        """
        ahead = self._ahead_s()
        if ahead is None or self._is_overloaded:
            return wanted
        least = min(max(least, self.speed.sustained_s(self._shared)), wanted)
        left = max(0.0, ahead - self._shared * self.speed.expected_s(before)) + before
        return self._fitting(wanted, least, left)

    def _fitting(self, wanted: float, least: float, left: float) -> float:
        """`wanted`, halved until it is expected within the seconds left."""
        while wanted > least and self._shared * self.speed.expected_s(wanted) * _MARGIN > left:
            wanted = max(wanted / 2, least)
        return wanted

    @property
    def _shared(self) -> int:
        """Number of texts taking turns, at least this one."""
        return max(1, self._sharing())

    @property
    def _is_overloaded(self) -> bool:
        """Whether the texts sharing the machine overload it; the cost of beginnings comes on top of their windows."""
        return self._shared > 1 and self.speed.factor * self._shared > _EASY

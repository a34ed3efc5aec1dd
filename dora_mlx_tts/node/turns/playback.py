"""Estimate of what a listener has heard: audio plays in the order it was sent, in real time."""

from __future__ import annotations

import time
from collections.abc import Callable


class PlaybackClock:
    """When a conversation's audio plays, assuming a player that starts at once and never pauses."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self._end_s = 0.0

    @property
    def end_s(self) -> float:
        """When everything sent will have played."""
        return self._end_s

    def add(self, duration_s: float) -> float:
        """Add audio of this length, sent now; returns when it begins to play."""
        start = max(self.now(), self._end_s)
        self._end_s = start + duration_s
        return start

    def dry_s(self, since_s: float) -> float:
        """Seconds of silence up to now, given that the next audio could have been spoken from `since_s` on."""
        return max(0.0, self.now() - self._end_s) if since_s <= self._end_s else 0.0

    def ahead_s(self, now: float) -> float:
        """Seconds of audio sent but not played yet."""
        return max(0.0, self._end_s - now)

    def reset(self, now: float) -> None:
        """Discard everything not played yet."""
        self._end_s = min(self._end_s, now)

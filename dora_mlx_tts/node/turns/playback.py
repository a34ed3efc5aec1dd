"""What a listener has heard by now, estimated: audio plays in the order it was sent, in real time."""

from __future__ import annotations

import time
from collections.abc import Callable


class PlaybackClock:
    """When the audio of a conversation plays, if its player starts at once and never pauses."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self._end_s = 0.0

    @property
    def end_s(self) -> float:
        """When what was sent will have played."""
        return self._end_s

    def add(self, duration_s: float) -> float:
        """Audio of this length is sent now; when it begins to play."""
        start = max(self.now(), self._end_s)
        self._end_s = start + duration_s
        return start

    def dry_s(self, since_s: float) -> float:
        """Seconds without sound up to now, if what is to be sent was there to be spoken at `since_s`."""
        return max(0.0, self.now() - self._end_s) if since_s <= self._end_s else 0.0

    def ahead_s(self, now: float) -> float:
        """Audio that was sent and has not played yet, in seconds."""
        return max(0.0, self._end_s - now)

    def reset(self, now: float) -> None:
        """Whatever was still to play is thrown away."""
        self._end_s = min(self._end_s, now)

"""When speech has to wait: paused by a command, or because the player has enough."""

from __future__ import annotations

from collections.abc import Sequence

from dora_mlx_tts.node.turns.session import Session


class Holds:
    """Reasons for all sessions to wait; reasons for one session are kept in it.

    Args:
        max_ahead_s: Seconds of audio that may be sent ahead of playback; 0 is no limit.
        marks: Buffer levels of the player, in percent, below which speech continues and above which it waits.
    """

    def __init__(self, max_ahead_s: float, marks: tuple[float, float]) -> None:
        self.is_paused = False
        self._is_full = False
        self._max_ahead_s = max_ahead_s
        self._low, self._high = marks

    def buffer(self, percent: float, session: Session | None) -> None:
        """Note how full the player's buffer is, for one session or for all."""
        was_full = self._is_full if session is None else session.is_full
        is_full = percent > self._high or (was_full and percent >= self._low)
        if session is None:
            self._is_full = is_full
        else:
            session.is_full = is_full

    def holds(self, session: Session, now: float, *, can_end: bool) -> bool:
        """Whether a session has to wait.

        Args:
            session: The session.
            now: Seconds.
            can_end: Whether a message that ends a pause may still come.
        """
        if can_end and (self.is_paused or session.is_paused or self._is_full or session.is_full):
            return True
        return 0 < self._max_ahead_s < session.playback.ahead_s(now)

    def patience_s(self, sessions: Sequence[Session], now: float) -> float | None:
        """Seconds until one of the sessions may continue without new input; None for never."""
        times = [at for session in sessions for at in session.due_times(now)]
        times += [at for s in sessions if (at := self._until_s(s, now)) is not None]
        return max(min(times) - now, 0.001) if times else None

    def _until_s(self, session: Session, now: float) -> float | None:
        """When playback will be far enough for a session to continue; None if playback does not hold it up."""
        ahead = session.playback.ahead_s(now)
        return now + ahead - self._max_ahead_s if 0 < self._max_ahead_s < ahead else None

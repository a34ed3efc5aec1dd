"""`TimedToken`: a cancel token that also ends work that takes too long."""

from __future__ import annotations

from collections.abc import Callable

from dora_mlx_tts.errors import SynthesisTimeoutError
from dora_mlx_tts.runtime.cancel import CancelToken


class TimedToken(CancelToken):
    """A token for the sentences of one text, each with a limit of seconds of work.

    Only working time counts: fragments that wait for their reader cost nothing.

    Args:
        cancelled: the text's own token.
        limit_s: seconds of work for each sentence; 0 is no limit.
        worked: returns the seconds of work so far.
    """

    __slots__ = ("_end_s", "_limit_s", "_worked")

    def __init__(self, cancelled: CancelToken, limit_s: float, worked: Callable[[], float]) -> None:
        super().__init__(cancelled)
        self._limit_s, self._worked = limit_s, worked
        self._end_s = limit_s

    def begin(self, sentences: int = 1) -> None:
        """Start the time limit of the next `sentences` sentences."""
        self._end_s = self._worked() + sentences * self._limit_s

    def check(self) -> None:
        """Return if the work is not cancelled and within its time limit.

        Raises:
            Cancelled: it was cancelled.
            SynthesisTimeoutError: it took too long.
        """
        super().check()
        if self._limit_s and self._worked() > self._end_s:
            raise SynthesisTimeoutError(
                f"the sentence took more than {self._limit_s:g} s of work (synthesis_timeout)"
            )

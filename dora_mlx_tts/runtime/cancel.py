"""`CancelToken`: tells running work that its result is no longer needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeAlias


class Cancelled(Exception):  # noqa: N818  a signal that ends work, not an error
    """The work was cancelled.

    Attributes:
        token: the token that was cancelled.
    """

    def __init__(self, token: CancelToken) -> None:
        super().__init__(token.reason)
        self.token = token


class CancelToken:
    """A flag that one thread sets and others check; once set, it stays set.

    A token can be called to find out whether it is set, and may wrap such a function: it is then cancelled as
    soon as the function returns True, and never calls it again.

    Args:
        wrapped: called by every check; None if only `cancel` sets the flag.

    Attributes:
        reason: why it was cancelled; empty until then.
        cancelled_s: when it was cancelled (`time.monotonic` unless the caller has its own clock); 0 until then.
    """

    __slots__ = ("_flag", "_lock", "_wrapped", "cancelled_s", "reason")

    def __init__(self, wrapped: Callable[[], bool] | None = None) -> None:
        self._wrapped = wrapped
        self._flag = False
        self._lock = threading.Lock()
        self.reason = ""
        self.cancelled_s = 0.0

    @classmethod
    def of(cls, cancelled: Cancellation | None) -> CancelToken:
        """The token itself, or a new one that wraps the function, if any."""
        return cancelled if isinstance(cancelled, CancelToken) else cls(cancelled)

    @property
    def cancelled(self) -> bool:
        """Whether the work should end."""
        if not self._flag and self._wrapped is not None and self._wrapped():
            self.cancel("cancelled by the caller")
        return self._flag

    def __call__(self) -> bool:
        """As `cancelled`."""
        return self.cancelled

    def cancel(self, reason: str, *, at_s: float | None = None) -> bool:
        """Set the flag; only the first reason and time are kept.

        Args:
            reason: why, for messages and replies.
            at_s: the time in seconds; None uses `time.monotonic`.

        Returns:
            Whether this call set it.
        """
        with self._lock:
            if self._flag:
                return False
            self.reason = reason
            self.cancelled_s = time.monotonic() if at_s is None else at_s
            self._flag = True  # set last: whoever sees the flag finds reason and time
            return True

    def check(self) -> None:
        """Return unless cancelled.

        Raises:
            Cancelled: the token is set.
        """
        if self.cancelled:
            raise Cancelled(self)


Cancellation: TypeAlias = CancelToken | Callable[[], bool]
"""What callers may pass: a token, or a function that returns True once the work should end."""

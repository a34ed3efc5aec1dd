"""A second thread for work that holds no MLX arrays: tokens continue while sound is made.

On a CPU a token is numpy's and a window of sound MLX's, whose own threads leave Python's lock alone;
so both can run at once. MLX itself stays on the synthesis thread.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from dora_mlx_tts.runtime.cancel import Cancelled, CancelToken

Result = TypeVar("Result")


class DecodeThread:
    """Does one job at a time while its owner does something else. Only its owner's thread calls it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tts-tokens")
        self._stop = CancelToken()
        self._job: Future[Any] | None = None

    def start(self, job: Callable[[CancelToken], Result]) -> Future[Result | None]:
        """Begin `job`, once any job before it has stopped.

        Args:
            job: is handed a token that it checks often.

        Returns:
            Its result or exception, to be read after `settle`; None where `settle` stopped it.
        """
        self.settle()
        self._stop = CancelToken()
        future = self._thread.submit(_run, job, self._stop)
        self._job = future
        return future

    def settle(self) -> None:
        """Stop the job, if there is one, and wait for it; its exception stays in its future."""
        if self._job is not None:
            self._stop.cancel("settled")
            self._job.exception()
            self._job = None

    def close(self) -> None:
        """Stop and end the thread."""
        self.settle()
        self._thread.shutdown()


def _run(job: Callable[[CancelToken], Result], stop: CancelToken) -> Result | None:
    try:
        return job(stop)
    except Cancelled as signal:
        if signal.token is not stop:  # the caller's own, which the caller is to see
            raise
        return None

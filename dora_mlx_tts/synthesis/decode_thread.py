"""A second thread for work that holds no MLX arrays: decoding continues while audio is synthesized.

On a CPU, tokens are computed by numpy and windows of audio by MLX, whose threads do not hold Python's lock, so
both can run at once. MLX itself stays on the synthesis thread.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from dora_mlx_tts.runtime.cancel import Cancelled, CancelToken

Result = TypeVar("Result")


class DecodeThread:
    """Runs one job at a time while its owner does something else. Only the owner's thread may call it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tts-tokens")
        self._stop = CancelToken()
        self._job: Future[Any] | None = None

    def start(self, job: Callable[[CancelToken], Result]) -> Future[Result | None]:
        """Start `job` once any earlier job has stopped.

        Args:
            job: receives a token that it must check often.

        Returns:
            A future with its result or exception, to be read after `settle`; None if `settle` stopped the job.
        """
        self.settle()
        self._stop = CancelToken()
        future = self._thread.submit(_run, job, self._stop)
        self._job = future
        return future

    def settle(self) -> None:
        """Stop the job, if any, and wait for it; an exception stays in its future."""
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
        if (
            signal.token is not stop
        ):  # the caller's own token, whose cancellation the caller must see
            raise
        return None

"""A second thread for work that holds no MLX arrays: tokens go on while sound is made.

On a CPU a token is numpy's and a window of sound MLX's, whose own threads leave Python's lock alone;
so both can run at once. MLX itself stays on the synthesis thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


class DecodeThread:
    """Does one job at a time while its owner does something else. Only its owner's thread calls it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tts-tokens")
        self._stop = threading.Event()
        self._job: Future[Any] | None = None

    def start(self, job: Callable[[Callable[[], bool]], Result]) -> Future[Result]:
        """Begin `job`, once any job before it has stopped.

        Args:
            job: is handed a function that it asks often, and whose True tells it to return soon.

        Returns:
            Its result or exception, to be read after `settle`.
        """
        self.settle()
        self._stop = stop = threading.Event()
        future = self._thread.submit(job, stop.is_set)
        self._job = future
        return future

    def settle(self) -> None:
        """Stop the job, if there is one, and wait for it; its exception stays in its future."""
        if self._job is not None:
            self._stop.set()
            self._job.exception()
            self._job = None

    def close(self) -> None:
        """Stop and end the thread."""
        self.settle()
        self._thread.shutdown()

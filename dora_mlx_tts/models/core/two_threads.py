"""Work split into two halves, on two cores of a Linux CPU.

MLX runs the operations of a thread one after the other, and numpy runs on the calling thread. So each half gets
a thread, which evaluates the graph it builds: graphs cannot be evaluated on another thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import mlx.core as mx

from dora_mlx_tts.runtime.device import Backend, usable_cores

Task: TypeAlias = Callable[[], mx.array]
Runner: TypeAlias = Callable[[Sequence[Task]], list[mx.array]]


class Halves:
    """Two threads of a network, created on first use.

    They live as long as the network: MLX keeps its own thread for each one that ever computed.
    """

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    def runner(self, backend: Backend) -> Runner | None:
        """A function that runs two tasks in parallel, or None if that does not pay."""
        if backend is not Backend.CPU or usable_cores() < 2:  # noqa: PLR2004  two halves
            return None
        return self.run

    def run(self, tasks: Sequence[Task]) -> list[mx.array]:
        """Run tasks, which may only read evaluated arrays; returns their evaluated results."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(2, thread_name_prefix="half")
        return list(self._pool.map(_evaluated, tasks))


def _evaluated(task: Task) -> mx.array:
    result = task()
    mx.eval(result)
    return result

"""Work that falls into two halves, on two cores of a Linux CPU.

MLX runs the operations of a thread one after the other, and numpy runs on the thread that calls it. So
each half gets a thread, which evaluates what it builds: a graph cannot be evaluated in another one.
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
    """Two threads of a network, made at their first use.

    They live as long as the network: MLX keeps a thread of its own for each that ever computed.
    """

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    def runner(self, backend: Backend) -> Runner | None:
        """What runs two tasks side by side, or None where that does not pay."""
        if backend is not Backend.CPU or usable_cores() < 2:  # noqa: PLR2004  two halves
            return None
        return self.run

    def run(self, tasks: Sequence[Task]) -> list[mx.array]:
        """The evaluated results of tasks, which may read evaluated arrays only."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(2, thread_name_prefix="half")
        return list(self._pool.map(_evaluated, tasks))


def _evaluated(task: Task) -> mx.array:
    result = task()
    mx.eval(result)
    return result

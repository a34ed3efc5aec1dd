"""Work that falls into two halves, on two cores of a Linux CPU.

MLX runs the operations of a thread one after the other, and numpy runs on the thread that calls it. So
each half gets a thread, which evaluates what it builds: a graph cannot be evaluated in another one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeAlias

import mlx.core as mx

from dora_mlx_tts.runtime.device import Formulation

Task: TypeAlias = Callable[[], mx.array]
Runner: TypeAlias = Callable[[Sequence[Task]], list[mx.array]]


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def runner(formulation: Formulation) -> Iterator[Runner | None]:
    """What runs two tasks side by side and gives their evaluated results; None where that does not pay.

    Tasks may read evaluated arrays only.
    """
    if formulation is not Formulation.CPU or usable_cores() < 2:  # noqa: PLR2004  two halves
        yield None
        return
    with ThreadPoolExecutor(2) as pool:
        yield lambda tasks: list(pool.map(_evaluated, tasks))


def _evaluated(task: Task) -> mx.array:
    result = task()
    mx.eval(result)
    return result

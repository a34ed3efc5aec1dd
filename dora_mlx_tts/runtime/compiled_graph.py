"""A graph that OpenVINO compiles on a thread and computes on the Linux CPU."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, Protocol, TypeVar

from dora_mlx_tts.errors import BackendError
from dora_mlx_tts.runtime import openvino
from dora_mlx_tts.runtime.array_types import Floats

logger = logging.getLogger(__name__)


class Graph(Protocol):
    """What holds a graph."""

    @property
    def model(self) -> Any:  # noqa: ANN401  the library has no types
        """The graph itself."""


G = TypeVar("G", bound=Graph)
R = TypeVar("R")


class Compiled(Protocol):
    """What compiles on a thread."""

    def wait(self) -> None:
        """Wait until it is compiled.

        Raises:
            BackendError: OpenVINO could not compile it.
        """


C = TypeVar("C", bound=Compiled)


def usable(compiled: C | None, otherwise: str) -> C | None:
    """What was asked for, once it is compiled; None if it could not be, and a warning says what happens otherwise."""
    if compiled is None:
        return None
    try:
        compiled.wait()
    except BackendError as error:
        logger.warning("%s: %s", otherwise, error)
        return None
    return compiled


class CompiledGraph(Generic[G]):
    """A compiled graph; any thread may use it, one at a time.

    Args:
        name: what it is, for messages.
        build: makes the graph, on the thread that compiles.
        threads: how many threads compute.
        round_rows: let products round what they multiply to 8 bits, with a scale per 32 channels, where weights have 8.
    """

    def __init__(
        self, name: str, build: Callable[[], G], threads: int = 1, *, round_rows: bool = False
    ) -> None:
        self._name = name
        self._lock = threading.Lock()
        pool = ThreadPoolExecutor(1, thread_name_prefix="compile")
        self._compiled: Future[tuple[G, Any]] = pool.submit(_compile, build, threads, round_rows)
        pool.shutdown(wait=False)

    def wait(self) -> None:
        """Wait until it is compiled.

        Raises:
            BackendError: OpenVINO could not compile it.
        """
        self._ready()

    @property
    def graph(self) -> G:
        """The graph; waits until it is compiled.

        Raises:
            BackendError: OpenVINO could not compile it.
        """
        return self._ready()[0]

    def run(self, inputs: Sequence[Floats] | dict[str, Floats], read: Callable[[Any], R]) -> R:
        """Compute, and return what `read` makes of the outputs, whose memory the next run overwrites.

        Raises:
            BackendError: OpenVINO failed.
        """
        _, request = self._ready()
        with self._lock:
            try:
                outputs = request.infer(inputs, share_inputs=True, share_outputs=True)
            except RuntimeError as error:
                raise BackendError(f"OpenVINO failed to run {self._name}: {error}") from error
            return read(outputs)

    def _ready(self) -> tuple[G, Any]:
        try:
            return self._compiled.result()
        except (RuntimeError, OSError, ValueError) as error:
            raise BackendError(f"OpenVINO cannot compile {self._name}: {error}") from error


def _compile(build: Callable[[], G], threads: int, round_rows: bool) -> tuple[G, Any]:
    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": "f32",  # the default is bfloat16 where the processor has it
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": 32 if round_rows else 0,
        "ENABLE_CPU_PINNING": False,
    }
    graph = build()
    compiled = openvino.load().Core().compile_model(graph.model, "CPU", settings)
    return graph, compiled.create_infer_request()

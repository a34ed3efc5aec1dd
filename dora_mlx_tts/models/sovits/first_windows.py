"""First windows of sentences on a GPU, traced and compiled once by MLX.

Most first windows have the same length. Flow and generator take some 1,700 operations, each of which costs more
in Python and MLX than on the device: tracing avoids Python, and chains of element-wise operations become one
kernel.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import mlx.core as mx

from dora_mlx_tts.models.sovits.flow import Flow
from dora_mlx_tts.models.sovits.generator import Generator
from dora_mlx_tts.models.sovits.generator_stream import GeneratorStream, StreamState

MOST_TRACES: Final = 8

Key: TypeAlias = tuple[tuple[int, ...], int]
"""Shape of the flow's input, and number of settled frames in it."""


@dataclass(slots=True, eq=False)
class _Trace:
    """A window compiled by MLX, and the generator's state after it, except its frames."""

    run: Callable[[mx.array, mx.array, mx.array], list[mx.array]]
    state: StreamState | None = None


class _Traces(threading.local):
    """Traces of one thread, by length: MLX's streams belong to threads, and traces hold streams."""

    def __init__(self) -> None:
        self.by_length: OrderedDict[Key, _Trace] = OrderedDict()


class FirstWindows:
    """First windows of one network by length; the most recent lengths are kept.

    Args:
        flow: the network's flow.
        generator: the network's generator; both must be prepared.
    """

    def __init__(self, flow: Flow, generator: Generator) -> None:
        self._flow, self._generator = flow, generator
        self._traces = _Traces()

    def make(
        self, z_p: mx.array, ge: mx.array, style: mx.array, new: int
    ) -> tuple[mx.array, GeneratorStream]:
        """Make the samples [B, N] of first windows, and the generator's state after them, unevaluated.

        Args:
            z_p: the flow's input [B, T, C].
            ge: style [B, 1, G].
            style: the generator's condition [B, 1, C].
            new: number of settled frames, at least 1.

        Raises:
            AssertionError: a bug in this package: MLX ran a window that it never traced.
        """
        key = (tuple(z_p.shape), new)
        traces = self._traces.by_length
        trace = traces.pop(key, None) or self._traced(new)
        traces[key] = trace
        while len(traces) > MOST_TRACES:
            traces.popitem(last=False)
        samples, *carried = trace.run(z_p, ge, style)
        stream = GeneratorStream(self._generator, None)
        if trace.state is None:
            raise AssertionError("a run without a trace")
        stream.continue_from(trace.state, carried)
        return samples, stream

    def _traced(self, new: int) -> _Trace:
        def run(z_p: mx.array, ge: mx.array, style: mx.array) -> list[mx.array]:
            stream = GeneratorStream(self._generator, None)
            stream.style = style
            z = self._flow(z_p, ge)[:, :new]
            samples = stream.slices(z, last=False)
            trace.state = stream.state
            return [samples, *stream.carried()]

        trace = _Trace(mx.compile(run))
        return trace

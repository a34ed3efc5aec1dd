"""The generator on a Linux CPU through OpenVINO, whose convolutions are about twice as fast as matrix products.

A graph for slices of a fixed number of frames (`slice_graph.py`) is compiled once per network, on a thread, while
the rest of the voice is loaded. A sentence feeds it slice by slice and carries its frames from one to the next. A
slice that is not yet full at the end of a window is computed with zeros behind it, and again once it is full.
So samples do not depend on where windows end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

import mlx.core as mx
import numpy as np

from dora_mlx_tts.models.sovits.generator import Generator
from dora_mlx_tts.models.sovits.slice_graph import (
    FRAMES,
    NEXT,
    SAMPLES,
    STYLE,
    Mask,
    SliceGraph,
    slice_graph,
)
from dora_mlx_tts.runtime.array_types import Floats
from dora_mlx_tts.runtime.compiled_graph import CompiledGraph

SLICE: Final = 8
"""Latent frames per slice: a first fragment of 0.4 s takes four slices."""


class SlicedGenerator:
    """A compiled generator; any thread may use it, one at a time.

    Args:
        generator: the network, prepared for the Linux CPU. Its weights are copied.
        threads: how many threads compute.
    """

    def __init__(self, generator: Generator, threads: int) -> None:
        self._generator = generator
        build = partial(slice_graph, generator, SLICE)
        self._compiled = CompiledGraph("the generator", build, threads)

    def wait(self) -> None:
        """Wait until it is compiled.

        Raises:
            BackendError: OpenVINO could not compile it.
        """
        self._compiled.wait()

    @property
    def graph(self) -> SliceGraph:
        """The graph; waits until it is compiled.

        Raises:
            BackendError: OpenVINO could not compile it.
        """
        return self._compiled.graph

    def run(self, inputs: Mapping[str, Floats]) -> dict[str, Floats]:
        """Compute a slice: all inputs of the graph to all outputs, by name.

        Raises:
            BackendError: OpenVINO failed.
        """
        return self._compiled.run(dict(inputs), _by_name)

    def stream(self, ge: mx.array) -> SliceStream:
        """A stream of one sentence with style [1, 1, G]."""
        return SliceStream(self, self._generator.cond(ge))

    def __call__(self, z: mx.array, ge: mx.array) -> mx.array:
        """Latent frames [1, T, C] and style [1, 1, G] to samples [1, T * hop] in [-1, 1]."""
        return mx.concatenate(list(self.stream(ge).window(z, last=True)))[None]


class SliceStream:
    """Latent frames in, samples out; one object per sentence.

    Attributes:
        lag_frames: number of latent frames needed beyond the end of the output.
    """

    def __init__(self, network: SlicedGenerator, style: mx.array) -> None:
        graph = network.graph
        self._network, self._graph = network, graph
        self._style = np.array(style.astype(mx.float32)).swapaxes(1, 2)
        self._carried = {name: np.zeros(shape, np.float32) for name, shape in graph.carried.items()}
        self._first = 0  # frames of full slices
        self._waiting: Floats | None = None  # frames [1, C, T] after them
        self._made = 0  # samples
        self.lag_frames = -(-graph.lag // graph.hop)

    def window(self, z: mx.array | None, *, last: bool) -> Iterator[mx.array]:
        """Latent frames [1, T, C], or None, to the complete samples [N], slice by slice.

        All samples have been returned after the `last` window.

        Raises:
            BackendError: OpenVINO failed.
        """
        self._push(z)
        size = self._graph.frames
        while (waiting := self._waiting) is not None and waiting.shape[2] >= size:
            yield self._slice(waiting[..., :size], self._first + size, end=None, keep=True)
            self._first += size
            self._waiting = waiting[..., size:]
        rest = self._waiting
        if rest is None:
            return
        total = self._first + rest.shape[2]
        if not last:
            if rest.shape[2]:
                yield self._slice(rest, total, end=None, keep=False)
            return
        while self._made < total * self._graph.hop:
            yield self._slice(rest, total + self._graph.lag, end=total, keep=True)
            self._first += size
            rest = rest[..., size:]

    def _push(self, z: mx.array | None) -> None:
        if z is not None:
            frames = np.array(z.astype(mx.float32)).swapaxes(1, 2)
            before = self._waiting
            self._waiting = frames if before is None else np.concatenate([before, frames], 2)

    def _slice(self, frames: Floats, known: int, *, end: int | None, keep: bool) -> mx.array:
        """The samples that a slice completes, and that are still to be made.

        Args:
            frames: [1, C, n]; zeros follow them.
            known: latent frames up to which the input is known.
            end: number of latent frames of the sentence, once known.
            keep: whether to carry frames on to the next slice.
        """
        graph, size = self._graph, self._graph.frames
        padded = np.zeros((1, frames.shape[1], size), np.float32)
        padded[..., : frames.shape[2]] = frames
        masks = {mask.name: self._mask(mask, end) for mask in graph.masks}
        outputs = self._network.run({FRAMES: padded, STYLE: self._style, **masks, **self._carried})
        if keep:
            self._carried = {name: outputs[name + NEXT] for name in self._carried}
        first = self._first * graph.hop - graph.lag
        stop = min(known, self._first + size) * graph.hop - graph.lag
        if end is not None:
            stop = min(stop, end * graph.hop)
        start, self._made = self._made, max(self._made, stop)
        return mx.array(outputs[SAMPLES].reshape(-1)[start - first : self._made - first])

    def _mask(self, mask: Mask, end: int | None) -> Floats:
        start = self._first * mask.factor - mask.lag
        frames = np.arange(start, (self._first + self._graph.frames) * mask.factor)
        inside = frames >= 0
        if end is not None:
            inside &= frames < end * mask.factor
        return inside.astype(np.float32)[None, None]


def _by_name(outputs: Mapping[Any, Floats]) -> dict[str, Floats]:
    return {port.get_any_name(): values.copy() for port, values in outputs.items()}

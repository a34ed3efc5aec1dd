"""The generator over a slice of frames, as a graph of one fixed size for OpenVINO.

As in `generator_stream.py`, a layer sees the frames of a slice behind those that it carries over from earlier ones.
But here each layer lags by its whole reach from the first slice on, so all slices have the same shapes and the graph
is compiled once. Frames before the beginning of a sentence and after its end are set to zero at every layer, which
is how the generator pads. Signals are [1, C, T].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import mlx.core as mx
import numpy as np

from dora_mlx_tts.models.core.graph_layers import Node, ints, ops, ov
from dora_mlx_tts.models.core.layers import Conv1d, ConvTranspose1d
from dora_mlx_tts.models.sovits.generator import LAST_SLOPE, SLOPE, Generator, ResBlock
from dora_mlx_tts.runtime.array_types import Floats

FRAMES: Final = "frames"
STYLE: Final = "style"
SAMPLES: Final = "samples"
NEXT: Final = ", next"
"""Ends the name of an output with frames to carry; the input of the next slice has the name without it."""

_TIME: Final = 2


@dataclass(frozen=True, slots=True)
class Mask:
    """An input [1, 1, `frames` * factor + lag]: 1 for frames of the sentence, 0 before and after it.

    Attributes:
        name: the input's.
        factor: its frames per latent frame.
        lag: how many frames it begins before the slice.
    """

    name: str
    factor: int
    lag: int


@dataclass(frozen=True, slots=True)
class SliceGraph:
    """The graph and what its user must know.

    Attributes:
        model: inputs `FRAMES` [1, C, `frames`], `STYLE` [1, W, 1], masks and carried frames; outputs `SAMPLES`
            [1, 1, `frames` * hop] and, with the suffix `NEXT`, the frames to carry.
        frames: latent frames per slice.
        hop: samples per latent frame.
        lag: how many samples the output lags by.
        masks: all masks.
        carried: shapes [1, C, n] of the frames carried from slice to slice, by name; zeros at first.
    """

    model: Any
    frames: int
    hop: int
    lag: int
    masks: tuple[Mask, ...]
    carried: dict[str, tuple[int, int, int]]


class _Signal(NamedTuple):
    """A node, and by how many of its frames it lags behind the input."""

    node: Node
    lag: int


class _Layers:
    """Layers of one rate and width.

    Args:
        name: for their mask and carried frames.
        factor: frames per latent frame.
        slice_frames: latent frames per slice.
        lag: the largest lag of their signals.
    """

    def __init__(self, name: str, factor: int, slice_frames: int, lag: int) -> None:
        self.factor, self.frames = factor, slice_frames * factor
        self.mask = Mask(f"mask, {name}", factor, lag)
        self.is_in = _parameter(self.mask.name, 1, self.frames + lag)
        self.name = f"carried, {name}"
        self.inputs = [self.is_in]
        self._past: Any = None
        self._tails: list[Node] = []
        self._count = 0

    def inside(self, x: _Signal) -> _Signal:
        """Zero where the sentence has not begun or is over."""
        start = self.mask.lag - x.lag
        return _Signal(ops.multiply(x.node, _cut(self.is_in, start, start + self.frames)), x.lag)

    def behind_past(self, x: Node, count: int) -> Node:
        """The signal [1, C, count + T], preceded by its last `count` frames of the slice before."""
        if count == 0:
            return x
        if self._past is None:
            self._past = _parameter(self.name, x.get_output_shape(0)[1], -1)
            self.inputs.append(self._past)
        past = _cut(self._past, self._count, self._count + count)
        whole = ops.concat([past, x], _TIME)
        self._tails.append(_cut(whole, self.frames, self.frames + count))
        self._count += count
        return whole

    def delayed(self, x: _Signal, lag: int) -> Node:
        """The signal as it is when it lags by `lag` frames."""
        return _cut(self.behind_past(x.node, lag - x.lag), 0, self.frames)

    def convolved(self, x: _Signal, layer: Conv1d) -> _Signal:
        """A convolution that keeps the length."""
        whole = self.behind_past(x.node, layer.reach)
        weight = ops.constant(_conv_weight(layer))
        y = ops.convolution(whole, weight, [1], [0], [0], [layer.dilation])
        if "bias" in layer:
            y = ops.add(y, _by_channel(layer.bias))
        return _Signal(y, x.lag + layer.reach // 2)

    def block(self, x: _Signal, block: ResBlock) -> _Signal:
        """A residual block."""
        for dilated, plain in zip(block.convs1, block.convs2, strict=True):
            inner = self.inside(self.convolved(_leaky(x), dilated))
            y = self.convolved(_leaky(inner), plain)
            x = self.inside(_Signal(ops.add(y.node, self.delayed(x, y.lag)), y.lag))
        return x

    def mean_of_blocks(self, x: _Signal, blocks: Sequence[ResBlock]) -> _Signal:
        """The mean of several residual blocks, delayed to the longest one's lag."""
        lag = self.mask.lag
        total, *others = [self.delayed(self.block(x, block), lag) for block in blocks]
        for other in others:
            total = ops.add(total, other)
        return _Signal(ops.multiply(total, _constant([1.0 / len(blocks)])), lag)

    def upsampled(self, x: _Signal, layer: ConvTranspose1d) -> _Signal:
        """A transposed convolution; its output has the next rate.

        It is a convolution to the frames of a stride side by side, which is faster here.
        """
        whole = self.behind_past(x.node, layer.reach)
        y = ops.convolution(whole, ops.constant(_up_weight(layer)), [1], [0], [0], [1])
        apart = ops.reshape(y, ints(0, layer.stride, -1, self.frames), special_zero=True)
        ordered = ops.transpose(apart, ints(0, 2, 3, 1))
        y = ops.reshape(ordered, ints(0, 0, self.frames * layer.stride), special_zero=True)
        lag = x.lag * layer.stride + layer.padding
        return _Signal(ops.add(y, _by_channel(layer.bias)), lag)

    def finish(self) -> tuple[list[Any], dict[str, tuple[int, int, int]]]:
        """The outputs with the frames to carry, and the shapes of these frames by name."""
        if self._past is None:
            return [], {}
        channels = self._past.get_partial_shape()[1].get_length()
        self._past.set_partial_shape(ov.PartialShape([1, channels, self._count]))
        tails = ops.concat(self._tails, _TIME) if len(self._tails) > 1 else self._tails[0]
        return [_result(tails, self.name + NEXT)], {self.name: (1, channels, self._count)}


def slice_graph(generator: Generator, frames: int) -> SliceGraph:
    """The graph of a generator that was prepared for the Linux CPU, for slices of `frames` latent frames."""
    pre = generator.conv_pre
    first = _conv_weight(pre)
    z, style = _parameter(FRAMES, first.shape[1], frames), _parameter(STYLE, first.shape[0], 1)
    x = _Signal(z, 0)
    latent = _Layers("latent", 1, frames, 0)
    x = latent.convolved(x, pre)
    wide = _Layers("wide", 1, frames, x.lag)
    x = wide.inside(_Signal(ops.add(x.node, style), x.lag))
    made, factor = [latent, wide], 1
    for index, up in enumerate(generator.ups):
        x = made[-1].upsampled(_leaky(x), up)
        blocks = generator.blocks(index)
        factor *= up.stride
        layers = _Layers(f"stage {index}", factor, frames, x.lag + max(map(_reach, blocks)))
        x = layers.mean_of_blocks(layers.inside(x), blocks)
        made.append(layers)
    y = made[-1].convolved(_leaky(x, LAST_SLOPE), generator.conv_post)
    results = [_result(ops.tanh(y.node), SAMPLES)]
    carried: dict[str, tuple[int, int, int]] = {}
    for layers in made:
        outputs, shapes = layers.finish()
        results += outputs
        carried |= shapes
    del made[0].inputs[0]  # nothing before the first layer lags
    inputs = [z, style, *(node for layers in made for node in layers.inputs)]
    model = ov.Model(results, inputs, "generator")
    masks = tuple(layers.mask for layers in made[1:])
    return SliceGraph(model, frames, factor, y.lag, masks, carried)


def _reach(block: ResBlock) -> int:
    """Frames on each side that a residual block depends on."""
    return sum(layer.reach for layer in (*block.convs1, *block.convs2)) // 2


def _conv_weight(layer: Conv1d) -> Floats:
    """[O, I, k], from a matrix [I, O] per tap."""
    taps = np.stack([np.array(tap) for tap in layer.taps], axis=-1)
    return np.ascontiguousarray(taps.swapaxes(0, 1))


def _up_weight(layer: ConvTranspose1d) -> Floats:
    """[stride * O, I, reach + 1], from a matrix [I, stride * O] for each frame, the newest first."""
    phases = np.stack([np.array(phase) for phase in reversed(layer.phases)], axis=-1)
    return np.ascontiguousarray(phases.swapaxes(0, 1))


def _leaky(x: _Signal, slope: float = SLOPE) -> _Signal:
    return _Signal(ops.prelu(x.node, _constant([slope])), x.lag)


def _cut(x: Node, start: int, stop: int) -> Node:
    """Frames from `start` to `stop`."""
    return ops.slice(x, *(ints(number) for number in (start, stop, 1, _TIME)))


def _constant(values: Sequence[float]) -> Node:
    return ops.constant(np.array(values, np.float32))


def _by_channel(values: mx.array) -> Node:
    return ops.constant(np.array(values, np.float32)[None, :, None])


def _parameter(name: str, channels: int, frames: int) -> Any:  # noqa: ANN401  untyped library
    node = ops.parameter(ov.PartialShape([1, channels, frames]), np.float32)
    node.output(0).set_names({name})
    return node


def _result(x: Node, name: str) -> Any:  # noqa: ANN401  untyped library
    node = ops.result(x)
    node.output(0).set_names({name})
    return node

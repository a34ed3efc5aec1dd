"""Layers with 8-bit weights as parts of a graph for OpenVINO.

A matrix has 8 bits and a scale per output. Those of packs with 8 or 6 bits keep their very numbers; others are rounded.
Activations are [n, C].
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, TypeAlias

import mlx.core as mx
import numpy as np

from dora_mlx_tts.models.core.layers import LayerNorm, Linear
from dora_mlx_tts.packs.quantize import EIGHT_BITS, quantize
from dora_mlx_tts.packs.six_bits import SIX_BITS
from dora_mlx_tts.packs.stored import Stored
from dora_mlx_tts.runtime import openvino
from dora_mlx_tts.runtime.array_types import Floats

ov = openvino.load()
ops = ov.opset13

Node: TypeAlias = Any  # the library has no types

LAST: Final = -1
_FEW: Final = 8
_TINY: Final = 1e-30
_ON_THE_GRID: Final = 1e-3  # steps by which float32 may miss the whole number it stands for


class PlainGraph(NamedTuple):
    """A graph of which there is nothing more to know."""

    model: Any


def node_input(*shape: int) -> Node:
    """A float32 input; -1 for what varies."""
    return ops.parameter(list(shape), np.float32)


def graph_of(outputs: list[Node], inputs: list[Node], name: str) -> PlainGraph:
    """The graph between inputs and outputs."""
    return PlainGraph(ov.Model([ops.result(node) for node in outputs], inputs, name))


def ints(*values: int) -> Node:
    """A constant."""
    return ops.constant(np.array(values, np.int64))


def product(x: Node, weight: mx.array | Stored) -> Node:
    """[n, I] and a weight [O, I] to [n, O]."""
    stored = rounded(weight)
    numbers, scale = np.ascontiguousarray(stored.values), np.asarray(stored.scale, np.float32)
    of_outputs = scale if scale.shape[1] == 1 else np.ones((len(numbers), 1), np.float32)
    if scale.shape[0] == 1:
        x = ops.multiply(x, ops.constant(scale))
    wide = ops.multiply(ops.convert(ops.constant(numbers), "f32"), ops.constant(of_outputs))
    return ops.matmul(x, wide, False, True)


def affine(x: Node, weight: mx.array | Stored, bias: mx.array) -> Node:
    """The same and a bias [O]."""
    return ops.add(product(x, weight), ops.constant(_row(bias)))


def linear(x: Node, layer: Linear) -> Node:
    """What the layer does; its weight may be kept in stored form."""
    return affine(x, layer.matrix, layer.bias)


def normed(x: Node, norm: LayerNorm) -> Node:
    """Layer normalization."""
    centred = ops.mvn(x, ints(LAST), True, norm.eps, "inside_sqrt")
    return ops.add(
        ops.multiply(centred, ops.constant(_row(norm.weight))), ops.constant(_row(norm.bias))
    )


def rounded(weight: mx.array | Stored) -> Stored:
    """A weight [O, I] in 8 bits, with the scale of each output [O, 1] or, as some packs have it, of each input [1, I]."""
    if isinstance(weight, Stored) and weight.scale is not None:
        return weight
    values: Floats = np.asarray(weight.full() if isinstance(weight, Stored) else weight, np.float32)
    for axis in (0, 1):
        largest = np.maximum(np.abs(values).max(axis=1 - axis, keepdims=True), _TINY)
        for levels in (SIX_BITS, EIGHT_BITS):
            if _are_whole(values, levels / largest):
                return quantize(values, axis, levels)
    return quantize(values)


def _are_whole(values: Floats, factor: Floats) -> bool:
    """Whether all are whole numbers, once multiplied; others mostly show in the first rows."""
    return all(
        np.abs(steps - np.rint(steps)).max() < _ON_THE_GRID
        for steps in (part * factor[: len(part)] for part in (values[:_FEW], values))
    )


def _row(values: mx.array) -> Floats:
    return np.array(values.astype(mx.float32))[None]

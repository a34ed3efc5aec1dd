"""The text-to-semantic network's parameters in the layout of the decoding kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mlx.core as mx

from dora_mlx_tts.models.t2s.layers import Block

MOST_BLOCKS = 128
"""Maximum number of blocks. More do not help: on an H100, 132 took as long."""
_WIDTH = 128
"""Channels that a warp loads together; sizes are zero-padded to a multiple."""


@dataclass(frozen=True, slots=True, eq=False)
class FusedWeights:
    """A network's parameters in the kernel's layout.

    Attributes:
        weights: matrices of all layers, one after the other: merged projection, output, up, down.
        vectors: biases and norms of all layers, float32.
        table: audio embedding [V, C].
        predict: prediction [V, C].
        places: positions, scaled, float32 [POSITIONS, C].
        blocks: blocks per launch; all are resident at once, one per multiprocessor.
        channels: C, padded.
        heads: number of heads, padded.
        feed_forward: inner width of feed-forward layers, padded.
    """

    weights: mx.array
    vectors: mx.array
    table: mx.array
    predict: mx.array
    places: mx.array
    blocks: int
    channels: int
    heads: int
    feed_forward: int

    @classmethod
    def pack(
        cls,
        layers: Sequence[Block],
        table: mx.array,
        predict: mx.array,
        places: mx.array,
        multiprocessors: int,
    ) -> FusedWeights:
        """Pack a network's parameters; the precision is that of `predict`."""
        real, dtype = predict.shape[1], predict.dtype
        wide, inner = _filled(real), _filled(layers[0].linear1.weight.shape[0])
        heads = layers[0].self_attn.heads * wide // real
        matrices, vectors = [], []
        for block in layers:
            attention = block.self_attn
            merged = attention.in_proj_weight.reshape(3, real, real)
            matrices += [
                _grown(merged, 3, wide, wide),
                _grown(attention.out_proj.weight, wide, wide),
                _grown(block.linear1.weight, inner, wide),
                _grown(block.linear2.weight, wide, inner),
            ]
            vectors += [
                _grown(attention.in_proj_bias.reshape(3, real), 3, wide),
                _grown(attention.out_proj.bias, wide),
                _grown(block.norm1.weight, wide),
                _grown(block.norm1.bias, wide),
                _grown(block.linear1.bias, inner),
                _grown(block.linear2.bias, wide),
                _grown(block.norm2.weight, wide),
                _grown(block.norm2.bias, wide),
            ]
        made = cls(
            mx.concatenate([m.astype(dtype).reshape(-1) for m in matrices]),
            mx.concatenate([v.astype(mx.float32).reshape(-1) for v in vectors]),
            mx.contiguous(_grown(table.astype(dtype), len(table), wide)),
            mx.contiguous(_grown(predict, len(predict), wide)),
            mx.contiguous(_grown(places.astype(mx.float32), len(places), wide)),
            min(multiprocessors, MOST_BLOCKS),
            wide,
            heads,
            inner,
        )
        mx.eval(made.weights, made.vectors, made.table, made.predict, made.places)
        return made


def _filled(size: int) -> int:
    return -(-size // _WIDTH) * _WIDTH


def _grown(array: mx.array, *shape: int) -> mx.array:
    """Zero-pad every axis at the end, up to `shape`."""
    room = [(0, wanted - size) for size, wanted in zip(array.shape, shape, strict=True)]
    return mx.pad(array, room) if any(more for _, more in room) else array

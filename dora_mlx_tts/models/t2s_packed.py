"""The text-to-semantic network's parameters as the decoding kernel reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mlx.core as mx

from dora_mlx_tts.models.t2s_layers import Block

MOST_BLOCKS = 128
"""More bring nothing: on an H100, 132 took as long."""


@dataclass(frozen=True, slots=True, eq=False)
class FusedWeights:
    """A network's parameters as the kernel reads them.

    Attributes:
        weights: matrices of all layers, one behind the other: merged projection, output, up, down.
        vectors: biases and norms of all layers, float32.
        table: audio embedding [V, C].
        predict: prediction [V, C].
        places: positions, scaled, float32 [POSITIONS, C].
        blocks: of a launch; all are resident at once, one a multiprocessor.
    """

    weights: mx.array
    vectors: mx.array
    table: mx.array
    predict: mx.array
    places: mx.array
    blocks: int

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
        matrices, vectors = [], []
        for block in layers:
            attention = block.self_attn
            matrices += [
                attention.in_proj_weight,
                attention.out_proj.weight,
                block.linear1.weight,
                block.linear2.weight,
            ]
            vectors += [
                attention.in_proj_bias,
                attention.out_proj.bias,
                block.norm1.weight,
                block.norm1.bias,
                block.linear1.bias,
                block.linear2.bias,
                block.norm2.weight,
                block.norm2.bias,
            ]
        dtype = predict.dtype
        made = cls(
            mx.concatenate([m.astype(dtype).reshape(-1) for m in matrices]),
            mx.concatenate([v.astype(mx.float32) for v in vectors]),
            mx.contiguous(table.astype(dtype)),
            mx.contiguous(predict),
            mx.contiguous(places.astype(mx.float32)),
            min(multiprocessors, MOST_BLOCKS),
        )
        mx.eval(made.weights, made.vectors, made.table, made.predict, made.places)
        return made

"""Multi-head attention, for encoders that see the whole input at once."""

from __future__ import annotations

import mlx.core as mx

from dora_mlx_tts.models.core.ops import Ops


def attend(  # three arrays, and how to split them
    query: mx.array, key: mx.array, value: mx.array, heads: int, ops: Ops
) -> mx.array:
    """Scaled dot-product attention of [B, T, C] arrays, without a mask; C is split into `heads`.

    The query is scaled, because it is smaller than the scores.
    """
    batch, length, channels = query.shape
    size = channels // heads

    def split(x: mx.array) -> mx.array:
        return x.reshape(batch, -1, heads, size).swapaxes(1, 2)

    scores = split(query * size**-0.5) @ split(key).swapaxes(-1, -2)
    mixed = ops.softmax(scores) @ split(value)
    return mixed.swapaxes(1, 2).reshape(batch, length, channels)

"""The text-to-semantic step on the host: numpy over the memory of MLX's weights.

A step multiplies one row by every weight. MLX uses BLAS matrix products for that, which pack the weights again
each time; numpy uses matrix-vector products and is two to three times as fast on a CPU (`benchmarks/t2s.py`).
No weights are copied. A test compares this with MLX's own step.
"""

from __future__ import annotations

from dataclasses import dataclass

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.models.core.layers import LayerNorm, Linear
from dora_mlx_tts.models.t2s.kv_cache import KVCache
from dora_mlx_tts.models.t2s.layers import HIDDEN, Block, host_view
from dora_mlx_tts.runtime.array_types import Floats


@dataclass(frozen=True, slots=True)
class _Affine:
    weight: Floats  # [I, O]
    bias: Floats

    @classmethod
    def of(cls, linear: Linear) -> _Affine:
        return cls(host_view(linear.weight).T, host_view(linear.bias))

    def __call__(self, x: Floats) -> Floats:
        y = x @ self.weight
        y += self.bias
        return y


@dataclass(frozen=True, slots=True)
class _Norm:
    weight: Floats
    bias: Floats
    eps: float

    @classmethod
    def of(cls, norm: LayerNorm) -> _Norm:
        return cls(host_view(norm.weight), host_view(norm.bias), norm.eps)

    def __call__(self, x: Floats) -> Floats:
        """Normalize [B, C]; overwrites `x`."""
        count = x.shape[-1]
        x -= np.add.reduce(x, axis=-1, keepdims=True) / count
        variance = np.add.reduce(x * x, axis=-1, keepdims=True) / count
        x *= (1.0 / np.sqrt(variance + self.eps)).astype(np.float32)
        x *= self.weight
        x += self.bias
        return x


class HostBlock:
    """The step of one layer; see `Block` for the mathematics."""

    def __init__(self, block: Block) -> None:
        attention = block.self_attn
        self._heads = attention.heads
        self._in = _Affine(host_view(attention.in_proj_weight).T, host_view(attention.in_proj_bias))
        self._out = _Affine.of(attention.out_proj)
        self._up = _Affine.of(block.linear1)
        self._down = _Affine.of(block.linear2)
        self._norm1 = _Norm.of(block.norm1)
        self._norm2 = _Norm.of(block.norm2)

    def __call__(
        self, x: Floats, cache: KVCache[Floats], layer: int, bias: Floats | None
    ) -> Floats:
        """[B, C] to [B, C]; `bias` [B, 1, 1, T] hides padding."""
        rows, channels = x.shape
        size = channels // self._heads
        merged = self._in(x).reshape(rows, 3, self._heads, 1, size)
        keys, values = cache.append(layer, merged[:, 1], merged[:, 2])
        query = merged[:, 0]
        query *= size**-0.5
        scores: Floats = query @ keys.swapaxes(-1, -2)
        if bias is not None:
            scores += bias
        scores -= np.maximum.reduce(scores, axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        if cache.watch is not None:
            cache.watch.record(layer, scores, cache.text_length)
        mixed: Floats = scores @ values
        mixed /= np.add.reduce(scores, axis=-1, keepdims=True)
        attended = self._out(mixed.reshape(rows, channels))
        attended += x
        x = self._norm1(attended)
        inner = self._up(x)
        np.maximum(inner, 0.0, out=inner)
        outer = self._down(inner)
        outer += x
        return self._norm2(outer)


class HostStepper:
    """All layers and the prediction, with a host cache."""

    def __init__(self, blocks: list[Block], predict: Linear) -> None:
        self._blocks = [HostBlock(block) for block in blocks]
        self._predict = host_view(predict.weight).T

    def __call__(self, x: Floats, cache: KVCache[Floats]) -> Floats:
        """Embedded tokens [B, C] to logits [B, V]; the cache grows by one position."""
        cache.reserve(1)
        bias = padding_bias(cache, cache.length + 1)
        for layer, block in enumerate(self._blocks):
            x = block(x, cache, layer, bias)
        cache.advance(1)
        logits: NDArray[np.float32] = x @ self._predict
        return logits


def padding_bias(cache: KVCache[Floats] | KVCache[mx.array], length: int) -> Floats | None:
    """Score bias [B, 1, 1, length] that hides each row's padding; None if there is no padding."""
    if not any(cache.padding):
        return None
    hidden = np.arange(length) < np.array(cache.padding)[:, None]
    return np.where(hidden, np.float32(HIDDEN), np.float32(0.0))[:, None, None, :]

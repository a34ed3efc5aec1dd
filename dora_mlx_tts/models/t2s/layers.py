"""Layers of the text-to-semantic transformer: post-norm blocks over [text | audio] sequences.

Text positions see all text; audio positions see all text and the audio up to themselves. So text and audio are
processed separately, and text needs no mask.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TypeAlias

import mlx.core as mx
import numpy as np
from mlx import nn

from dora_mlx_tts.models.core.layers import Layer, LayerNorm, Linear
from dora_mlx_tts.models.core.ops import Ops, relu
from dora_mlx_tts.models.core.stored_matmul import Product
from dora_mlx_tts.models.t2s.kv_cache import KVCache
from dora_mlx_tts.packs.stored import Stored
from dora_mlx_tts.runtime.array_types import Floats
from dora_mlx_tts.runtime.device import Backend

HIDDEN = -1e9
"""Added to the score of a hidden position."""

_EXP = (0.00019852762, 0.0013930436, 0.008333361, 0.041666485, 0.16666667, 0.5)
_QUERY_BLOCK = 512  # rows of scores computed together: bounds memory and skips most masked scores

Stretch: TypeAlias = tuple[int, int, mx.array | None]
"""Query rows from and to, and the bias for their scores over keys 0 to the end."""
Store: TypeAlias = KVCache[mx.array] | KVCache[Floats] | list[mx.array]
"""What receives keys and values: an empty cache, or a list, for those of each layer as [2, B, H, T, C / H]."""
Heads: TypeAlias = tuple[mx.array, mx.array, mx.array]
"""Query, key and value, [B, H, T, C / H]."""


def position_table(positions: int, channels: int) -> Floats:
    """Sinusoidal positions [positions, channels]: sine in even, cosine in odd columns, in float32."""
    place = np.arange(positions, dtype=np.float32)[:, None]
    step = np.float32(-math.log(10000.0) / channels)
    angle = place * _exp(np.arange(0, channels, 2, dtype=np.float32) * step)
    table = np.empty((positions, channels), np.float32)
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table


def _exp(x: Floats) -> Floats:
    """Exponential with float32 roundings: range reduction, then a polynomial with fused multiply-adds.

    Networks were trained with a float32 table, and 4000 positions magnify its last bits. Neither numpy's
    float32 exp (a few bits off) nor the exactly rounded one is as close to it as this one, whose constants are
    those of the vector math library SLEEF.
    """

    def fused(a: Floats, b: Floats | np.float32, c: Floats | np.float32) -> Floats:
        wide = np.multiply(a, b, dtype=np.float64) + c
        return wide.astype(np.float32)

    whole = np.rint(x * np.float32(1.4426950408889634))
    rest = fused(whole, np.float32(-0.693145751953125), x)
    rest = fused(whole, np.float32(-1.428606765330187e-06), rest)
    series = np.full_like(x, _EXP[0])
    for coefficient in _EXP[1:]:
        series = fused(series, rest, np.float32(coefficient))
    series = np.float32(1.0) + fused(rest * rest, series, rest)
    result: Floats = np.ldexp(series, whole.astype(np.int32))
    return result


def host_view(array: mx.array) -> Floats:
    """A numpy view of an MLX array's memory, in its shape (copied only if it is not float32)."""
    if array.dtype != mx.float32:
        array = array.astype(mx.float32)
    mx.eval(array)
    return np.array(array, copy=False)


def host_exp(scores: mx.array) -> tuple[mx.array, mx.array]:
    """Numerator and denominator of a softmax: exp of `scores` [..., T] minus their maximum, and the sums.

    On a CPU, numpy does that several times faster than any composition of MLX operations.
    """
    view = host_view(scores)
    powers = view - view.max(axis=-1, keepdims=True)
    np.exp(powers, out=powers)
    return mx.array(powers), mx.array(powers.sum(axis=-1, keepdims=True))


def row_layout(weight: mx.array) -> mx.array:
    """A weight [O, I] in float32, stored for fast one-row products on the CPU.

    Wide outputs need [I, O] storage; the array keeps its shape, only its strides change.
    """
    weight = weight.astype(mx.float32)
    wide = weight.shape[0] >= weight.shape[1]
    weight = mx.contiguous(weight.T).T if wide else mx.contiguous(weight)
    mx.eval(weight)
    return weight


class RowLinear(Linear):
    """`Linear`, stored for one-row products on the CPU."""

    def prepare(self, ops: Ops) -> None:
        """On the CPU, set the storage order."""
        super().prepare(ops)
        if ops.backend is Backend.CPU and "weight" in self:
            self.weight = row_layout(self.weight)


class Embedding(nn.Module):
    """A table of vectors under the checkpoint's name."""

    def __init__(self, entries: int, channels: int) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(entries, channels)

    def __call__(self, ids: mx.array) -> mx.array:
        """[...] to [..., C]."""
        rows: mx.array = self.word_embeddings.weight[ids]
        return rows


class Position(nn.Module):
    """The learned weight of the sinusoidal positions."""

    def __init__(self) -> None:
        super().__init__()
        self.alpha = mx.ones((1,))


class SelfAttention(Layer):
    """Multi-head attention with one merged projection for queries, keys and values."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = mx.zeros((3 * channels, channels))
        self.in_proj_bias = mx.zeros((3 * channels,))
        self.out_proj = RowLinear(channels, channels)
        self._kept: Stored | None = None
        self._product: Product | None = None

    def keep(self, name: str, weight: Stored) -> bool:
        """Keep the merged projection in stored form, in 8 bits."""
        if name != "in_proj_weight":
            return False
        self.pop(name)
        self._kept = weight
        return True

    def prepare(self, ops: Ops) -> None:
        """On the CPU, set the storage order of the merged projection."""
        super().prepare(ops)
        if self._kept is not None:
            self._product = ops.product(self._kept)
        elif ops.backend is Backend.CPU:
            self.in_proj_weight = row_layout(self.in_proj_weight)

    def project(self, x: mx.array) -> Heads:
        """[B, T, C] to query, key and value [B, H, T, C / H]."""
        merged = self._merged(x)
        return merged[0], merged[1], merged[2]

    def _merged(self, x: mx.array) -> mx.array:
        """[B, T, C] to query, key and value [3, B, H, T, C / H]."""
        batch, length, channels = x.shape
        if self._product is not None:
            merged = self._product(x, self.in_proj_bias)
        else:
            merged = mx.addmm(self.in_proj_bias, x, self.in_proj_weight.T)
        merged = merged.reshape(batch, length, 3, self.heads, channels // self.heads)
        return merged.transpose(2, 0, 3, 1, 4)

    def read(self, x: mx.array, store: Store, layer: int) -> Heads:
        """Query, key and value of the whole sequence [B, T, C], which `store` receives as those of `layer`."""
        merged = self._merged(x)
        if self._ops.backend is Backend.CUDA_MATMUL:
            merged = mx.contiguous(merged)  # one copy serves both products and the cache
        if isinstance(store, list):
            store.append(merged[1:])
        else:
            store.append(layer, merged[1], merged[2])
        return merged[0], merged[1], merged[2]

    def attend(
        self, query: mx.array, key: mx.array, value: mx.array, bias: mx.array | None
    ) -> mx.array:
        """[B, H, n, S] against [B, H, T, S], `bias` added to the scores, to [B, n, C]."""
        scale = query.shape[-1] ** -0.5
        if self._ops.backend is Backend.CPU:
            scores = (query * scale) @ key.swapaxes(-1, -2)
            powers, sums = host_exp(scores if bias is None else scores + bias)
            mixed = (powers @ value) / sums
        elif self._ops.backend is Backend.CUDA_MATMUL:
            keys = key.swapaxes(-1, -2)
            if bias is None:
                scores = (query * scale) @ keys
            else:
                scores = mx.addmm(bias, query, keys, alpha=scale)
            mixed = mx.softmax(scores, axis=-1) @ value
        else:
            mixed = mx.fast.scaled_dot_product_attention(query, key, value, scale=scale, mask=bias)
        return mixed.swapaxes(1, 2).reshape(query.shape[0], query.shape[2], -1)


class Block(Layer):
    """One layer: attention and feed-forward, each normalized after its residual sum."""

    def __init__(self, channels: int, heads: int, feed_forward: int) -> None:
        super().__init__()
        self.self_attn = SelfAttention(channels, heads)
        self.linear1 = RowLinear(channels, feed_forward)
        self.linear2 = RowLinear(feed_forward, channels)
        self.norm1 = LayerNorm(channels)
        self.norm2 = LayerNorm(channels)

    def prefill(
        self,
        x: mx.array,
        store: Store,
        layer: int,
        stretches: Sequence[Stretch],
        *,
        last_only: bool,
    ) -> mx.array:
        """Process the whole sequence [B, T, C]; `store` receives the keys and values of `layer`.

        With `last_only`, keys and values of all positions are stored, but only the last position's output is
        computed, [B, 1, C]. `stretches` cover the computed rows.
        """
        query, key, value = self.self_attn.read(x, store, layer)
        x = x[:, -1:] if last_only else x
        parts = [
            self.self_attn.attend(query[:, :, start:end], key[:, :, :end], value[:, :, :end], bias)
            for start, end, bias in stretches
        ]
        return self._finish(x, mx.concatenate(parts, axis=1) if len(parts) > 1 else parts[0])

    def step(
        self, x: mx.array, cache: KVCache[mx.array], layer: int, bias: mx.array | None
    ) -> mx.array:
        """Process one more position [B, 1, C]."""
        query, key, value = self.self_attn.project(x)
        key, value = cache.append(layer, key, value)
        return self._finish(x, self.self_attn.attend(query, key, value, bias))

    def _finish(self, x: mx.array, mixed: mx.array) -> mx.array:
        x = self.norm1(x + self.self_attn.out_proj(mixed))
        return self.norm2(x + self.linear2(relu(self.linear1(x))))


def stretches(
    text: int, length: int, padding: mx.array | None, dtype: mx.Dtype, backend: Backend
) -> list[Stretch]:
    """How to split the rows of a prefill: text, which sees itself, then blocks of audio.

    Args:
        text: number of text positions, at the start.
        length: total number of positions.
        padding: hides padding, [B, 1, 1, length], or None.
        dtype: type of the scores.
        backend: `CUDA_MATMUL` processes all rows together.
    """
    border = [] if backend is Backend.CUDA_MATMUL else [text]
    borders = [0, *border, *range(text + _QUERY_BLOCK, length, _QUERY_BLOCK), length]
    return [
        (start, end, _bias(start, end, text, padding, dtype))
        for start, end in itertools.pairwise(borders)
        if end > start
    ]


def _bias(
    start: int, end: int, text: int, padding: mx.array | None, dtype: mx.Dtype
) -> mx.array | None:
    """Score bias of query rows start..end over keys 0..end."""
    bias = None if padding is None else padding[..., :end]
    last_seen = np.maximum(np.arange(start, end), text - 1)
    if last_seen[0] == end - 1:
        return bias
    hidden = np.arange(end) > last_seen[:, None]
    mask = mx.array(np.where(hidden, np.float32(HIDDEN), np.float32(0)), dtype=dtype)
    return mask if bias is None else mask + bias

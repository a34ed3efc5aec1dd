"""Transformer encoder with windowed relative positions, as in VITS (attentions.py)."""

from __future__ import annotations

import math

import mlx.core as mx

from dora_mlx_tts.models.core.layers import Conv1d, Layer, LayerNorm, Linear
from dora_mlx_tts.models.core.ops import relu

WINDOW = 4
"""Reach of relative positions, in frames to each side."""


class Attention(Layer):
    """Multi-head attention; names follow the checkpoint, whose projections are 1-tap convolutions."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads, self.head_channels = heads, channels // heads
        self.conv_q = Linear(channels, channels)
        self.conv_k = Linear(channels, channels)
        self.conv_v = Linear(channels, channels)
        self.conv_o = Linear(channels, channels)

    def __call__(self, x: mx.array, memory: mx.array) -> mx.array:
        """Queries from `x` [B, T, C], keys and values from `memory` [B, S, C]; [B, T, C]."""
        q = self._split(self.conv_q(x)) * (1.0 / math.sqrt(self.head_channels))
        k, v = self._split(self.conv_k(memory)), self._split(self.conv_v(memory))
        weights = self._ops.softmax(self._scores(q, k))
        return self.conv_o(self._merge(self._values(weights, v)))

    def _scores(self, q: mx.array, k: mx.array) -> mx.array:
        return q @ k.swapaxes(2, 3)

    def _values(self, weights: mx.array, v: mx.array) -> mx.array:
        return weights @ v

    def _split(self, x: mx.array) -> mx.array:
        batch, length, _ = x.shape
        return x.reshape(batch, length, self.heads, self.head_channels).swapaxes(1, 2)

    def _merge(self, x: mx.array) -> mx.array:
        batch, heads, length, channels = x.shape
        return x.swapaxes(1, 2).reshape(batch, length, heads * channels)


class RelativeAttention(Attention):
    """Self-attention with learned keys and values for distances up to `WINDOW`, shared by heads.

    The tables `emb_rel_k`, `emb_rel_v` are [1, 2 * WINDOW + 1, C / heads]; row `WINDOW` is the
    frame itself. Distances beyond the window have no relative term.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__(channels, heads)
        self.emb_rel_k = mx.zeros((1, 2 * WINDOW + 1, channels // heads))
        self.emb_rel_v = mx.zeros((1, 2 * WINDOW + 1, channels // heads))

    def _scores(self, q: mx.array, k: mx.array) -> mx.array:
        return super()._scores(q, k) + spread_band(q @ self.emb_rel_k[0].T)

    def _values(self, weights: mx.array, v: mx.array) -> mx.array:
        return super()._values(weights, v) + gather_band(weights) @ self.emb_rel_v[0]


def spread_band(band: mx.array) -> mx.array:
    """Matrix [..., T, T] whose element (i, j) is band[..., i, j - i + WINDOW], zero off the band.

    A row stride one longer than the row shifts each row by one more, without index arithmetic.
    """
    *lead, length, width = band.shape
    inner = length + width - 1
    keep = [(0, 0)] * len(lead)
    flat = mx.pad(band, [*keep, (0, 0), (0, inner + 1 - width)]).reshape(*lead, -1)
    square = flat[..., : length * inner].reshape(*lead, length, inner)
    return square[..., WINDOW : WINDOW + length]


def gather_band(square: mx.array) -> mx.array:
    """The inverse of `spread_band`: [..., T, T] to [..., T, 2 * WINDOW + 1], zero outside."""
    *lead, length, _ = square.shape
    width = 2 * WINDOW + 1
    keep = [(0, 0)] * len(lead)
    flat = mx.pad(square, [*keep, (0, 0), (WINDOW, WINDOW)]).reshape(*lead, -1)
    flat = mx.pad(flat, [*keep, (0, length)])
    return flat.reshape(*lead, length, length + width)[..., :width]


class FeedForward(Layer):
    """Two convolutions with a rectifier in between."""

    def __init__(self, channels: int, inner: int, kernel: int) -> None:
        super().__init__()
        self.conv_1 = Conv1d(channels, inner, kernel)
        self.conv_2 = Conv1d(inner, channels, kernel)

    def __call__(self, x: mx.array, residual: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C], plus `residual`."""
        return self.conv_2(relu(self.conv_1(x)), residual)


class Encoder(Layer):
    """Post-norm transformer layers; each list holds one entry per layer."""

    def __init__(self, channels: int, inner: int, heads: int, layers: int, kernel: int) -> None:
        super().__init__()
        self.attn_layers = [RelativeAttention(channels, heads) for _ in range(layers)]
        self.norm_layers_1 = [LayerNorm(channels) for _ in range(layers)]
        self.ffn_layers = [FeedForward(channels, inner, kernel) for _ in range(layers)]
        self.norm_layers_2 = [LayerNorm(channels) for _ in range(layers)]

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C]."""
        layers = zip(
            self.attn_layers, self.norm_layers_1, self.ffn_layers, self.norm_layers_2, strict=True
        )
        for attention, norm_1, feed_forward, norm_2 in layers:
            x = norm_1(x + attention(x, x))
            x = norm_2(feed_forward(x, x))
        return x

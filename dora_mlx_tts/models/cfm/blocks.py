"""Parts of the diffusion transformer (F5-TTS, arXiv:2410.06885; DiT, arXiv:2212.09748)."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise
from typing import Any

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.models.cfm.config import HEAD_CHANNELS, ROTARY_RATES, DiTConfig
from dora_mlx_tts.models.core.layers import Conv1d, Layer, LayerNorm, Linear
from dora_mlx_tts.models.core.ops import Ops
from dora_mlx_tts.models.core.two_threads import Halves, Runner
from dora_mlx_tts.packs.load import to_mlx
from dora_mlx_tts.packs.stored import Stored
from dora_mlx_tts.runtime.device import Backend

NORM_EPS = 1e-6
TIME_CHANNELS = 256

_TIME_SCALE = 1000.0
_BASE = 10000.0
_POSITION_KERNEL, _POSITION_GROUPS = 31, 16
_TEXT_KERNEL = 7

Rotation = tuple[mx.array, mx.array]
"""Factors [T, 64] for a head's channels and for their neighbours in each pair (rotary positions)."""

_NEIGHBOURS = np.arange(HEAD_CHANNELS) ^ 1  # the other channel of each pair


def rotation(length: int, rates: tuple[float, ...] = ROTARY_RATES) -> Rotation:
    """Cosines and sines of the angles `p * rate`, for positions p and a rate per pair of channels."""
    angles = np.repeat(np.arange(length)[:, None] * np.array(rates), 2, axis=1)
    signs = np.tile([-1.0, 1.0], HEAD_CHANNELS // 2)
    return mx.array(np.cos(angles), mx.float32), mx.array(np.sin(angles) * signs, mx.float32)


def rotate(x: mx.array, by: Rotation) -> mx.array:
    """Rotate neighbouring channels of the first head of [B, T, C]; the other heads get no positions.

    The reference rotates before it splits heads, so only the first head is affected.
    """
    own, other = (part.astype(x.dtype) for part in by)
    head = x[..., :HEAD_CHANNELS]
    turned = head * own + head[..., mx.array(_NEIGHBOURS)] * other
    return mx.concatenate([turned, x[..., HEAD_CHANNELS:]], axis=-1)


def silu(x: mx.array, ops: Ops) -> mx.array:
    """`x * sigmoid(x)`."""
    return x * ops.sigmoid(x)


class TimeEmbedding(Layer):
    """A number in [0, 1] to a vector: sinusoids and two affine maps."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.time_mlp: list[Any] = [Linear(TIME_CHANNELS, channels), {}, Linear(channels, channels)]

    def __call__(self, time: float) -> mx.array:
        """To [1, C]."""
        half = TIME_CHANNELS // 2
        angles = _TIME_SCALE * time * np.exp(-math.log(_BASE) / (half - 1) * np.arange(half))
        waves = mx.array(np.concatenate([np.sin(angles), np.cos(angles)])[None], mx.float32)
        embedded: mx.array = self.time_mlp[2](silu(self.time_mlp[0](waves), self._ops))
        return embedded


class TimeLinear(Layer):
    """An affine map of the time; `weight` [O, I], `bias` [O].

    For a given number of steps all times are known in advance, so each matrix is multiplied only once. It
    therefore stays in its file and is never kept on the device.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = mx.zeros((outputs, inputs))
        self.bias = mx.zeros((outputs,))
        self._stored: Stored | None = None

    def keep(self, name: str, weight: Stored) -> bool:
        """Leave the matrix in its file."""
        if name != "weight":
            return False
        self.pop("weight")
        self._stored = weight
        return True

    def __call__(self, x: mx.array) -> mx.array:
        """[S, I] to [S, O], evaluated in float32."""
        matrix = self.weight if self._stored is None else to_mlx(self._stored)
        y = mx.addmm(self.bias.astype(mx.float32), x, matrix.astype(mx.float32).T)
        mx.eval(y)  # releases the matrix
        return y


class DepthwiseConv(Layer):
    """Filters each channel separately, keeping the length; `weight` [C, k, 1], `bias` [C]."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.weight = mx.zeros((channels, kernel, 1))
        self.bias = mx.zeros((channels,))

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C]; a sum of shifted products where convolutions are slow or need planning."""
        channels, kernel, _ = self.weight.shape
        edge = kernel // 2
        if self._ops.backend is Backend.NATIVE:
            return mx.conv1d(x, self.weight, 1, edge, groups=channels) + self.bias
        padded = mx.pad(x, [(0, 0), (edge, edge), (0, 0)])
        y = self.bias
        for tap in range(kernel):
            y = y + padded[:, tap : tap + x.shape[1]] * self.weight[:, tap, 0]
        return y


class ResponseNorm(Layer):
    """Global response normalization: channels compete by their norm over time."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = mx.zeros((1, 1, channels))
        self.beta = mx.zeros((1, 1, channels))

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C]."""
        exact = x.astype(mx.float32)  # half precision overflows with the sum of a thousand squares
        norm = mx.sqrt(mx.square(exact).sum(axis=1, keepdims=True))
        share = (norm / (norm.mean(axis=-1, keepdims=True) + NORM_EPS)).astype(x.dtype)
        return x * (self.gamma * share + 1.0) + self.beta


class TextBlock(Layer):
    """A ConvNeXt V2 block (arXiv:2301.00808)."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.dwconv = DepthwiseConv(channels, _TEXT_KERNEL)
        self.norm = LayerNorm(channels, NORM_EPS)
        self.pwconv1 = Linear(channels, inner)
        self.grn = ResponseNorm(inner)
        self.pwconv2 = Linear(inner, channels)

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C]."""
        inner = self._ops.gelu(self.pwconv1(self.norm(self.dwconv(x))))
        return x + self.pwconv2(self.grn(inner))


class PositionConv(Layer):
    """Positional information from neighbouring frames: two wide grouped convolutions, each with Mish."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        first, second = (
            Conv1d(channels, channels, _POSITION_KERNEL, groups=_POSITION_GROUPS) for _ in range(2)
        )
        self.conv1d: list[Any] = [first, {}, second]

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C]."""
        return self._ops.mish(self.conv1d[2](self._ops.mish(self.conv1d[0](x))))


def attend_on_host(
    query: mx.array, key: mx.array, value: mx.array, heads: int, run: Runner | None = None
) -> mx.array:
    """Scaled dot-product attention of [B, T, C] arrays in numpy, one head at a time.

    A thousand frames make a million scores per head. On the CPU, numpy's exp is many times faster than MLX's,
    and the scores of one head fit into the cache. With `run` the heads are split into two halves.
    """
    mx.eval(query, key, value)
    arrays = tuple(np.asarray(x.astype(mx.float32)) for x in (query, key, value))
    size = arrays[0].shape[-1] // heads
    borders = (0, heads * size) if run is None else (0, heads // 2 * size, heads * size)
    parts = [partial(_attended, arrays, part, size) for part in pairwise(borders)]
    mixed = [parts[0]()] if run is None else run(parts)
    return mx.concatenate(mixed, axis=-1).astype(query.dtype)


def _attended(
    arrays: tuple[NDArray[np.float32], ...], channels: tuple[int, int], size: int
) -> mx.array:
    q, k, v = (array[..., slice(*channels)] for array in arrays)
    mixed = np.empty(q.shape, np.float32)
    for row in range(q.shape[0]):
        for start in range(0, q.shape[-1], size):
            at = np.s_[row, :, start : start + size]
            scores = (q[at] * np.float32(size**-0.5)) @ k[at].T
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            mixed[at] = (scores @ v[at]) / scores.sum(axis=-1, keepdims=True)
    return mx.array(mixed)


class Attention(Layer):
    """Self-attention over all frames."""

    def __init__(self, config: DiTConfig, halves: Halves) -> None:
        super().__init__()
        self._halves = halves
        width = config.channels
        self.heads = config.heads
        self.to_q = Linear(width, width)
        self.to_k = Linear(width, width)
        self.to_v = Linear(width, width)
        self.to_out = [Linear(width, width)]

    def __call__(self, x: mx.array, positions: Rotation) -> mx.array:
        """[B, T, C] to [B, T, C]."""
        q, k = (rotate(project(x), positions) for project in (self.to_q, self.to_k))
        mixed: mx.array = self.to_out[0](self._attend(q, k, self.to_v(x)))
        return mixed

    def _attend(self, q: mx.array, k: mx.array, v: mx.array) -> mx.array:
        if self._ops.backend is Backend.CPU:
            return attend_on_host(q, k, v, self.heads, self._halves.runner(self._ops.backend))
        batch, length, channels = q.shape
        q, k, v = (
            x.reshape(batch, length, self.heads, HEAD_CHANNELS).swapaxes(1, 2) for x in (q, k, v)
        )
        mixed = mx.fast.scaled_dot_product_attention(q, k, v, scale=HEAD_CHANNELS**-0.5)
        return mixed.swapaxes(1, 2).reshape(batch, length, channels)


class FeedForward(Layer):
    """Two affine maps with GELU (tanh form) in between."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.ff: list[Any] = [[Linear(channels, inner)], {}, Linear(inner, channels)]

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C]."""
        y: mx.array = self.ff[2](self._ops.gelu_tanh(self.ff[0][0](x)))
        return y


class Block(Layer):
    """Attention and feed-forward; the time scales, shifts and gates both."""

    def __init__(self, config: DiTConfig, halves: Halves) -> None:
        super().__init__()
        width = config.channels
        self.attn_norm = {"linear": TimeLinear(width, 6 * width)}
        self.attn = Attention(config, halves)
        self.ff = FeedForward(width, config.feed_forward)

    def modulations(self, times: mx.array) -> mx.array:
        """SiLU of time embeddings [S, C] to [S, 6, C]: shift, scale and gate of each half."""
        steps, width = times.shape
        return self.attn_norm["linear"](times).reshape(steps, 6, width)

    def __call__(self, x: mx.array, modulation: mx.array, positions: Rotation) -> mx.array:
        """Frames [B, T, C] and a step's modulation [6, C] to [B, T, C]."""
        shift, scale, gate, *second = modulation
        inner = self._ops.layer_norm(x, scale + 1.0, shift, NORM_EPS)
        x = x + gate * self.attn(inner, positions)
        shift, scale, gate = second
        return x + gate * self.ff(self._ops.layer_norm(x, scale + 1.0, shift, NORM_EPS))

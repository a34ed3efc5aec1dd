"""BigVGAN v2: a spectrogram to samples without aliasing (arXiv:2206.04658)."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Any

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.messages import must_be
from dora_mlx_tts.models.core.layers import Conv1d, ConvTranspose1d, Layer
from dora_mlx_tts.models.core.ops import Ops
from dora_mlx_tts.models.sovits.generator import reach_of
from dora_mlx_tts.models.vocoders import config as checkpoint
from dora_mlx_tts.models.vocoders.config import BIGVGAN_24K, VocoderConfig
from dora_mlx_tts.packs.stored import Weight, Weights
from dora_mlx_tts.runtime.device import Backend

EDGE_KERNEL = 7
TAPS = 12  # taps of the filter that doubles and halves the rate
UP_REACH, DOWN_REACH = 3, 5
"""Reach on each side of doubling (in frames) and of halving (in frames at twice the rate)."""

_BLOCK = 32  # frames computed per product with a filter's matrix
_ROUND = 12582912.0  # 1.5 * 2**23: adding and subtracting it rounds a float32 to an integer
_SINE = (  # sin(pi r)^2 / r^2 in powers of r^2 on [-1/2, 1/2], highest first; error below 3e-7
    -3.356592621654272,
    13.050098920235177,
    -30.101465841307437,
    42.72719633651712,
    -32.46967117172009,
    9.869604311707745,
)
_FIXED = {
    "activation": "snakebeta",
    "snake_logscale": True,
    "use_tanh_at_final": False,
    "use_bias_at_final": False,
}


@functools.cache
def lowpass() -> NDArray[np.float64]:
    """The filter's taps: a sinc with cutoff at a quarter of the rate under a Kaiser window.

    The window's shape follows from a transition of 0.6 of the rate by Kaiser's formulas.
    """
    half = TAPS // 2
    attenuation = 2.285 * (half - 1) * math.pi * (4 * 0.3) + 7.95
    window = np.kaiser(TAPS, 0.1102 * (attenuation - 8.7))
    taps = window * np.sinc(0.5 * (np.arange(TAPS) - half + 0.5))
    result: NDArray[np.float64] = taps / taps.sum()
    return result


@functools.cache
def _matrices() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The filter as matrices: `_BLOCK` frames to twice as many, and back.

    A block sees 3 more frames on each side when the rate doubles, 5 when it halves.
    """
    taps = lowpass()
    up = np.zeros((2 * _BLOCK, _BLOCK + TAPS // 2))
    down = np.zeros((_BLOCK, 2 * _BLOCK + TAPS - 2))
    for frame in range(_BLOCK):
        up[2 * frame, frame : frame + 6] = 2 * taps[1::2][::-1]
        up[2 * frame + 1, frame + 1 : frame + 7] = 2 * taps[::2][::-1]
        down[frame, 2 * frame : 2 * frame + TAPS] = taps
    return up.astype(np.float32), down.astype(np.float32)


def _filtered(x: mx.array, matrix: mx.array, step: int) -> mx.array:
    """Multiply windows of [B, T, C], `step` frames apart, by a matrix [rows, window].

    As matrix products, the filters cost a fraction of a depthwise convolution on every device.
    """
    batch, length, channels = x.shape
    rows, window = matrix.shape
    blocks = (length - window) // step + 1
    windows = mx.as_strided(
        mx.contiguous(x),
        (batch, blocks, window, channels),
        (length * channels, step * channels, channels, 1),
    )
    return (matrix.astype(x.dtype) @ windows).reshape(batch, blocks * rows, channels)


def _filled(x: mx.array, count: int) -> mx.array:
    """Pad the end to whole blocks with frames that do not affect any kept frame."""
    return mx.pad(x, [(0, 0), (0, count), (0, 0)]) if count else x


def clip(samples: mx.array) -> mx.array:
    """Clip samples to [-1, 1]."""
    return mx.minimum(mx.maximum(samples, -1.0), 1.0)


def _sin_squared(x: mx.array, ops: Ops) -> mx.array:
    """`sin(pi x)^2`; on the CPU by a polynomial, since MLX's sine is slow there."""
    if ops.backend is not Backend.CPU:
        return mx.square(mx.sin(x * math.pi))
    rest = x - ((x + _ROUND) - _ROUND)
    square = rest * rest
    y = square * _SINE[0] + _SINE[1]
    for coefficient in _SINE[2:]:
        y = y * square + coefficient
    return y * square


class Activation(Layer):
    """SnakeBeta, `x + sin(x e^alpha)^2 / e^beta`, at twice the rate to avoid aliasing."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.act = {"alpha": mx.zeros((channels,)), "beta": mx.zeros((channels,))}
        self._up, self._down = (mx.array(matrix) for matrix in _matrices())

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C]; the first and last frames are repeated beyond the edges."""
        y = self.doubled(mx.pad(x, [(0, 0), (UP_REACH, UP_REACH), (0, 0)], mode="edge"))
        y = mx.pad(y, [(0, 0), (DOWN_REACH, DOWN_REACH), (0, 0)], mode="edge")
        return self.halved(y, x.shape[1])

    def doubled(self, x: mx.array) -> mx.array:
        """[B, 3 + T + 3, C] to twice the rate [B, 2 T, C], activated."""
        length = x.shape[1] - 2 * UP_REACH
        filled = _filled(x, -length % _BLOCK)
        return self._snake(_filtered(filled, self._up, _BLOCK)[:, : 2 * length])

    def halved(self, x: mx.array, length: int) -> mx.array:
        """[B, 5 + 2 T + 5 or more, C] to the first T frames [B, T, C] of half the rate."""
        wanted = 2 * length + 2 * DOWN_REACH
        filled = _filled(x[:, :wanted], 2 * (-length % _BLOCK))
        return _filtered(filled, self._down, 2 * _BLOCK)[:, :length]

    def _snake(self, x: mx.array) -> mx.array:
        frequency = mx.exp(self.act["alpha"]) * (1.0 / math.pi)
        gain = 1.0 / (mx.exp(self.act["beta"]) + 1e-9)
        return x + _sin_squared(x * frequency, self._ops) * gain


class ResBlock(Layer):
    """Pairs of a dilated and a plain convolution, each preceded by an activation (AMPBlock1)."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs1 = [Conv1d(channels, channels, kernel, dilation=d) for d in dilations]
        self.convs2 = [Conv1d(channels, channels, kernel) for _ in dilations]
        self.activations = [Activation(channels) for _ in range(2 * len(dilations))]

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C]."""
        for i, (dilated, plain) in enumerate(zip(self.convs1, self.convs2, strict=True)):
            inner = dilated(self.activations[2 * i](x))
            x = plain(self.activations[2 * i + 1](inner), x)
        return x


class BigVGAN(Layer):
    """The vocoder of SoVITS v3.

    `resblocks` is flat, as in the checkpoint: block j of stage i is `resblocks[i * blocks + j]`.
    """

    def __init__(self, config: VocoderConfig) -> None:
        super().__init__()
        self.vocoder = config
        generator, width = config.generator, config.generator.initial_channels
        self.conv_pre = Conv1d(config.mels, width, EDGE_KERNEL)
        self.ups: list[list[ConvTranspose1d]] = []
        self.resblocks: list[ResBlock] = []
        for rate, kernel in zip(generator.rates, generator.kernels, strict=True):
            up = ConvTranspose1d(width, width // 2, kernel, rate, (kernel - rate) // 2)
            self.ups.append([up])
            width //= 2
            self.resblocks += [
                ResBlock(width, k, d)
                for k, d in zip(generator.block_kernels, generator.block_dilations, strict=True)
            ]
        self.activation_post = Activation(width)
        self.conv_post = Conv1d(width, 1, EDGE_KERNEL, bias=False)

    @staticmethod
    def read_config(config: Mapping[str, Any], weights: Mapping[str, Any]) -> VocoderConfig:
        """Sizes from `config.json` (empty for the published network) and tensors.

        Raises:
            WeightsError: see `VocoderConfig.from_checkpoint`; or the network is another variant.
        """
        for key, wanted in _FIXED.items():
            if config.get(key, wanted) != wanted:
                raise WeightsError(
                    must_be(f"vocoder configuration: '{key}'", repr(wanted), config[key])
                )
        return VocoderConfig.from_checkpoint(config, weights, BIGVGAN_24K)

    @staticmethod
    def sanitize(weights: Weights) -> dict[str, Weight]:
        """Checkpoint tensors to parameters of this module; see `vocoders.config.sanitize`."""
        return checkpoint.sanitize(weights)

    def __call__(self, mel: mx.array) -> mx.array:
        """Log mel spectrogram [B, T, mels] to samples [B, T * hop] in [-1, 1]."""
        x = self.conv_pre(mel)
        count = len(self.vocoder.generator.block_kernels)
        for stage, (up,) in enumerate(self.ups):
            x = up(x)
            blocks = self.resblocks[stage * count : (stage + 1) * count]
            total = blocks[0](x)
            for block in blocks[1:]:
                total = total + block(x)
            x = total * (1.0 / count)
            mx.eval(x)  # a stage's intermediate arrays are large; release them before the next
        return clip(self.conv_post(self.activation_post(x))[..., 0])

    @property
    def backend(self) -> Backend:
        """The backend it runs on."""
        return self._ops.backend

    @property
    def receptive_frames(self) -> int:
        """Maximum number of spectrogram frames on each side that a sample depends on."""
        generator = self.vocoder.generator
        beside = UP_REACH + DOWN_REACH // 2 + 1  # an activation's reach
        block = max(
            sum((k - 1) // 2 * (d + 1) + 2 * beside for d in dilations)
            for k, dilations in zip(generator.block_kernels, generator.block_dilations, strict=True)
        )
        return reach_of(generator, block, EDGE_KERNEL // 2 + beside)

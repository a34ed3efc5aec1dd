"""The diffusion transformer: which way a noisy spectrogram should move."""

from __future__ import annotations

from dataclasses import dataclass

import mlx.core as mx
import numpy as np

from dora_mlx_tts.models.cfm.blocks import (
    NORM_EPS,
    Block,
    PositionConv,
    Rotation,
    TextBlock,
    TimeEmbedding,
    rotation,
    silu,
)
from dora_mlx_tts.models.cfm.config import DiTConfig
from dora_mlx_tts.models.core.layers import Layer, Linear

_POSITIONS = 4096  # rows of the reference's table; frames beyond share the last one


@dataclass(frozen=True, slots=True, eq=False)
class Conditions:
    """What stays the same through all steps.

    Attributes:
        prompt: spectrogram [B, T, mels]; zeros where there is none.
        text: embedded features [B, T, F].
        positions: rotation of the attention's first head.
    """

    prompt: mx.array
    text: mx.array
    positions: Rotation


class TextEmbedding(Layer):
    """Features with positions, seen in their neighbourhood."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.text_blocks = [
            TextBlock(config.features, config.text_inner) for _ in range(config.text_depth)
        ]

    def __call__(self, features: mx.array) -> mx.array:
        """[B, T, F] to [B, T, F]."""
        x = features + _position_table(features.shape[1], features.shape[2]).astype(features.dtype)
        for block in self.text_blocks:
            x = block(x)
        return x


class InputEmbedding(Layer):
    """Noisy frames, prompt and text to the transformer's width."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.proj = Linear(2 * config.mels + config.features, config.channels)
        self.conv_pos_embed = PositionConv(config.channels)

    def __call__(self, x: mx.array, conditions: Conditions) -> mx.array:
        """[B, T, mels] to [B, T, C]."""
        joined = self.proj(mx.concatenate([x, conditions.prompt, conditions.text], axis=-1))
        return joined + self.conv_pos_embed(joined)


class DiT(Layer):
    """`cfm.estimator` of the checkpoints."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.config = config
        width = config.channels
        self.time_embed = TimeEmbedding(width)
        self.d_embed = TimeEmbedding(width)
        self.text_embed = TextEmbedding(config)
        self.input_embed = InputEmbedding(config)
        self.transformer_blocks = [Block(config) for _ in range(config.depth)]
        self.norm_out = {"linear": Linear(width, 2 * width)}
        self.proj_out = Linear(width, config.mels)

    def conditions(self, prompt: mx.array, features: mx.array) -> Conditions:
        """Prepare the prompt's spectrogram [B, T, mels] and features [B, T, F] for all steps."""
        dtype = self.proj_out.dtype
        text = self.text_embed(features.astype(dtype))
        return Conditions(prompt.astype(dtype), text, rotation(features.shape[1]))

    def time(self, now: float, step: float) -> mx.array:
        """Embedding [1, C] of the time reached and of the step's size, both from 0 to 1."""
        return self.time_embed(now) + self.d_embed(step)

    def __call__(self, x: mx.array, conditions: Conditions, time: mx.array) -> mx.array:
        """Velocity [B, T, mels] of the noisy spectrogram [B, T, mels]."""
        frames = self.input_embed(x.astype(conditions.prompt.dtype), conditions)
        time = silu(time, self._ops)
        for block in self.transformer_blocks:
            frames = block(frames, time, conditions.positions)
        scale, shift = mx.split(self.norm_out["linear"](time)[0], 2)
        return self.proj_out(self._ops.layer_norm(frames, scale + 1.0, shift, NORM_EPS))


def _position_table(length: int, channels: int) -> mx.array:
    """Cosines, then sines, of each position at falling frequencies: [T, channels]."""
    rates = 10000.0 ** (-np.arange(0, channels, 2) / channels)
    angles = np.minimum(np.arange(length), _POSITIONS - 1)[:, None] * rates
    return mx.array(np.concatenate([np.cos(angles), np.sin(angles)], axis=1), mx.float32)

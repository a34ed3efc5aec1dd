"""The diffusion transformer: the velocity of a noisy spectrogram."""

from __future__ import annotations

from collections.abc import Sequence
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
    TimeLinear,
    rotation,
    silu,
)
from dora_mlx_tts.models.cfm.config import DiTConfig
from dora_mlx_tts.models.core.layers import Layer, Linear
from dora_mlx_tts.models.core.ops import Ops
from dora_mlx_tts.models.core.two_threads import Halves

_POSITIONS = 4096  # rows of the reference's table; frames beyond share the last one


@dataclass(frozen=True, slots=True, eq=False)
class Conditions:
    """Inputs that stay the same in all steps.

    Attributes:
        inputs: projection [B, T, C] of the prompt's spectrogram and the embedded features.
        positions: rotation of the attention's first head.
    """

    inputs: mx.array
    positions: Rotation


@dataclass(frozen=True, slots=True, eq=False)
class Modulation:
    """Modulation of the layers by the time of one step.

    Attributes:
        blocks: shift, scale and gate of attention and feed-forward [depth, 6, C].
        last: scale and shift of the last norm [2, C].
    """

    blocks: mx.array
    last: mx.array


class TextEmbedding(Layer):
    """Embeds features with positions and neighbouring frames."""

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


class InputProjection(Layer):
    """Noisy frames, prompt and text side by side to the transformer's width.

    All columns of `weight` [C, 2 mels + F] except those of the noisy frames are multiplied once for all steps.
    """

    def __init__(self, mels: int, features: int, outputs: int) -> None:
        super().__init__()
        self.mels = mels
        self.weight = mx.zeros((outputs, 2 * mels + features))
        self.bias = mx.zeros((outputs,))

    def fixed(self, prompt: mx.array, text: mx.array) -> mx.array:
        """Prompt [B, T, mels] and text [B, T, F] to their part of the result [B, T, C]."""
        joined = mx.concatenate([prompt, text], axis=-1)
        return mx.addmm(self.bias, joined, self.weight[:, self.mels :].T)

    def __call__(self, x: mx.array, fixed: mx.array) -> mx.array:
        """Noisy frames [B, T, mels] and the part of the other inputs to [B, T, C]."""
        return mx.addmm(fixed, x, self.weight[:, : self.mels].T)


class InputEmbedding(Layer):
    """The transformer's input, with positions derived from neighbouring frames."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.proj = InputProjection(config.mels, config.features, config.channels)
        self.conv_pos_embed = PositionConv(config.channels)

    def __call__(self, x: mx.array, fixed: mx.array) -> mx.array:
        """[B, T, mels] to [B, T, C]."""
        joined = self.proj(x, fixed)
        return joined + self.conv_pos_embed(joined)


class DiT(Layer):
    """`cfm.estimator` of the checkpoints."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.config = config
        width = config.channels
        self.time_embed = TimeEmbedding(width)
        if config.step_embedding:
            self.d_embed = TimeEmbedding(width)
        self.text_embed = TextEmbedding(config)
        self.input_embed = InputEmbedding(config)
        halves = Halves()
        self.transformer_blocks = [Block(config, halves) for _ in range(config.depth)]
        self.norm_out = {"linear": TimeLinear(width, 2 * width)}
        self.proj_out = Linear(width, config.mels)

    def prepare(self, ops: Ops) -> None:
        """Use two cores, which pays for products of hundreds of frames."""
        super().prepare(ops)
        ops.use_two_cores()

    def text(self, features: mx.array) -> mx.array:
        """Embed features [B, T, F]."""
        return self.text_embed(features.astype(self.proj_out.dtype))

    def conditions(self, prompt: mx.array, text: mx.array) -> Conditions:
        """Prepare the prompt's spectrogram [B, T, mels] and embedded features for all steps."""
        inputs = self.input_embed.proj.fixed(prompt.astype(text.dtype), text)
        own, other = rotation(text.shape[1], self.config.rotary_rates)
        return Conditions(inputs, (own.astype(text.dtype), other.astype(text.dtype)))

    def time(self, now: float, step: float) -> mx.array:
        """Embedding [1, C] of the current time and the step size, both from 0 to 1."""
        embedded = self.time_embed(now)
        return embedded + self.d_embed(step) if self.config.step_embedding else embedded

    def modulations(self, times: Sequence[mx.array]) -> list[Modulation]:
        """The modulations for several times, each embedded as [1, C]."""
        dtype = self.proj_out.dtype
        rows = silu(mx.concatenate(list(times), axis=0), self._ops)
        blocks = mx.stack([block.modulations(rows) for block in self.transformer_blocks], axis=1)
        last = self.norm_out["linear"](rows).reshape(len(times), 2, -1)
        blocks, last = blocks.astype(dtype), last.astype(dtype)
        mx.eval(blocks, last)
        return [Modulation(blocks[step], last[step]) for step in range(len(times))]

    def __call__(self, x: mx.array, conditions: Conditions, modulation: Modulation) -> mx.array:
        """Velocity [B, T, mels] of the noisy spectrogram [B, T, mels]."""
        frames = self.input_embed(x.astype(conditions.inputs.dtype), conditions.inputs)
        for block, shaped in zip(self.transformer_blocks, modulation.blocks, strict=True):
            frames = block(frames, shaped, conditions.positions)
        scale, shift = modulation.last
        return self.proj_out(self._ops.layer_norm(frames, scale + 1.0, shift, NORM_EPS))


def _position_table(length: int, channels: int) -> mx.array:
    """Cosines, then sines, of each position at decreasing frequencies: [T, channels]."""
    rates = 10000.0 ** (-np.arange(0, channels, 2) / channels)
    angles = np.minimum(np.arange(length), _POSITIONS - 1)[:, None] * rates
    return mx.array(np.concatenate([np.cos(angles), np.sin(angles)], axis=1), mx.float32)

"""The style encoder: a reference spectrogram to one vector (MelStyleEncoder of StyleSpeech)."""

from __future__ import annotations

import math

import mlx.core as mx

from dora_mlx_tts.models.core.layers import Conv1d, Layer, Linear

HEADS = 2
KERNEL = 5


class StyleAttention(Layer):
    """Self-attention whose scores are divided by the root of the model's width, not the head's."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.w_qs = Linear(channels, channels)
        self.w_ks = Linear(channels, channels)
        self.w_vs = Linear(channels, channels)
        self.fc = Linear(channels, channels)
        self.scale = 1.0 / math.sqrt(channels)

    def __call__(self, x: mx.array) -> mx.array:
        """[B, T, C] to [B, T, C], with the residual."""
        batch, length, channels = x.shape
        q, k, v = (
            project(x).reshape(batch, length, HEADS, channels // HEADS).swapaxes(1, 2)
            for project in (self.w_qs, self.w_ks, self.w_vs)
        )
        weights = self._ops.softmax((q * self.scale) @ k.swapaxes(2, 3))
        mixed = (weights @ v).swapaxes(1, 2).reshape(batch, length, channels)
        return self.fc(mixed) + x


class StyleEncoder(Layer):
    """Frame-wise layers, two gated convolutions, attention, mean over time.

    The checkpoint counts layers without weights in `spectral` and wraps the others: hence the
    dictionaries.
    """

    def __init__(self, rows: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.spectral = [{"fc": Linear(rows, hidden)}, {}, {}, {"fc": Linear(hidden, hidden)}]
        self.temporal = [{"conv1": {"conv": Conv1d(hidden, 2 * hidden, KERNEL)}} for _ in range(2)]
        self.slf_attn = StyleAttention(hidden)
        self.fc = {"fc": Linear(hidden, outputs)}

    def __call__(self, spectrogram: mx.array) -> mx.array:
        """Magnitudes [B, T, rows] to a style vector [B, 1, outputs]."""
        x = self._ops.mish(self.spectral[0]["fc"](spectrogram))
        x = self._ops.mish(self.spectral[3]["fc"](x))
        for layer in self.temporal:
            a, b = mx.split(layer["conv1"]["conv"](x), 2, axis=-1)
            x = x + a * self._ops.sigmoid(b)
        return mx.mean(self.fc["fc"](self.slf_attn(x)), axis=1, keepdims=True)

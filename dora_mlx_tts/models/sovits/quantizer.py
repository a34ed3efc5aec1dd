"""The semantic codebook: speech features to codes, codes to features."""

from __future__ import annotations

import mlx.core as mx

from dora_mlx_tts.models.core.layers import Layer


class Quantizer(Layer):
    """One codebook of nearest neighbours; `embed` [codes, C]."""

    def __init__(self, codes: int, channels: int) -> None:
        super().__init__()
        self.embed = mx.zeros((codes, channels))

    def encode(self, x: mx.array) -> mx.array:
        """Index of the nearest row (squared Euclidean distance): [B, T, C] to [B, T] integers."""
        rows = self.embed
        distance = mx.sum(rows * rows, axis=1) - 2.0 * (x @ rows.T)
        return mx.argmin(distance, axis=-1).astype(mx.int32)

    def decode(self, codes: mx.array) -> mx.array:
        """Rows of the codes, each repeated twice (25 Hz to 50 Hz): [B, n] to [B, 2 n, C]."""
        return mx.repeat(self.embed[codes], 2, axis=1)

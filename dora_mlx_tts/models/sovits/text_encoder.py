"""`enc_p`: semantic features, phones and style to the prior of the latent frames."""

from __future__ import annotations

import mlx.core as mx

from dora_mlx_tts.models.core.layers import Layer, Linear
from dora_mlx_tts.models.sovits.attentions import Encoder
from dora_mlx_tts.models.sovits.config import SoVITSConfig
from dora_mlx_tts.models.sovits.mrte import MRTE


class Embedding(Layer):
    """Rows of a table; `weight` [rows, C]."""

    def __init__(self, rows: int, channels: int) -> None:
        super().__init__()
        self.weight = mx.zeros((rows, channels))

    def __call__(self, ids: mx.array) -> mx.array:
        """[B, m] integers to [B, m, C]."""
        return self.weight[ids]


class TextEncoder(Layer):
    """Names follow the checkpoint: `encoder_ssl` and `encoder_text` feed `mrte`, then `encoder2`."""

    def __init__(self, config: SoVITSConfig) -> None:
        super().__init__()
        channels, half = config.channels, config.layers // 2

        def encoder(layers: int) -> Encoder:
            return Encoder(channels, config.filter_channels, config.heads, layers, config.kernel)

        self.ssl_proj = Linear(config.ssl_channels, channels)
        self.encoder_ssl = encoder(half)
        self.text_embedding = Embedding(config.symbols, channels)
        self.encoder_text = encoder(config.layers)
        self.mrte = MRTE(channels, config.cross_channels)
        self.encoder2 = encoder(half)
        self.proj = Linear(channels, 2 * channels)

    def phones(self, text: mx.array) -> mx.array:
        """Phones [B, m] to their states [B, m, C], shared by all windows of a sentence."""
        return self.encoder_text(self.text_embedding(text))

    def frames(self, features: mx.array, phones: mx.array, ge: mx.array) -> mx.array:
        """Features [B, T, 768], phones' states and style [B, 1, h] to latent frames [B, T, C]."""
        return self.encoder2(self.mrte(self.encoder_ssl(self.ssl_proj(features)), phones, ge))

    def prior(self, latent: mx.array) -> tuple[mx.array, mx.array]:
        """Mean and log standard deviation, each [B, T, C], of latent frames."""
        mean, log_deviation = mx.split(self.proj(latent), 2, axis=-1)
        return mean, log_deviation

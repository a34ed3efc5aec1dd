"""Multi-reference timbre encoder: text and style join the semantic frames (mrte_model.py)."""

from __future__ import annotations

import mlx.core as mx

from dora_mlx_tts.models.core.layers import Layer, Linear
from dora_mlx_tts.models.sovits.attentions import Attention

HEADS = 4


class MRTE(Layer):
    """Attention from semantic frames to phones, with the style vector added."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.c_pre = Linear(channels, hidden)
        self.text_pre = Linear(channels, hidden)
        self.cross_attention = Attention(hidden, HEADS)
        self.c_post = Linear(hidden, channels)

    def __call__(self, x: mx.array, text: mx.array, ge: mx.array) -> mx.array:
        """Frames [B, T, C], phones [B, m, C], style [B, 1, hidden] to [B, T, C]."""
        x = self.c_pre(x)
        return self.c_post(self.cross_attention(x, self.text_pre(text)) + x + ge)

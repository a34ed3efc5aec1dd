"""Which attention heads of a text-to-semantic network follow the text."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from dora_mlx_tts.models.t2s.model import T2S, T2SText
from dora_mlx_tts.models.t2s.text_attention import text_attention
from dora_mlx_tts.synthesis.loading.prompt import Prompt

AlignmentHeads: TypeAlias = tuple[tuple[int, int], ...]
"""Layer and head indices."""

_STEADY = 0.9  # minimum correlation between a head's position in the text and time
MOST_HEADS = 8
_LEAST_PHONES = 5


def alignment_heads(network: T2S, prompt: Prompt) -> AlignmentHeads:
    """Heads that follow the text while reading the prompt's own tokens; none for zero-shot."""
    if prompt.is_zero_shot or len(prompt.phones) < _LEAST_PHONES:
        return ()
    text = T2SText(prompt.phones, prompt.features)
    attention = text_attention(network, text, prompt.codes, slice(0, len(prompt.phones)))
    centres = attention @ np.arange(attention.shape[-1], dtype=np.float32)
    time = np.arange(centres.shape[-1], dtype=np.float32)
    time = (time - time.mean()) / max(float(time.std()), 1e-9)
    spread = np.maximum(centres.std(-1), 1e-9)
    steady = ((centres - centres.mean(-1, keepdims=True)) * time).mean(-1) / spread
    order = np.argsort(-steady, axis=None)[:MOST_HEADS]
    pairs = [(int(i) // steady.shape[1], int(i) % steady.shape[1]) for i in order]
    return tuple(pair for pair in pairs if steady[pair] >= _STEADY)

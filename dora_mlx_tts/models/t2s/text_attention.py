"""Attention of the text-to-semantic network while it reads known tokens."""

from __future__ import annotations

import math

import mlx.core as mx
import numpy as np

from dora_mlx_tts.models.t2s.layers import stretches
from dora_mlx_tts.models.t2s.model import T2S, T2SText
from dora_mlx_tts.runtime.array_types import Floats, Ids


def text_attention(
    model: T2S, text: T2SText, tokens: Ids, stretch: slice, layers: int | None = None
) -> Floats:
    """Attention [layers, heads, n, m] of the last n positions to a stretch of m text positions.

    Each row sums to 1 over the stretch. Row t belongs to the position that chose token t.

    Args:
        model: prepared network.
        text: all phones and features.
        tokens: all tokens, those of the prompt first.
        stretch: the stretch of the text.
        layers: number of first layers to use; None uses all.
    """
    blocks = model.h.layers[:layers]
    cache = model.make_cache()
    cache.text_length = len(text.phones)
    cache.reserve(len(text.phones) + len(tokens))
    x = model.embed([text], tokens)
    rows = stretches(cache.text_length, x.shape[1], None, x.dtype, model.backend)
    found = []
    for layer, block in enumerate(blocks):
        query, key, _ = block.self_attn.project(x)
        queries = query[0, :, cache.text_length - 1 : -1]
        scores = queries @ key[0, :, stretch].swapaxes(-1, -2) * (1 / math.sqrt(query.shape[-1]))
        found.append(np.array(mx.softmax(scores.astype(mx.float32), axis=-1)))
        x = block.prefill(x, cache, layer, rows, last_only=False)
    attention: Floats = np.stack(found)
    return attention

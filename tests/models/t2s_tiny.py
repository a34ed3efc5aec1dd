"""A tiny text-to-semantic network with random weights, for tests."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
from mlx.utils import tree_flatten, tree_unflatten

from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.t2s.decoding import BatchStream
from dora_mlx_tts.models.t2s.model import T2S, T2SConfig, T2SText
from dora_mlx_tts.models.t2s.sampling import SamplingSettings
from dora_mlx_tts.runtime.device import Backend

CONFIG = T2SConfig(
    channels=16, heads=2, feed_forward=32, layers=3, vocabulary=33, phones=20, eos=32, features=8
)
SAMPLINGS = {
    "greedy": SamplingSettings(top_k=1),
    "drawn": SamplingSettings(top_k=5),
    "cool": SamplingSettings(top_k=15, temperature=0.7, repetition_penalty=2.0),
    "all": SamplingSettings(top_k=65, repetition_penalty=1.0),
}
"""Ways of sampling that kernels for whole steps must know; no vocabulary there is larger than 97."""


def tiny(backend: Backend, seed: int = 0, config: T2SConfig = CONFIG, spread: float = 0.4) -> T2S:
    generator = np.random.default_rng(seed)
    model = T2S(config)
    drawn = {
        name: mx.array(generator.normal(0.0, spread, value.shape).astype(np.float32))
        for name, value in tree_flatten(model.parameters())
    }
    model.update(tree_unflatten(list(drawn.items())))
    prepare(model, backend)
    return model


def text(length: int, seed: int = 0, *, features: bool = True) -> T2SText:
    generator = np.random.default_rng(seed)
    phones = generator.integers(0, CONFIG.phones, length).astype(np.int32)
    drawn = generator.normal(size=(length, CONFIG.features)).astype(np.float32)
    return T2SText(phones, drawn if features else None)


def tokens(length: int, seed: int = 0) -> np.ndarray:
    drawn = np.random.default_rng(seed).integers(0, CONFIG.eos, length)
    return drawn.astype(np.int32)


def collected(stream: BatchStream) -> list[list[int]]:
    """Decode to the end; the tokens of each row."""
    tokens: list[list[int]] = [[] for _ in stream.ends]
    for row, token in stream:
        tokens[row].append(token)
    return tokens

"""The speaker verification network against the reference implementation."""

from __future__ import annotations

import functools

import golden_cases
import mlx.core as mx
import numpy as np
import pytest
from golden_cases import cases

from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.encoders.eres2net import SpeakerConfig, SpeakerNetwork
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.runtime.device import Backend

GROUP = "sv"


@functools.lru_cache(maxsize=2)
def load(weights: str, backend: Backend) -> SpeakerNetwork:
    tensors = golden_cases.draw_weights(weights)
    model = SpeakerNetwork(SpeakerConfig.from_weights(tensors))
    strict_load(model, SpeakerNetwork.sanitize(tensors), weights)
    prepare(model, backend)
    return model


@pytest.mark.parametrize("backend", Backend, ids=lambda f: f.value)
@pytest.mark.parametrize("name", cases(GROUP))
def test_embedding(name, backend, load_case, assert_close):
    arrays, entry = load_case(name)
    model = load(entry["weights"], backend)
    assert model.config.embedding == arrays["embedding"].shape[1]
    fbank = mx.array(arrays["fbank"])
    if "stem" in arrays:
        image = model.stem(fbank)
        assert_close(_rows(image, arrays["stem"]), arrays["stem"], entry, what="stem")
        image = functools.reduce(lambda x, block: block(x), model.layer1, image)
        assert_close(_rows(image, arrays["layer1"]), arrays["layer1"], entry, what="layer1")
    assert_close(model(fbank), arrays["embedding"], entry, what="embedding")
    assert_close(model.embed(arrays["wav"]), arrays["embedding"], entry, what="from samples")


def _rows(image: mx.array, want: np.ndarray) -> np.ndarray:
    """[B, T, F, C] as the case's [B, C, F', T], which has some of the channels and frequencies."""
    turned = np.array(image).transpose(0, 3, 2, 1)
    channels, rows = turned.shape[1] // want.shape[1], turned.shape[2] // want.shape[2]
    return turned[:, ::channels, ::rows]

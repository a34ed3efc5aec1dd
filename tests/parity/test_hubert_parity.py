"""HuBERT against the reference implementation, part by part and whole."""

from __future__ import annotations

import functools
import json

import golden_cases
import mlx.core as mx
import numpy as np
import pytest
from golden_cases import cases

from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.encoders.hubert import Hubert, HubertConfig
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.runtime import blas
from dora_mlx_tts.runtime.device import Backend


@pytest.fixture(scope="module", autouse=True)
def _fast_products():
    blas.accelerate()


@functools.lru_cache(maxsize=1)
def load(weights: str, config: str, backend: Backend) -> Hubert:
    model = Hubert(HubertConfig.from_dict(json.loads(config)))
    strict_load(model, model.sanitize(golden_cases.draw_weights(weights)), weights)
    prepare(model, backend)
    return model


@pytest.mark.parametrize("backend", Backend)
@pytest.mark.parametrize("name", cases("hubert"))
def test_hubert(name, backend, load_case, assert_close):
    arrays, entry = load_case(name)
    model = load(entry["weights"], json.dumps(entry["config"]), backend)
    frames = model.feature_extractor(mx.array(arrays["wav"])[None])
    projected = model.feature_projection(frames)
    position = model.encoder.pos_conv_embed(projected)
    for part, got in (
        ("conv", frames.swapaxes(1, 2)),
        ("projected", projected),
        ("position", position),
    ):
        if part in arrays:
            assert_close(got, arrays[part], entry, what=part)
    if "conv_head" in arrays:
        rows = arrays["conv_head"].shape[1]
        assert_close(frames.swapaxes(1, 2)[:, :rows], arrays["conv_head"], entry, what="conv_head")
    if "position_head" in arrays:
        columns = arrays["position_head"].shape[2]
        assert_close(position[..., :columns], arrays["position_head"], entry, what="position_head")
    if "layer0" in arrays:
        first = model.encoder.layers[0](model.encoder.layer_norm(projected + position))
        assert_close(first, arrays["layer0"], entry, what="layer0")
    hidden = model(mx.array(arrays["wav"])[None])
    assert_close(hidden, arrays["last_hidden"], entry)
    assert hidden.shape[1] == model.config.frames(len(arrays["wav"]))
    assert np.isfinite(np.array(hidden)).all()

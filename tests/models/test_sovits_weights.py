"""From checkpoint to modules: configuration, weight norm in all its forms, typed errors."""

from __future__ import annotations

from typing import Any

import mlx.core as mx
import numpy as np
import pytest
import sovits_tiny as tiny

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.sovits.config import SoVITSConfig
from dora_mlx_tts.models.sovits.synthesizer import SoVITS
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.packs.stored import Stored, full
from dora_mlx_tts.runtime.device import Backend


def parametrized(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {
        key.replace(".weight_g", ".parametrizations.weight.original0").replace(
            ".weight_v", ".parametrizations.weight.original1"
        ): value
        for key, value in weights.items()
    }


def folded(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    made = {}
    for key, value in weights.items():
        if key.endswith(".weight_v"):
            stem = key.removesuffix("_v")
            norm = np.sqrt((value**2).sum(axis=tuple(range(1, value.ndim)), keepdims=True))
            made[stem] = weights[f"{stem}_g"] * value / norm
        elif not key.endswith(".weight_g"):
            made[key] = value
    return made


@pytest.mark.parametrize("form", [parametrized, folded])
def test_every_form_of_weight_norm_gives_the_same_parameters(form):
    drawn = tiny.weights()
    want, got = SoVITS.sanitize(drawn), SoVITS.sanitize(form(drawn))
    assert want.keys() == got.keys()
    for key, value in want.items():
        np.testing.assert_allclose(got[key], value, atol=1e-6, err_msg=key)


def test_half_precision_is_folded_in_single_precision():
    half = {key: value.astype(np.float16) for key, value in tiny.weights().items()}
    single = {key: value.astype(np.float32) for key, value in half.items()}
    want = SoVITS.sanitize(single)
    for key, value in SoVITS.sanitize(half).items():
        assert value.dtype == np.float32
        np.testing.assert_array_equal(value, want[key], err_msg=key)


def test_training_parts_are_dropped():
    extra = tiny.weights() | {
        "enc_q.pre.weight": np.zeros((2, 2, 1), np.float32),
        "quantizer.vq.layers.0._codebook.inited": np.ones(1, np.float32),
    }
    assert SoVITS.sanitize(extra).keys() == SoVITS.sanitize(tiny.weights()).keys()


@pytest.mark.parametrize("lost", ["weight_g", "weight_v"])
def test_half_of_a_weight_norm_pair(lost):
    drawn = tiny.weights()
    del drawn[f"dec.ups.0.{lost}"]
    with pytest.raises(WeightsError, match=r"dec\.ups\.0\.weight_"):
        SoVITS.sanitize(drawn)


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ("dec.resblocks.1.convs2.0.bias", (3,)),
        ("flow.flows.4.enc.in_layers.2.weight_v", (16, 8, 3)),
        ("enc_p.encoder2.attn_layers.0.emb_rel_k", (1, 7, 4)),
        ("ref_enc.temporal.1.conv1.conv.weight", (8, 4, 1)),
    ],
)
def test_a_tensor_of_another_shape_is_named(key, shape):
    drawn = tiny.weights()
    drawn[key] = np.ones(shape, np.float32)
    model = SoVITS(SoVITSConfig.from_checkpoint(tiny.CONFIG, drawn))
    with pytest.raises(WeightsError, match=key.removesuffix("_v").replace(".", r"\.")):
        strict_load(model, SoVITS.sanitize(drawn), "tiny checkpoint")


def test_missing_and_unknown_tensors_are_named():
    drawn = tiny.weights()
    drawn["dec.extra.weight"] = drawn.pop("dec.conv_post.weight")
    model = SoVITS(SoVITSConfig.from_checkpoint(tiny.CONFIG, drawn))
    with pytest.raises(WeightsError, match=r"missing: dec\.conv_post.*unexpected: dec\.extra"):
        strict_load(model, SoVITS.sanitize(drawn), "tiny checkpoint")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_layers": 3}, "n_layers must be even"),
        ({"n_heads": 3}, "2 \\* n_heads"),
        ({"n_heads": True}, "'model.n_heads' must be an integer above 0, got True"),
        ({"kernel_size": 0}, "'model.kernel_size' must be an integer above 0, got 0"),
        ({"hidden_channels": 16}, "the phone embedding has 8 channels"),
        ({"filter_channels": 24}, r"must be \(24, 8, 3\) by its configuration, got \[20, 8, 3\]"),
        ({"gin_channels": 12}, r"gin_channels is the width of enc_p\.mrte"),
        ({"resblock": "2"}, "must be '1', got"),
        ({"resblock_kernel_sizes": [3, 4]}, "must be odd"),
        ({"resblock_kernel_sizes": [3, 5, 7]}, "as many resblock_dilation_sizes"),
        ({"resblock_dilation_sizes": [[1, 3], []]}, "a list that is not empty"),
        ({"upsample_rates": [4, 4]}, "at least its rate"),
        ({"upsample_rates": [8]}, "as many upsample_kernel_sizes"),
        ({"upsample_kernel_sizes": [7, 2]}, "same parity"),
        ({"upsample_initial_channel": 18}, "halve"),
        ({"upsample_initial_channel": 32}, r"dec\.conv_pre\.weight"),
    ],
)
def test_a_configuration_that_does_not_fit(changes: dict[str, Any], message: str):
    with pytest.raises(WeightsError, match=message):
        SoVITSConfig.from_checkpoint(tiny.config(**changes), tiny.weights())


def test_a_configuration_with_holes():
    holed = tiny.config()
    del holed["model"]["n_heads"]
    with pytest.raises(WeightsError, match=r"'model\.n_heads' is missing"):
        SoVITSConfig.from_checkpoint(holed, tiny.weights())
    with pytest.raises(WeightsError, match="section 'model'"):
        SoVITSConfig.from_checkpoint({"model": None}, tiny.weights())
    drawn = tiny.weights()
    del drawn["enc_p.text_embedding.weight"]
    with pytest.raises(WeightsError, match=r"'enc_p\.text_embedding\.weight' is missing"):
        SoVITSConfig.from_checkpoint(tiny.CONFIG, drawn)


def test_a_packs_flat_configuration_reads_the_same():
    flat = {**tiny.CONFIG["model"], **tiny.CONFIG["data"]}
    drawn = tiny.weights()
    assert SoVITSConfig.from_checkpoint(flat, drawn) == SoVITSConfig.from_checkpoint(
        tiny.CONFIG, drawn
    )


def test_families():
    assert SoVITSConfig.from_checkpoint(tiny.CONFIG, tiny.weights()).family == "v2"
    pro = SoVITSConfig.from_checkpoint(tiny.config(gin_channels=6), tiny.weights(pro=True))
    assert (pro.family, pro.speaker_channels) == ("v2Pro", tiny.SPEAKER)
    first = tiny.weights(rows=1025)
    key = "enc_p.text_embedding.weight"
    first[key] = first[key][:322]
    v1 = SoVITSConfig.from_checkpoint(tiny.CONFIG, first)
    assert (v1.family, v1.symbols, v1.spectrum_rows) == ("v1", 322, 1025)
    model = SoVITS(v1)
    strict_load(model, SoVITS.sanitize(first), "v1")
    prepare(model, Backend.CPU)
    assert model.style([tiny.spectrogram(4, rows=1025)]).shape == (1, 1, tiny.STYLE)
    assert mx.isfinite(model.style([tiny.spectrogram(4, rows=1025)])).all()


def test_stored_pairs_of_older_packs_are_folded():
    drawn = tiny.weights()
    plain = SoVITS.sanitize(drawn)
    stored = SoVITS.sanitize({key: Stored(values) for key, values in drawn.items()})
    assert plain.keys() == stored.keys()
    for key, values in plain.items():
        np.testing.assert_array_equal(full(stored[key]), values, err_msg=key)

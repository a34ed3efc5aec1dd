"""HuBERT with tiny random weights: backends, loading, configuration."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import pytest
from mlx.utils import tree_flatten

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.encoders.hubert import Hubert, HubertConfig
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.runtime.device import Backend

CONFIG = {
    "model_type": "hubert",
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "conv_dim": [8] * 7,
    "num_conv_pos_embeddings": 6,
    "num_conv_pos_embedding_groups": 4,
    "vocab_size": 32,
}
POSITION = "encoder.pos_conv_embed.conv"


def random_checkpoint(config: HubertConfig) -> dict[str, np.ndarray]:
    """Weights under checkpoint keys, PyTorch layouts, with the weight norm not yet folded."""
    random = np.random.default_rng(5)
    checkpoint = {"masked_spec_embed": np.zeros(config.hidden_size, np.float32)}
    for key, value in tree_flatten(Hubert(config).parameters()):
        shape = value.shape
        if len(shape) == 3:
            shape = (shape[0], shape[2], shape[1])
        values = random.normal(0.0, 1.0 if len(shape) == 1 else np.prod(shape[1:]) ** -0.5, shape)
        checkpoint[key] = values.astype(np.float32)
    direction = checkpoint.pop(f"{POSITION}.weight")
    checkpoint[f"{POSITION}.weight_v"] = direction
    gain = random.uniform(0.5, 1.5, (1, 1, direction.shape[2]))
    checkpoint[f"{POSITION}.weight_g"] = gain.astype(np.float32)
    return checkpoint


def loaded(checkpoint: dict[str, np.ndarray], backend: Backend) -> Hubert:
    model = Hubert(HubertConfig.from_dict(CONFIG))
    strict_load(model, model.sanitize(checkpoint), "test")
    prepare(model, backend)
    return model


@pytest.fixture
def checkpoint() -> dict[str, np.ndarray]:
    return random_checkpoint(HubertConfig.from_dict(CONFIG))


@pytest.fixture
def samples() -> mx.array:
    return mx.random.normal((1, 4001), key=mx.random.key(3)) * 0.1


def test_backends_agree(checkpoint, samples):
    native, *others = (np.array(loaded(checkpoint, f)(samples)) for f in Backend)
    assert native.shape == (1, HubertConfig.from_dict(CONFIG).frames(4001), 24)
    np.testing.assert_allclose(others, [native] * len(others), atol=3e-5)


@pytest.mark.parametrize("length", [4001, 900, 720, 400])
def test_halves_make_the_whole(checkpoint, length, monkeypatch):
    samples = mx.random.normal((2, length), key=mx.random.key(4)) * 0.1
    results = []
    for cores in (1, 2):
        monkeypatch.setattr(
            "dora_mlx_tts.models.core.two_threads.usable_cores", lambda cores=cores: cores
        )
        results.append(np.array(loaded(checkpoint, Backend.CPU)(samples)))
    assert results[0].shape[1] == HubertConfig.from_dict(CONFIG).frames(length)
    np.testing.assert_allclose(results[1], results[0], atol=1e-5)


def test_spellings_of_weight_norm_are_equal(checkpoint, samples):
    want = np.array(loaded(checkpoint, Backend.NATIVE)(samples))
    new = dict(checkpoint)
    g, v = new.pop(f"{POSITION}.weight_g"), new.pop(f"{POSITION}.weight_v")
    folded = {**new, f"{POSITION}.weight": g * v / np.sqrt(np.square(v).sum((0, 1), keepdims=True))}
    new[f"{POSITION}.parametrizations.weight.original0"] = g
    new[f"{POSITION}.parametrizations.weight.original1"] = v
    prefixed = {f"hubert.{key}": value for key, value in new.items()}
    for other in (new, folded, prefixed):
        got = np.array(loaded(other, Backend.NATIVE)(samples))
        np.testing.assert_allclose(got, want, atol=1e-5)


def test_level_of_the_recording_matters(checkpoint, samples):
    """Only the first layer normalizes, and its epsilon is felt: the input must not be scaled."""
    model = loaded(checkpoint, Backend.NATIVE)
    difference = np.abs(np.array(model(samples)) - np.array(model(samples * 0.01))).max()
    assert difference > 1e-4


@pytest.mark.parametrize(
    ("samples", "frames"), [(399, 0), (400, 1), (719, 1), (720, 2), (16000, 49)]
)
def test_frames(samples, frames):
    assert HubertConfig().frames(samples) == frames


def test_half_of_a_weight_norm_pair_is_refused(checkpoint):
    del checkpoint[f"{POSITION}.weight_g"]
    with pytest.raises(WeightsError, match="weight_v' comes without"):
        Hubert.sanitize(checkpoint)


def test_shapes_are_checked_against_the_configuration(checkpoint):
    model = Hubert(HubertConfig.from_dict({**CONFIG, "intermediate_size": 48}))
    with pytest.raises(WeightsError, match=r"intermediate_dense\.weight expected \(48, 24\)"):
        strict_load(model, model.sanitize(checkpoint), "test")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"do_stable_layer_norm": True}, "do_stable_layer_norm must be False, got True"),
        ({"feat_extract_norm": "layer"}, "feat_extract_norm must be 'group', got 'layer'"),
        ({"model_type": "wav2vec2"}, "model_type must be 'hubert', got 'wav2vec2'"),
        ({"hidden_size": "24"}, "hidden_size must be an integer above 0, got '24'"),
        ({"hidden_size": 0}, "hidden_size must be an integer above 0, got 0"),
        ({"num_attention_heads": True}, "num_attention_heads must be an integer above 0, got True"),
        ({"num_attention_heads": 5}, "a multiple of 5, got 24"),
        ({"num_conv_pos_embedding_groups": 7}, "a multiple of 7, got 24"),
        ({"conv_dim": [8, 8]}, "differ in length: 2, 7, 7"),
        ({"conv_kernel": 3}, "conv_kernel must be a list of integers above 0, got 3"),
        ({"conv_bias": "no"}, "conv_bias must be true or false, got 'no'"),
        ({"layer_norm_eps": -1}, "layer_norm_eps must be a number above 0, got -1"),
    ],
)
def test_configurations_that_do_not_fit_are_refused(change, message):
    with pytest.raises(WeightsError, match=message):
        HubertConfig.from_dict({**CONFIG, **change})


def test_missing_keys_keep_the_defaults():
    assert HubertConfig.from_dict({}) == HubertConfig()

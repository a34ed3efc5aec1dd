"""BERT with tiny random weights: backends, loading, configuration."""

from __future__ import annotations

from concurrent.futures import Future

import mlx.core as mx
import numpy as np
import pytest
from mlx.utils import tree_flatten

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.models.core.layers import prepare
from dora_mlx_tts.models.encoders.bert import Bert, BertConfig
from dora_mlx_tts.packs.load import strict_load
from dora_mlx_tts.packs.stored import Stored
from dora_mlx_tts.runtime.device import Backend

CONFIG = {
    "model_type": "bert",
    "vocab_size": 50,
    "hidden_size": 24,
    "num_hidden_layers": 4,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "max_position_embeddings": 16,
}
IDS = mx.array([[1, 7, 3, 49, 2]])


@pytest.fixture
def checkpoint() -> dict[str, np.ndarray]:
    """Two layers that are used, two that are not, and the heads."""
    random = np.random.default_rng(5)
    used = Bert(BertConfig.from_dict(CONFIG))
    shapes = {f"bert.{key}": value.shape for key, value in tree_flatten(used.parameters())}
    for key, shape in list(shapes.items()):
        for old, new in (("0", "2"), ("1", "3")):
            shapes[key.replace(f"layer.{old}.", f"layer.{new}.")] = shape
    shapes |= {"cls.predictions.bias": (50,), "bert.pooler.dense.weight": (24, 24)}
    weights = {key: random.normal(0, shape[-1] ** -0.5, shape) for key, shape in shapes.items()}
    return {key: value.astype(np.float32) for key, value in weights.items()}


def loaded(checkpoint: dict[str, np.ndarray], backend: Backend) -> Bert:
    model = Bert(BertConfig.from_dict(CONFIG))
    strict_load(model, model.sanitize(checkpoint), "test")
    prepare(model, backend)
    return model


def test_backends_agree(checkpoint):
    native, *others = (np.array(loaded(checkpoint, f).features(IDS)) for f in Backend)
    assert native.shape == (1, 5, 24)
    np.testing.assert_allclose(others, [native] * len(others), atol=1e-5)


def test_the_last_two_layers_are_not_built(checkpoint):
    model = loaded(checkpoint, Backend.NATIVE)
    assert len(model.encoder.layer) == 2
    changed = {
        k: v * (5 if "layer.2." in k or "layer.3." in k else 1) for k, v in checkpoint.items()
    }
    other = loaded(changed, Backend.NATIVE)
    np.testing.assert_array_equal(np.array(model.features(IDS)), np.array(other.features(IDS)))


def test_old_names_of_layer_norms(checkpoint):
    def spelled(key: str) -> str:
        return key.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        )

    old = {spelled(key): value for key, value in checkpoint.items()}
    assert any(key.endswith("LayerNorm.gamma") for key in old)
    want = np.array(loaded(checkpoint, Backend.NATIVE).features(IDS))
    np.testing.assert_array_equal(np.array(loaded(old, Backend.NATIVE).features(IDS)), want)


def test_rows_depend_on_position_and_context(checkpoint):
    model = loaded(checkpoint, Backend.NATIVE)
    twice = np.array(model.features(mx.array([[1, 7, 7, 2]])))[0]
    other = np.array(model.features(mx.array([[1, 7, 7, 3]])))[0]
    assert np.abs(twice[1] - twice[2]).max() > 1e-3
    assert np.abs(twice[1] - other[1]).max() > 1e-4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_hidden_layers": 2}, "must be above 2"),
        ({"num_attention_heads": 7}, "a multiple of 7, got 24"),
        ({"hidden_act": "relu"}, "hidden_act must be 'gelu', got 'relu'"),
        ({"model_type": "roberta"}, "model_type must be 'bert', got 'roberta'"),
        ({"vocab_size": 1.5}, "vocab_size must be an integer above 0, got 1.5"),
    ],
)
def test_configurations_that_do_not_fit_are_refused(change, message):
    with pytest.raises(WeightsError, match=message):
        BertConfig.from_dict({**CONFIG, **change})


def test_a_missing_layer_is_named(checkpoint):
    del checkpoint["bert.encoder.layer.1.output.dense.bias"]
    with pytest.raises(WeightsError, match=r"missing: encoder\.layer\.1\.output\.dense\.bias"):
        loaded(checkpoint, Backend.NATIVE)


@pytest.mark.parametrize("keep", [(), ("*",)], ids=["widened", "kept in the file"])
def test_through_openvino_numbers_of_8_bits_stay(checkpoint, keep):
    pytest.importorskip("openvino")
    stored = {}
    for key, weight in checkpoint.items():
        if weight.ndim == 2 and "embeddings" not in key:
            scale = np.abs(weight).max(axis=1, keepdims=True) / 127
            stored[key] = Stored(np.rint(weight / scale).astype(np.int8), scale)
        else:
            stored[key] = weight
    models = [Bert(BertConfig.from_dict(CONFIG)) for _ in range(2)]
    for model in models:
        strict_load(model, model.sanitize(stored), "test", keep=keep)
        prepare(model, Backend.CPU)
    models[1].compile_in_eight_bits(round_rows=False)
    ids = mx.concatenate([IDS, IDS[:, ::-1]])
    wanted, found = (np.array(model.features(ids)) for model in models)
    assert not np.array_equal(found, wanted)
    np.testing.assert_allclose(found, wanted, atol=1e-5, strict=True)
    models[1]._eight_bit = None
    models[1].compile_in_eight_bits(round_rows=True)
    found = np.array(models[1].features(ids))
    assert 0 < np.abs(found - wanted).max() < 0.1


def test_float32_where_openvino_cannot_compile_bert(checkpoint, caplog):
    pytest.importorskip("openvino")
    model = loaded(checkpoint, Backend.CPU)
    wanted = np.array(model.features(IDS))
    model.compile_in_eight_bits(round_rows=False)
    broken: Future[object] = Future()
    broken.set_exception(RuntimeError("no such operation"))
    model._eight_bit._compiled = broken
    np.testing.assert_array_equal(np.array(model.features(IDS)), wanted)
    assert caplog.messages == [
        "BERT computes in float32: OpenVINO cannot compile BERT: no such operation"
    ]

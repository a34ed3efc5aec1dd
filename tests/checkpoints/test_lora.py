"""Merging LoRA files into their base model."""

from __future__ import annotations

import numpy as np
import pytest

from dora_mlx_tts.checkpoints.read.lora import merge_lora, read_lora
from dora_mlx_tts.errors import WeightsError

KEY = "cfm.estimator.blocks.0.attn.to_out.0.weight"
A = "cfm.base_model.model.estimator.blocks.0.attn.to_out.0.lora_A.default.weight"
B = A.replace("lora_A", "lora_B")
RANDOM = np.random.default_rng(2)


def normal(*shape: int, dtype: str = "float32") -> np.ndarray:
    return RANDOM.normal(size=shape).astype(dtype)


@pytest.fixture
def base() -> dict[str, np.ndarray]:
    return {
        KEY: normal(6, 8),
        KEY.replace("weight", "bias"): normal(6),
        "wns1.pre.weight": normal(4, 4, 1),
        "enc_p.proj.weight": normal(2, 2, 1),
    }


@pytest.fixture
def lora() -> dict[str, np.ndarray]:
    return {A: normal(3, 8, dtype="float16"), B: normal(6, 3, dtype="float16")}


def test_pairs_are_added(base, lora):
    before = {key: values.copy() for key, values in base.items()}
    merged = merge_lora(base, lora)
    want = base[KEY] + lora[B].astype(np.float32) @ lora[A].astype(np.float32)
    np.testing.assert_allclose(merged[KEY], want, rtol=1e-6)
    assert merged["enc_p.proj.weight"] is base["enc_p.proj.weight"]
    for key, values in before.items():
        np.testing.assert_array_equal(base[key], values)


def test_other_tensors_replace_the_base(base, lora):
    lora["wns1.pre.weight"] = normal(4, 4, 1, dtype="float16")
    lora[A.replace("lora_A.default.weight", "base_layer.weight")] = normal(6, 8)
    lora[A.replace("lora_A.default.weight", "base_layer.bias")] = normal(6)
    lora["other.weight"] = normal(3)
    merged = merge_lora(base, lora)
    np.testing.assert_array_equal(merged["wns1.pre.weight"], lora["wns1.pre.weight"])
    assert merged["wns1.pre.weight"].dtype == np.float32
    own = lora[A.replace("lora_A.default.weight", "base_layer.weight")]
    np.testing.assert_allclose(
        merged[KEY], own + lora[B].astype("f4") @ lora[A].astype("f4"), rtol=1e-6
    )
    assert merged.keys() == base.keys()
    assert read_lora(lora).check(base) == ("other.weight",)


def test_types_of_the_base_stay(base, lora):
    base[KEY] = base[KEY].astype(np.float16)
    assert merge_lora(base, lora)[KEY].dtype == np.float16


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({A: None}, "without its lora_A"),
        ({B: None}, "without its lora_B"),
        ({A: None, B: None}, "no LoRA weights"),
        ({A: normal(4, 8)}, "do not multiply"),
        ({A: normal(3)}, "do not multiply"),
        ({A: normal(3, 9)}, r"shape \(6, 9\), the base model's is \(6, 8\)"),
        ({"wns1.pre.weight": normal(4, 5, 1)}, r"'wns1.pre.weight' has shape \(4, 5, 1\)"),
        (
            {"cfm.base_model.model.x.weight": normal(1), "cfm.x.weight": normal(1)},
            "two tensors are both",
        ),
    ],
)
def test_what_does_not_fit_is_refused(base, lora, change, message):
    changed = {k: v for k, v in (lora | change).items() if v is not None}
    with pytest.raises(WeightsError, match=message):
        merge_lora(base, changed, "voice.pth")


def test_the_base_of_another_version_is_refused(base, lora):
    del base[KEY]
    with pytest.raises(WeightsError, match=r"voice\.pth: changes .* does not have"):
        merge_lora(base, lora, "voice.pth")

"""No golden group may be forgotten; the recipe and the comparison are what they should be."""

from __future__ import annotations

import json

import golden_cases
import numpy as np
import pytest
import weights_recipe
from golden_cases import COVERED, VECTORS, manifest


def test_every_group_has_tests_and_a_case_in_the_tree():
    assert {entry["group"] for entry in manifest()["cases"].values()} == COVERED
    in_the_tree = set()
    for file in VECTORS.glob("*/manifest.json"):
        in_the_tree |= {e["group"] for e in json.loads(file.read_text("utf-8"))["cases"].values()}
    assert in_the_tree == COVERED


def test_what_is_in_the_tree_stays_small():
    sizes = [path.stat().st_size for path in VECTORS.rglob("*") if path.is_file()]
    assert 0 < sum(sizes) <= 4_000_000


def test_a_named_folder_replaces_what_another_salt_drew(tmp_path, monkeypatch):
    """Held-out sets have the names of the selection and other weights."""
    monkeypatch.setenv("DORA_MLX_TTS_GOLDENS", str(tmp_path))
    entry = {"file": "cases/bert_small.npz", "group": "bert", "weights": "bert_small"}
    weights = {"bert_small": {"a": [1]}, "hubert_small": {"b": [2]}}
    content = {"salt": "another", "weights": weights, "cases": {"bert_small": entry}}
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    found = manifest.__wrapped__()
    assert found["cases"]["bert_small"]["folder"] == tmp_path
    assert found["weights"]["bert_small"] == {"shapes": {"a": [1]}, "salt": "another"}
    assert "hubert_small" not in found["cases"]  # its outputs belong to the other salt
    assert found["cases"]["t2s_small_steps"]["folder"].parent == VECTORS


# Values any implementation of the recipe must draw; float32, compared exactly.
@pytest.mark.parametrize(
    ("name", "shape", "first"),
    [
        ("model.h.layers.0.self_attn.in_proj_weight", (6, 2), 0.4181227684020996),
        ("dec.ups.1.weight_g", (4, 1, 1), 1.4484342336654663),
        ("prelu.weight", (3,), 0.36709022521972656),
        ("enc_p.mrte.c_pre.bias", (2,), 0.02500210329890251),
        ("bert.embeddings.word_embeddings.weight", (3, 4), -1.2545462846755981),
        ("model.ar_text_position.alpha", (1,), 1.2021467685699463),
        ("model.ar_predict_layer.weight", (2, 3), 1.76802396774292),
        ("quantizer.vq.layers.0._codebook.inited", (1,), 1.0),
    ],
)
def test_recipe_draws_the_agreed_values(name, shape, first):
    drawn = weights_recipe.draw(name, shape, "public-1")
    assert drawn.shape == shape
    assert drawn.dtype == np.float32
    assert drawn.ravel()[0] == np.float32(first)


def test_assert_close_refuses_what_is_outside():
    entry = {"atol": 0.1, "rtol": 0.0}
    golden_cases.assert_close(np.ones(3), np.full(3, 1.05), entry)
    with pytest.raises(pytest.fail.Exception, match="1 of 3 values"):
        golden_cases.assert_close(np.array([1.0, 1.0, 1.5]), np.ones(3), entry)
    with pytest.raises(AssertionError, match="shape"):
        golden_cases.assert_close(np.ones(3), np.ones((1, 3)), entry)
    with pytest.raises(AssertionError, match="not finite"):
        golden_cases.assert_close(np.array([np.nan]), np.ones(1), entry)

"""No golden group may be forgotten; the recipe and the comparison are what they should be."""

from __future__ import annotations

import golden_cases
import numpy as np
import pytest
import weights_recipe
from golden_cases import COVERED, manifest


def test_every_group_is_covered(goldens_folder):
    assert {entry["group"] for entry in manifest()["cases"].values()} <= COVERED


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

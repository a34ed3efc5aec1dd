"""Weight names and weight normalisation."""

from __future__ import annotations

import numpy as np
import pytest

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.arrays import fold_weight_norm, rename_norm, without_prefix


def pair(rng, shape, kept):
    g_shape = tuple(n if i in kept else 1 for i, n in enumerate(shape))
    return rng.normal(size=g_shape).astype("f4"), rng.normal(size=shape).astype("f4")


@pytest.mark.parametrize(
    ("shape", "kept", "norm_axes"),
    [
        ((6, 4, 3), {0}, (1, 2)),
        ((6, 4, 3), {2}, (0, 1)),
        ((1, 4, 3), {0}, (1, 2)),
        ((5, 4), {0}, (1,)),
    ],
)
@pytest.mark.parametrize(
    "names",
    [("weight_g", "weight_v"), tuple(f"parametrizations.weight.original{i}" for i in (0, 1))],
)
def test_both_kinds_of_weight_norm(shape, kept, norm_axes, names):
    g, v = pair(np.random.default_rng(0), shape, kept)
    folded = fold_weight_norm({f"a.b.{names[0]}": g, f"a.b.{names[1]}": v, "a.b.bias": g})
    assert set(folded) == {"a.b.weight", "a.b.bias"}
    want = g * v / np.sqrt((v.astype("f8") ** 2).sum(axis=norm_axes, keepdims=True))
    np.testing.assert_allclose(folded["a.b.weight"], want, rtol=1e-6)


def test_half_precision_is_kept_and_zero_directions_stay_zero():
    g, v = np.ones((2, 1), "f2"), np.array([[3, 4], [0, 0]], "f2")
    folded = fold_weight_norm({"a.weight_g": g, "a.weight_v": v})
    assert folded["a.weight"].dtype == np.float16
    np.testing.assert_allclose(folded["a.weight"], [[0.6, 0.8], [0, 0]], rtol=1e-3)


def test_half_a_pair_and_pairs_that_do_not_fit():
    with pytest.raises(WeightsError, match=r"f\.pth: 'a\.weight_v' comes without 'a\.weight_g'"):
        fold_weight_norm({"a.weight_v": np.ones((2, 2))}, "f.pth")
    with pytest.raises(WeightsError, match="comes without"):
        fold_weight_norm({"a.weight_g": np.ones((2, 1))})
    with pytest.raises(WeightsError, match="does not fit"):
        fold_weight_norm({"a.weight_g": np.ones((3, 1)), "a.weight_v": np.ones((2, 2))})


def test_old_names_of_layer_norms():
    old = {"x.LayerNorm.gamma": 1, "x.LayerNorm.beta": 2, "norm.gamma": 3, "x.beta": 4}
    assert {rename_norm(key): value for key, value in old.items()} == {
        "x.LayerNorm.weight": 1,
        "x.LayerNorm.bias": 2,
        "norm.gamma": 3,
        "x.beta": 4,
    }


def test_prefixes():
    assert without_prefix({"hubert.a": 1, "hubert.b": 2, "lm_head": 3}, "hubert.") == {
        "a": 1,
        "b": 2,
    }
    assert without_prefix({"a": 1}, "hubert.") == {"a": 1}

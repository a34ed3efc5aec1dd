"""Storage in 8 and 6 bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.quantize import (
    is_quantizable,
    join_scales,
    measure,
    quantize,
    quantize_best,
)
from dora_mlx_tts.packs.six_bits import layout_of, pack, unpack


@given(
    arrays(
        np.float32, array_shapes(min_dims=2, max_dims=3), elements=st.floats(-1e4, 1e4, width=32)
    ),
    st.integers(0, 1),
)
def test_no_weight_is_further_off_than_half_a_step(weights, axis):
    stored = quantize(weights, axis)
    assert stored.values.dtype == np.int8
    assert stored.scale.shape == tuple(n if i == axis else 1 for i, n in enumerate(weights.shape))
    off = np.abs(stored.full().astype(np.float64) - weights)
    assert (off <= 0.501 * stored.scale + 1e-30).all()


def test_the_largest_weight_of_a_channel_is_exact():
    weights = np.array([[1.0, -0.2, 0.1], [0.0, 0.0, 0.0], [-50.0, 3.0, 25.0]], np.float32)
    stored = quantize(weights)
    back = stored.full()
    np.testing.assert_allclose(back[[0, 2], 0], [1.0, -50.0], rtol=1e-6)
    np.testing.assert_array_equal(back[1], 0)
    assert stored.values.min() >= -127


def test_error_figures():
    figures = measure(np.array([3.0, 4.0]), np.array([3.0, 4.5]))
    assert figures.max_abs == 0.5
    assert figures.relative_rms == pytest.approx(0.1)
    both = figures + measure(np.array([5.0]), np.array([5.0]))
    assert both.max_abs == 0.5
    assert both.relative_rms == pytest.approx(0.5 / np.sqrt(50))
    assert measure(np.zeros(2), np.zeros(2)).relative_rms == 0


def test_channels_are_found_in_either_dimension():
    rng = np.random.default_rng(0)
    by_row = rng.normal(size=(64, 64)) * np.logspace(-3, 3, 64)[:, None]
    for weights, shape in ((by_row, (64, 1)), (by_row.T, (1, 64))):
        stored, error = quantize_best(weights.astype(np.float32))
        assert stored.scale.shape == shape
        assert error.relative_rms < 0.01


def test_weights_that_are_not_finite():
    for bad in (np.nan, np.inf):
        with pytest.raises(WeightsError, match="not finite"):
            quantize(np.array([[1.0, bad]], np.float32))


def test_what_is_small_or_flat_is_kept():
    assert is_quantizable((64, 64))
    assert not is_quantizable((63, 65))
    assert not is_quantizable((5000,))


def test_joining_scales():
    weights = np.random.default_rng(0).normal(size=(4, 6)).astype("f4")
    stored = quantize(weights)
    file = {"a": stored.values, "a:scale": stored.scale, "b": np.ones(3, "f2"), "n": np.arange(2)}
    full = join_scales(file, "file")
    assert set(full) == {"a", "b", "n"}
    np.testing.assert_array_equal(full["a"].full(), stored.full())
    assert full["a"].dtype == np.float32
    assert full["a"].full(np.dtype("f2")).dtype == full["b"].dtype == np.float16
    assert full["n"].full().dtype == np.int64


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (np.ones((4, 6), np.int8), np.ones((4, 1), np.float16)),
        (np.ones((4, 6), np.float16), np.ones((4, 1), np.float32)),
        (np.ones((4, 6), np.int8), np.ones((5, 1), np.float32)),
        (np.ones((4, 6), np.int8), np.ones(6, np.float32)),
    ],
)
def test_scales_that_do_not_fit(values, scale):
    with pytest.raises(WeightsError, match="does not fit tensor 'a'"):
        join_scales({"a": values, "a:scale": scale}, "file")


def test_a_scale_without_its_tensor():
    with pytest.raises(WeightsError, match="has no tensor"):
        join_scales({"a:scale": np.ones(1, np.float32)}, "file")


@pytest.mark.parametrize("order", [None, (1, 0, 2), (2, 1, 0)])
@pytest.mark.parametrize("shape", [(5, 3, 7), (4, 4, 4), (1, 1, 1), (3, 1, 2)])
def test_6_bits_come_back(shape, order):
    values = np.random.default_rng(1).integers(-31, 32, shape).astype(np.int8)
    packed = pack(values.transpose(order) if order else values)
    assert packed.nbytes == -(-values.size // 4) * 3
    back = unpack(packed, layout_of(shape, order), "file")
    np.testing.assert_array_equal(back, values)
    assert back.dtype == np.int8
    assert (back.transpose(order) if order else back).flags.c_contiguous


def six(**changes):
    values = np.ones((4, 6), np.int8)
    file = {
        "a:six": pack(values),
        "a:layout": layout_of((4, 6), None),
        "a:scale": np.full((4, 1), 2, "f4"),
        **changes,
    }
    return {key: value for key, value in file.items() if value is not None}


def test_tensors_of_6_bits_are_joined():
    joined = join_scales(six(), "file")
    assert list(joined) == ["a"]
    np.testing.assert_array_equal(joined["a"].full(), np.full((4, 6), 2, "f4"))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"a:layout": None}, "lacks its layout"),
        ({"a:scale": None}, "lacks its layout or scale"),
        ({"a": np.ones((4, 6), "f4")}, "is duplicated"),
        ({"a:six": None}, "has no tensor"),
        ({"a:six": np.zeros(17, np.uint8)}, "do not hold"),
        ({"a:six": np.zeros(18, np.int8)}, "do not hold"),
        ({"a:layout": np.zeros((2, 2), np.int64)}, "type int64"),
        ({"a:layout": np.zeros((3, 2), np.int32)}, "shape"),
        ({"a:layout": np.array([[4, 6], [0, 0]], np.int32)}, "no layout"),
        ({"a:layout": np.array([[4, -6], [0, 1]], np.int32)}, "no layout"),
        ({"a:layout": np.array([[2**31 - 1] * 3, [0, 1, 2]], np.int32)}, "do not hold"),
        ({"a:scale": np.ones((5, 1), "f4")}, "does not fit"),
    ],
)
def test_damaged_tensors_of_6_bits(changes, match):
    with pytest.raises(WeightsError, match=match):
        join_scales(six(**changes), "file")


def test_6_bits_lose_four_times_as_much():
    weights = np.random.default_rng(2).normal(size=(64, 256)).astype("f4")
    errors = [quantize_best(weights, levels)[1].relative_rms for levels in (127, 31)]
    assert 3.5 < errors[1] / errors[0] < 4.5

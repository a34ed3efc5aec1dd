"""Stored tensors: views, widening, memory order, and networks that leave weights in their file."""

from __future__ import annotations

import itertools
import os

import mlx.core as mx
import numpy as np
import pytest

from dora_mlx_tts.checkpoints.memory_order import memory_order
from dora_mlx_tts.models.core.layers import Conv1d, Linear, prepare
from dora_mlx_tts.models.core.numpy_ops import Widener
from dora_mlx_tts.models.t2s.layers import row_layout
from dora_mlx_tts.packs.load import strict_load, to_mlx
from dora_mlx_tts.packs.quantize import quantize
from dora_mlx_tts.packs.stored import Stored
from dora_mlx_tts.packs.tensor_file import TensorSpec, map_tensor_file, write_tensor_file
from dora_mlx_tts.runtime import device
from dora_mlx_tts.runtime.device import Backend

RANDOM = np.random.default_rng(7)


@pytest.fixture(autouse=True)
def cpu():
    device.select("cpu")


def test_every_half_is_widened_exactly():
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    out = np.empty(halves.shape, np.float32)
    Stored(halves).widen(out)
    np.testing.assert_array_equal(out.view(np.int32), halves.astype(np.float32).view(np.int32))


@pytest.mark.parametrize("kind", ["f4", "f2", "i1"])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_all_forms_are_the_same_numbers_in_every_memory_order(kind, order):
    given = RANDOM.normal(size=(4, 5, 6)).astype("f4")
    stored = quantize(given, 1) if kind == "i1" else Stored(given.astype(kind))
    expected = stored.full().astype("f4")
    back = np.argsort(order)
    turned = Stored(np.ascontiguousarray(stored.values.transpose(order)), stored.scale)
    if stored.scale is not None:
        turned = Stored(turned.values, stored.scale.transpose(order))
    turned = turned.transpose(*back)
    assert turned.shape == (4, 5, 6)
    np.testing.assert_array_equal(turned.full(), expected.astype(turned.dtype))
    np.testing.assert_array_equal(np.array(to_mlx(turned)), expected)
    out = np.empty((4, 5, 6), "f4")
    turned.widen(out)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(turned.swapaxes(0, 2).full(), expected.swapaxes(0, 2))
    np.testing.assert_array_equal(turned.rows(np.array([3, 0])), expected[[3, 0]])
    assert to_mlx(turned, mx.float16).dtype == mx.float16


def test_a_file_keeps_shapes_whatever_the_order(tmp_path):
    values = {"a": RANDOM.normal(size=(3, 4, 5)).astype("f2"), "b": np.arange(6).reshape(2, 3)}
    orders = {"a": (2, 0, 1), "b": None}
    specs = {
        key: TensorSpec(value.dtype, value.shape, lambda value=value: value, orders[key])
        for key, value in values.items()
    }
    write_tensor_file(tmp_path / "file", specs)
    mapped = map_tensor_file(tmp_path / "file")
    for key, value in values.items():
        np.testing.assert_array_equal(mapped[key], value)
        assert not mapped[key].flags.writeable
    assert mapped["a"].transpose(2, 0, 1).flags.c_contiguous


def mapped(path, part, weights):
    """Weights as conversion stores them in half precision."""
    specs = {}
    for key, value in weights.items():
        half = value.astype(np.float16)
        order = memory_order(part, key, half.shape)
        specs[key] = TensorSpec(half.dtype, half.shape, lambda half=half: half, order)
    write_tensor_file(path, specs)
    return {key: Stored(value) for key, value in map_tensor_file(path).items()}


def test_what_steps_of_t2s_multiply_by_needs_no_turning(tmp_path):
    weights = {
        f"model.h.layers.0.{name}": RANDOM.normal(size=shape).astype("f4")
        for name, shape in (
            ("self_attn.in_proj_weight", (24, 8)),
            ("linear1.weight", (32, 8)),
            ("linear2.weight", (8, 32)),
        )
    }
    for key, stored in mapped(tmp_path / "file", "t2s", weights).items():
        loaded = to_mlx(stored)
        before = np.array(loaded, copy=False)
        after = np.array(row_layout(loaded), copy=False)
        assert np.shares_memory(before, after), key
        np.testing.assert_array_equal(after, weights[key].astype("f2").astype("f4"))


@pytest.mark.parametrize("backend", list(Backend))
def test_a_convolution_loaded_from_a_file(tmp_path, backend):
    weight = RANDOM.normal(size=(6, 4, 3)).astype("f4")
    stored = mapped(tmp_path / "file", "sovits", {"dec.x.weight": weight})["dec.x.weight"]
    assert stored.memory_order == (2, 1, 0)
    layers = [Conv1d(4, 6, 3, bias=False) for _ in range(2)]
    half = weight.astype("f2").astype("f4")
    strict_load(layers[0], {"weight": stored.transpose(0, 2, 1)}, "file")
    strict_load(layers[1], {"weight": half.transpose(0, 2, 1)}, "array")
    for layer in layers:
        prepare(layer, backend)
    x = mx.array(RANDOM.normal(size=(1, 9, 4)).astype("f4"))
    np.testing.assert_allclose(np.array(layers[0](x)), np.array(layers[1](x)), atol=1e-5)


@pytest.mark.parametrize("kind", ["f4", "f2", "i1"])
def test_a_kept_matrix_multiplies_as_a_loaded_one(kind):
    weight = RANDOM.normal(size=(10, 7)).astype("f4")
    stored = quantize(weight) if kind == "i1" else Stored(weight.astype(kind))
    kept, loaded = Linear(7, 10), Linear(7, 10)
    bias = RANDOM.normal(size=10).astype("f4")
    strict_load(kept, {"weight": stored, "bias": bias}, "file", keep=("*",))
    strict_load(loaded, {"weight": stored, "bias": bias}, "file")
    assert "weight" not in kept.parameters()
    for layer in (kept, loaded):
        prepare(layer, Backend.CPU)
    x = mx.array(RANDOM.normal(size=(2, 3, 7)).astype("f4"))
    np.testing.assert_allclose(np.array(kept(x)), np.array(loaded(x)), atol=1e-5)
    assert kept.dtype == mx.float32


def test_a_buffer_is_not_written_while_it_is_read():
    """Products that wait for one another, of matrices that do not fit the buffer of the last."""
    widener = Widener()
    sizes = [(96, 64), (64, 96), (300, 64), (64, 300)] * 25
    x = given = RANDOM.normal(size=(200, 64)).astype("f4")
    y = mx.array(x)
    for outputs, inputs in sizes:
        weight = (RANDOM.normal(size=(outputs, inputs)) / inputs**0.5).astype(np.float16)
        y = widener.affine(y, Stored(weight), None)
        x = x @ weight.astype("f4").T
    assert given is not x
    np.testing.assert_allclose(np.array(y), x, rtol=2e-3, atol=2e-4 * np.abs(x).max())


def test_a_shortened_file_is_an_error(tmp_path):
    stored = {"a": TensorSpec(np.dtype("f4"), (4, 4), lambda: np.ones((4, 4), "f4"))}
    write_tensor_file(tmp_path / "file", stored)
    os.truncate(tmp_path / "file", (tmp_path / "file").stat().st_size - 4)
    with pytest.raises(Exception, match="does not fit"):
        map_tensor_file(tmp_path / "file")

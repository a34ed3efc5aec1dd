"""Safetensors files."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.tensor_file import TensorSpec, read_tensor_file, write_tensor_file


@pytest.fixture
def arrays():
    generator = np.random.default_rng(0)
    return {
        "b.half": generator.normal(size=(3, 5)).astype(np.float16),
        "a.byte": np.arange(7, dtype=np.int8),
        "c.full": generator.normal(size=(2, 1, 3)).astype(np.float32),
        "d.long": np.array([1, -(2**40)], dtype=np.int64),
        "e.flag": np.array([True, False]),
        "f.none": np.zeros((0, 3), np.float32),
        "g.one": np.array(2.5, dtype=np.float64),
    }


def specs(arrays):
    return {k: TensorSpec(v.dtype, v.shape, lambda v=v: v) for k, v in arrays.items()}


def assert_same(got, want):
    assert set(got) == set(want)
    for key, values in want.items():
        assert got[key].dtype == values.dtype
        assert got[key].shape == values.shape
        np.testing.assert_array_equal(got[key], values)


def test_what_is_written_can_be_read(tmp_path, arrays):
    path = tmp_path / "a.safetensors"
    write_tensor_file(path, specs(arrays))
    assert_same({k: t.read() for k, t in read_tensor_file(path).items()}, arrays)


def test_the_common_library_reads_what_is_written(tmp_path, arrays):
    path = tmp_path / "a.safetensors"
    write_tensor_file(path, specs(arrays))
    assert_same(load_file(path), arrays)


def test_files_of_the_common_library_are_read(tmp_path, arrays):
    path = tmp_path / "a.safetensors"
    save_file(arrays, path, metadata={"format": "pt"})
    assert_same({k: t.read() for k, t in read_tensor_file(path).items()}, arrays)


def test_equal_input_gives_equal_bytes(tmp_path, arrays):
    write_tensor_file(tmp_path / "a", specs(arrays))
    write_tensor_file(tmp_path / "b", specs(dict(reversed(arrays.items()))))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_bfloat16_is_read_as_float32(tmp_path):
    exact = np.array([1.0, -0.5], np.float32)
    raw = (exact.view(np.uint32) >> 16).astype("<u2").tobytes()
    path = raw_file(tmp_path, {"k": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}, raw)
    np.testing.assert_array_equal(read_tensor_file(path)["k"].read(), exact)


def raw_file(tmp_path, header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path = tmp_path / "raw.safetensors"
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def entry(**changes):
    return {"k": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}


@pytest.mark.parametrize(
    ("header", "data", "match"),
    [
        (entry(), bytes(7), "does not fit"),
        (entry(shape=[3]), bytes(8), "does not fit"),
        (entry(data_offsets=[-4, 4]), bytes(8), "does not fit"),
        (entry(data_offsets=[8, 16]), bytes(8), "does not fit"),
        (entry(shape=[-2]), bytes(8), "has an invalid shape"),
        (entry(shape=["2"]), bytes(8), "has an invalid shape"),
        (entry(shape=[2**60]), bytes(8), "has an invalid shape"),
        (entry(dtype="F8_E4M3"), bytes(8), "unknown type 'F8_E4M3'; available: F16"),
        (entry(dtype=3), bytes(8), "must have dtype"),
        ({"k": 3}, b"", "must have dtype"),
        ([1], b"", "not a dictionary"),
        (b"{", b"", "not JSON"),
        (b"\xff\xfe", b"", "not JSON"),
        (b"[" * 100_000, b"", "not JSON"),
    ],
)
def test_damaged_headers(tmp_path, header, data, match):
    with pytest.raises(WeightsError, match=match):
        read_tensor_file(raw_file(tmp_path, header, data))


@pytest.mark.parametrize("length", [2**63, 2**30, 100])
def test_header_length_beyond_the_file(tmp_path, length):
    with pytest.raises(WeightsError, match="truncated in its header"):
        read_tensor_file(raw_file(tmp_path, entry(), length=length))


@pytest.mark.parametrize("content", [b"", b"abc"])
def test_files_too_short_for_a_header(tmp_path, content):
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="truncated in its header"):
        read_tensor_file(path)


def test_missing_file(tmp_path):
    with pytest.raises(WeightsError, match="cannot be read"):
        read_tensor_file(tmp_path / "nothing")


def test_a_tensor_that_is_not_as_announced(tmp_path):
    wrong = TensorSpec(np.dtype("f2"), (2,), lambda: np.zeros(2, np.float32))
    with pytest.raises(WeightsError, match="announced as float16"):
        write_tensor_file(tmp_path / "a", {"k": wrong})
    unknown = TensorSpec(np.dtype("c8"), (2,), lambda: np.zeros(2, np.complex64))
    with pytest.raises(WeightsError, match="which safetensors cannot store"):
        write_tensor_file(tmp_path / "a", {"k": unknown})

"""Reading checkpoint files: what is understood."""

from __future__ import annotations

import numpy as np
import pytest
from torch_files import (
    Built,
    Call,
    Name,
    New,
    Saver,
    encode,
    save_checkpoint,
    save_state,
    tensor,
    write_archive,
)

from dora_mlx_tts.checkpoints.read.checkpoint import read_checkpoint
from dora_mlx_tts.errors import WeightsError

HPARAMS = Name("utils", "HParams")


@pytest.fixture
def numbers():
    return np.arange(12, dtype=np.float32)


def read_value(tmp_path, value, storages=None, **options):
    path = write_archive(tmp_path / "a.pth", encode({"x": value}), storages, **options)
    return read_checkpoint(path).content["x"]


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", "int64", "int32", "bool", "uint8"]
)
def test_number_types(tmp_path, dtype):
    given = np.array([[0, 1, 2], [3, 4, 5]]).astype(dtype)
    path = save_state(tmp_path / "a.bin", {"k": given})
    got = read_checkpoint(path).tensors()["k"].read()
    assert got.dtype == given.dtype
    np.testing.assert_array_equal(got, given)


def test_bfloat16_becomes_float32(tmp_path):
    exact = np.array([1.0, -2.5, 3.140625], dtype=np.float32)
    path = save_state(tmp_path / "a.bin", {"k": (exact.view(np.uint32) >> 16).astype(np.uint16)})
    got = read_checkpoint(path).tensors()["k"].read()
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, exact)


def test_big_endian_storage(tmp_path, numbers):
    described = tensor("0", 12, (12,), (1,))
    got = read_value(
        tmp_path, described, {"0": numbers.astype(">f4").tobytes()}, byteorder=b"big"
    ).read()
    assert got.dtype.isnative
    np.testing.assert_array_equal(got, numbers)


@pytest.mark.parametrize(
    ("shape", "strides", "start"),
    [
        ((3, 4), (4, 1), 0),
        ((4, 3), (1, 4), 0),
        ((2, 2), (4, 2), 3),
        ((3, 1, 2), (4, 99, 1), 1),
        ((2, 3), (0, 1), 5),
        ((), (), 7),
        ((0, 4), (4, 1), 0),
    ],
)
def test_strides_and_offsets(tmp_path, numbers, shape, strides, start):
    described = tensor("0", 12, shape, strides, start=start)
    got = read_value(tmp_path, described, {"0": numbers.tobytes()}).read()
    want = np.lib.stride_tricks.as_strided(numbers[start:], shape, [4 * s for s in strides])
    np.testing.assert_array_equal(got, want)
    assert got.flags.c_contiguous
    assert got.flags.owndata or got.base is not None


def test_shared_storage(tmp_path, numbers):
    first = tensor("0", 12, (4,), (1,))
    second = tensor("0", 12, (2, 4), (4, 1), start=4)
    path = write_archive(
        tmp_path / "a.pth", encode({"a": first, "b": second}), {"0": numbers.tobytes()}
    )
    tensors = read_checkpoint(path).tensors()
    np.testing.assert_array_equal(tensors["a"].read(), numbers[:4])
    np.testing.assert_array_equal(tensors["b"].read(), numbers[4:].reshape(2, 4))


def test_parameter(tmp_path, numbers):
    hooks = Call(Name("collections", "OrderedDict"))
    described = Call(
        Name("torch._utils", "_rebuild_parameter"),
        (tensor("0", 12, (12,), (1,)), True, hooks),
    )
    np.testing.assert_array_equal(
        read_value(tmp_path, described, {"0": numbers.tobytes()}).read(), numbers
    )


def test_hparams_become_dictionaries(tmp_path):
    value = New(HPARAMS, {"model": New(HPARAMS, {"n": 3, "r": [1, [2]], "none": None, "f": 0.5})})
    assert read_value(tmp_path, value) == {"model": {"n": 3, "r": [1, [2]], "none": None, "f": 0.5}}


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (Call(Name("pathlib", "PosixPath"), ("a", "b.txt")), "a/b.txt"),
        (Call(Name("pathlib", "WindowsPath"), ("c:", "x")), "c:/x"),
        (Call(Name("torch", "device"), ("cuda", 0)), "cuda:0"),
        (Call(Name("torch", "Size"), ((2, 3),)), [2, 3]),
        (Call(Name("__builtin__", "set"), ([1, 2],)), [1, 2]),
        (Call(Name("collections", "OrderedDict"), ([["a", 1]],)), {"a": 1}),
        (
            Call(
                Name("numpy.core.multiarray", "scalar"),
                (
                    Built(
                        Call(Name("numpy", "dtype"), ("f8", False, True)),
                        (3, "<", None, None, None, -1, -1, 0),
                    ),
                    Call(Name("_codecs", "encode"), ("\x00\x00\x00\x00\x00\x00\xf8?", "latin1")),
                ),
            ),
            1.5,
        ),
    ],
)
def test_harmless_objects_become_plain_values(tmp_path, value, want):
    assert read_value(tmp_path, value) == want


def test_attributes_of_a_state_dict_are_dropped(tmp_path):
    ordered = Call(Name("collections", "OrderedDict"), ([["a", 1]],))
    assert read_value(tmp_path, Built(ordered, {"_metadata": {"version": 2}})) == {"a": 1}


@pytest.mark.parametrize("header", [None, b"05", b"03"])
def test_header_in_front(tmp_path, header):
    weights = {"k": np.ones((2, 2), np.float16)}
    path = save_checkpoint(tmp_path / "a.pth", weights, {"m": 1}, header=header, stem="deep/name")
    checkpoint = read_checkpoint(path)
    assert checkpoint.header == header
    assert checkpoint.content["info"] == "3epoch_9iteration"
    np.testing.assert_array_equal(checkpoint.tensors("weight")["k"].read(), weights["k"])


def test_no_byteorder_entry_means_little(tmp_path, numbers):
    got = read_value(
        tmp_path, tensor("0", 12, (12,), (1,)), {"0": numbers.tobytes()}, byteorder=None
    )
    np.testing.assert_array_equal(got.read(), numbers)


def test_sections_are_named_in_errors(tmp_path):
    checkpoint = read_checkpoint(save_state(tmp_path / "a.bin", {"k": np.zeros(2, np.float32)}))
    with pytest.raises(WeightsError, match=r"no section 'weight' .* 'k'"):
        checkpoint.tensors("weight")
    plain_value = write_archive(tmp_path / "b.pth", encode({"weight": {"a": 1}}))
    with pytest.raises(WeightsError, match="no tensors in section 'weight'"):
        read_checkpoint(plain_value).tensors("weight")


def test_tensors_stay_in_the_file_until_read(tmp_path):
    saver = Saver()
    path = write_archive(
        tmp_path / "a.bin", encode(saver.state({"k": np.ones(64, np.float32)})), saver.storages
    )
    lazy = read_checkpoint(path).tensors()["k"]
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(WeightsError, match="ends inside a tensor"):
        lazy.read()
    path.unlink()
    with pytest.raises(WeightsError, match="cannot be read"):
        lazy.read()

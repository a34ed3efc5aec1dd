"""Reading checkpoint files: what is refused, and with which error."""

from __future__ import annotations

import contextlib
import os
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_files import (
    Built,
    Call,
    Name,
    New,
    Persistent,
    Raw,
    encode,
    save_checkpoint,
    tensor,
    write_archive,
)

from dora_mlx_tts.checkpoints.read import archive as archive_module
from dora_mlx_tts.checkpoints.read import pickle_machine
from dora_mlx_tts.checkpoints.read.checkpoint import read_checkpoint
from dora_mlx_tts.errors import UnsafeFileError, WeightsError

DATA = {"0": np.arange(12, dtype=np.float32).tobytes()}
MARKER = "was_run"


def refused(tmp_path, pickle, error, match, storages=DATA, **options):
    path = write_archive(tmp_path / "bad.pth", pickle, storages, **options)
    with pytest.raises(error, match=match) as caught:
        read_checkpoint(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        Call(Name("os", "system"), (f"touch {MARKER}",)),
        Call(Name("posix", "getcwd")),
        Call(Name("builtins", "eval"), (f"open('{MARKER}', 'w')",)),
        Call(Name("builtins", "getattr"), (Name("utils", "HParams"), "__init__")),
        Call(Name("torch", "load"), ("x",)),
        Call(Name("torch.storage", "_load_from_bytes"), ("x",)),
        Name("utils", "HParams.__init__"),
        Name("utils", "hparams"),
        Name("collections", "OrderedDict.fromkeys"),
        New(Name("subprocess", "Popen"), {}),
        Raw(b"X\x02\x00\x00\x00osX\x06\x00\x00\x00system\x93"),  # STACK_GLOBAL
    ],
)
def test_foreign_names(tmp_path, monkeypatch, value):
    monkeypatch.chdir(tmp_path)
    refused(tmp_path, encode({"x": value}), UnsafeFileError, "names .*allowed names are")
    assert not (tmp_path / MARKER).exists()


@pytest.mark.parametrize(
    ("value", "match"),
    [
        (Call(Name("torch", "HalfStorage"), (3,)), "calls 'torch HalfStorage'"),
        (Call(Name("utils", "HParams"), ()), "calls 'utils HParams'"),
        (Call("text", ()), "calls 'str'"),
        (Call(Call(Name("collections", "OrderedDict")), ()), "calls 'dict'"),
        (New(Name("collections", "OrderedDict"), {}), "makes an object of"),
        (New(Name("utils", "HParams"), {}, ("x",)), "passes arguments"),
        (Built("text", {"a": 1}), "sets the state of a str"),
        (Built(Name("utils", "HParams"), {"a": 1}), "sets the state of a Global"),
        (Raw(b"(ios\nsystem\n"), "instruction INST"),
        (Raw(b"(cutils\nHParams\no"), "instruction OBJ"),
        (Raw(b"\x82\x01"), "instruction EXT1"),
        (Raw(b"Pfoo\n"), "instruction PERSID"),
        (Raw(b"cutils\nHParams\n)}\x92"), "instruction NEWOBJ_EX"),
        (Raw(b"\x97"), "instruction NEXT_BUFFER"),
    ],
)
def test_odd_calls(tmp_path, value, match):
    refused(tmp_path, encode({"x": value}), UnsafeFileError, match)


@pytest.mark.parametrize(
    "identifier",
    [
        "storage",
        ("module", Name("torch", "FloatStorage"), "0", "cpu", 12),
        ("storage", Name("collections", "OrderedDict"), "0", "cpu", 12),
        ("storage", Name("torch", "FloatStorage"), 0, "cpu", 12),
        ("storage", Name("torch", "FloatStorage"), "0", "cpu", 12, None),
    ],
)
def test_odd_persistent_ids(tmp_path, identifier):
    refused(
        tmp_path, encode({"x": Persistent(identifier)}), UnsafeFileError, "only storages inside"
    )


@pytest.mark.parametrize(
    ("described", "match"),
    [
        (tensor("0", 11, (11,), (1,)), "said to hold 11 numbers"),
        (tensor("0", 2**61, (12,), (1,)), "said to hold"),
        (tensor("0", -12, (12,), (1,)), "said to hold"),
        (tensor("0", 12, (12,), (1,), storage="DoubleStorage"), "of 8 bytes, but has 48"),
        (tensor("7", 12, (12,), (1,)), "storage '7' is missing"),
        (tensor("../data.pkl", 12, (12,), (1,)), "storage '../data.pkl' is missing"),
        (tensor("0", 12, (13,), (1,)), "beyond its storage"),
        (tensor("0", 12, (3, 4), (5, 1)), "beyond its storage"),
        (tensor("0", 12, (12,), (1,), start=1), "beyond its storage"),
        (tensor("0", 12, (0,), (1,), start=13), "beyond its storage"),
        (tensor("0", 12, (12,), (1,), start=-1), "offset"),
        (tensor("0", 12, (3, 4), (-4, 1), start=8), "strides"),
        (tensor("0", 12, (-3, 4), (4, 1)), "shape"),
        (tensor("0", 12, (3, 4), (4,)), "differ in length"),
        (tensor("0", 12, (1,) * 9, (1,) * 9), "shape"),
        (tensor("0", 12, (2**60,), (0,)), "shape"),
        (tensor("0", 12, ("a",), (1,)), "shape"),
        (tensor("0", 12, (True,), (1,)), "shape"),
        (tensor("0", 12, {"a": 1}, (1,)), "shape"),
        (tensor("0", 12, (2**40, 2**7), (0, 0)), "far larger than the file"),
        (Call(Name("torch._utils", "_rebuild_tensor_v2"), (1, 2, 3, 4)), "has no storage"),
        (Call(Name("torch._utils", "_rebuild_tensor_v2"), (1,)), "damaged"),
    ],
)
def test_tensors_that_do_not_fit_their_storage(tmp_path, described, match):
    refused(tmp_path, encode({"x": described}), WeightsError, match)


def test_many_tensors_on_one_storage_are_bounded(tmp_path):
    big = {"0": bytes(2**20)}
    views = {str(i): tensor("0", 2**18, (2**18,), (1,)) for i in range(64)}
    refused(tmp_path, encode(views), UnsafeFileError, "far larger", storages=big)


@pytest.mark.parametrize(
    ("pickle", "match"),
    [
        (b"", "damaged"),
        (b"\x80\x02", "damaged"),
        (b"\x80\x02}", "damaged"),
        (b"\x80\x02.", "does not end with one value"),
        (b"\x80\x02}}.", "does not end with one value"),
        (b"\x80\x02(.", "does not end with one value"),
        (b"\x80\x02R.", "a value is missing"),
        (b"\x80\x02}(R.", "a value is missing"),
        (b"\x80\x02t.", "a mark is missing"),
        (b"\x80\x02h\x05.", "never stored"),
        (b"\x80\x02](K\x01u.", "not a dictionary"),
        (b"\x80\x02}(K\x01u.", "not a dictionary"),
        (b"\x80\x02}(K\x01e.", "not a list"),
        (b"\x80\x02}(}K\x01u.", "key is a dict"),
        (b"\x80\x02}X\xff\xff\xff\x7fab", "damaged"),
        (b"\x80\x02}\xff.", "damaged"),
        (b"\x80\x02K\x01.", "holds a int, not a dictionary"),
        (encode([1]), "holds a list"),
        (encode({"x": Name("utils", "HParams")}), "bare Global"),
        (encode({"x": 2**70}), "over 64 bits"),
        (encode({"x": Call(Name("numpy", "dtype"), ("V9",))}), "bare NumberType"),
        (
            encode(
                {
                    "x": Call(
                        Name("numpy.core.multiarray", "scalar"),
                        (Call(Name("numpy", "dtype"), ("O",)), "x"),
                    )
                }
            ),
            "not a number type",
        ),
        (encode({"x": Call(Name("_codecs", "encode"), ("a", "rot13"))}), "latin1"),
        (encode({"x": Call(Name("torch._utils", "_rebuild_parameter"))}), "damaged"),
    ],
)
def test_damaged_pickles(tmp_path, pickle, match):
    refused(tmp_path, pickle, WeightsError, match)


def test_a_value_that_contains_itself(tmp_path):
    refused(tmp_path, b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.", WeightsError, "levels")


def test_deep_nesting(tmp_path):
    deep = b"]" * 20_000 + b"a" * 19_999
    refused(tmp_path, encode({"x": Raw(deep)}), WeightsError, "levels")
    inside = Persistent(Raw(b")" + b"\x85" * 20_000))
    refused(tmp_path, encode({"x": inside}), UnsafeFileError, "only storages")


def test_a_short_pickle_of_an_endless_tree(tmp_path):
    """Forty lists, each holding the one before ten times."""
    levels = b"".join(
        b"](" + bytes([ord("h"), i]) * 10 + b"eq" + bytes([i + 1]) + b"0" for i in range(40)
    )
    whole = b"\x80\x02]q\x000" + levels + b"}X\x01\x00\x00\x00ah\x28s."
    refused(tmp_path, whole, WeightsError, "more than 200000 values")


def test_memo_number_of_two_billion_takes_no_memory(tmp_path):
    path = write_archive(tmp_path / "a.pth", b"\x80\x02}r\xff\xff\xff\x7f.")
    assert read_checkpoint(path).content == {}


def test_too_many_instructions(tmp_path, monkeypatch):
    monkeypatch.setattr(pickle_machine, "MAX_INSTRUCTIONS", 50)
    refused(tmp_path, encode({"x": list(range(60))}), WeightsError, "more than 50 instructions")


def test_too_long_a_pickle(tmp_path, monkeypatch):
    monkeypatch.setattr(archive_module, "MAX_PICKLE_BYTES", 10)
    refused(tmp_path, encode({"x": "long enough"}), UnsafeFileError, "over 10 bytes")


def test_too_long_a_directory(tmp_path, monkeypatch):
    many = {f"archive/data/{i}": b"" for i in range(500)}
    path = write_archive(tmp_path / "bad.pth", encode({}), extra=many)
    monkeypatch.setattr(archive_module, "MAX_DIRECTORY_BYTES", 4096)
    with pytest.raises(WeightsError, match="directory"):
        read_checkpoint(path)


def test_compressed_entries(tmp_path):
    bomb = {"0": bytes(2**22)}
    refused(
        tmp_path,
        encode({"x": tensor("0", 2**20, (2**20,), (1,))}),
        UnsafeFileError,
        "compressed or encrypted",
        storages=bomb,
        compression=zipfile.ZIP_DEFLATED,
    )


@pytest.mark.parametrize("name", ["archive/../../x", "/etc/x", "..", "archive\\..\\x"])
def test_entry_names_that_climb_out(tmp_path, name):
    refused(tmp_path, encode({}), UnsafeFileError, "climbs out", extra={name: b"x"})


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_entries_with_one_name(tmp_path):
    refused(tmp_path, encode({}), UnsafeFileError, "share a name", extra={"archive/data/0": b"x"})


def test_overlapping_entries(tmp_path):
    path = write_archive(tmp_path / "a.pth", encode({}), {"0": bytes(400), "1": bytes(400)})
    content = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        first = archive.getinfo("archive/data/0")
    grown = content.replace((400).to_bytes(4, "little"), (800).to_bytes(4, "little"))
    assert len(grown) == len(content)
    path.write_bytes(grown)
    assert first.file_size == 400
    with pytest.raises(UnsafeFileError, match="overlap"):
        read_checkpoint(path)


@pytest.mark.parametrize("stems", [0, 2])
def test_number_of_pickles(tmp_path, stems):
    path = tmp_path / "a.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", b"")
        for i in range(stems):
            archive.writestr(f"{i}/data.pkl", encode({}))
    with pytest.raises(WeightsError, match=rf"has {stems} entries \*/data.pkl"):
        read_checkpoint(path)


def test_unknown_byteorder(tmp_path):
    refused(tmp_path, encode({}), WeightsError, "byteorder", byteorder=b"middle")


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"\x80\x02}.", b"RIFF0000WAVE", b"ab\x03\x04", b"PK\x03\x04" + bytes(99)],
)
def test_files_that_are_no_checkpoints(tmp_path, content):
    path = tmp_path / "a.ckpt"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"not a PyTorch checkpoint|damaged or truncated"):
        read_checkpoint(path)


def test_missing_files_folders_and_pipes(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("nothing.pth", ".", "pipe"):
        with pytest.raises(WeightsError, match="no such file"):
            read_checkpoint(tmp_path / name)


def test_every_truncation_is_an_error(tmp_path):
    path = save_checkpoint(tmp_path / "a.pth", {"k": np.ones((4, 4), np.float32)}, {"m": 1})
    content = path.read_bytes()
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        with pytest.raises(WeightsError):
            read_checkpoint(path)


def test_a_cut_in_the_middle_is_an_error(tmp_path):
    path = save_checkpoint(tmp_path / "a.pth", {"k": np.ones((40, 4), np.float32)}, {"m": 1})
    content = path.read_bytes()
    path.write_bytes(content[:200] + content[300:])
    with pytest.raises(WeightsError):
        read_checkpoint(path).tensors("weight")["k"].read()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_never_escape_as_other_errors(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("fuzz") / "a.pth"
    save_checkpoint(path, {"k": np.ones((4, 4), np.float32)}, {"m": [1, {"a": "b"}]})
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        for section in read_checkpoint(path).content.values():
            for value in section.values() if isinstance(section, dict) else ():
                if hasattr(value, "read"):
                    value.read()
    except WeightsError:
        pass


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_as_a_pickle(code):
    def nothing(_value):
        return None

    with contextlib.suppress(WeightsError):
        pickle_machine.read_pickle(
            b"\x80\x02}" + code + b".",
            "fuzz",
            calls={"collections OrderedDict": lambda _arguments: {}},
            classes=frozenset({"utils HParams"}),
            values=frozenset(),
            persistent=nothing,
        )


@pytest.mark.parametrize("opcode", ["SETITEMS", "DICT"])
def test_keys_that_collide_are_refused_before_they_cost_anything(opcode):
    keys = [number * (2**61 - 1) + 5 for number in range(1, 60_000)]
    items = b"".join(pickle.dumps(key, 2)[2:-1] + b"K\x00" for key in keys)
    body = b"}(" + items + b"u." if opcode == "SETITEMS" else b"(" + items + b"d."
    with pytest.raises(WeightsError, match="64 bits"):
        pickle_machine.read_pickle(
            b"\x80\x02" + body,
            "x.ckpt",
            calls={},
            classes=frozenset(),
            values=frozenset(),
            persistent=lambda _: None,
        )

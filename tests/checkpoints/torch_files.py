"""Writes checkpoint files byte by byte, well-formed or not, for the tests of their reader."""

from __future__ import annotations

import functools
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_STORAGE_OF = {
    "float16": "HalfStorage",
    "float32": "FloatStorage",
    "float64": "DoubleStorage",
    "int64": "LongStorage",
    "int32": "IntStorage",
    "bool": "BoolStorage",
    "uint8": "ByteStorage",
    "uint16": "BFloat16Storage",  # upper halves of float32
}


@dataclass(frozen=True)
class Name:
    """A global, written by the instruction GLOBAL."""

    module: str
    name: str


@dataclass(frozen=True)
class Call:
    """REDUCE of a callable with arguments."""

    function: Any
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True)
class New:
    """NEWOBJ of a class, then BUILD with a state."""

    cls: Name
    state: Any
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Built:
    """A value, then BUILD with a state."""

    value: Any
    state: Any


@dataclass(frozen=True)
class Raw:
    """Instructions written as they are."""

    code: bytes


@dataclass(frozen=True)
class Persistent:
    """BINPERSID of an identifier."""

    identifier: Any


def tensor(
    key: str,
    count: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    *,
    storage: str = "FloatStorage",
    start: Any = 0,
) -> Call:
    """The call that rebuilds a tensor from a storage."""
    where = Persistent(("storage", Name("torch", storage), key, "cpu", count))
    hooks = Call(Name("collections", "OrderedDict"))
    return Call(
        Name("torch._utils", "_rebuild_tensor_v2"), (where, start, shape, strides, False, hooks)
    )


def encode(value: Any) -> bytes:
    """The whole pickle of a value, protocol 2."""
    return b"\x80\x02" + _code(value) + b"."


@functools.singledispatch
def _code(value: Any) -> bytes:
    raise TypeError(type(value))


_code.register(Raw, lambda raw: raw.code)
_code.register(Name, lambda name: f"c{name.module}\n{name.name}\n".encode())
_code.register(Call, lambda call: _code(call.function) + _code(call.arguments) + b"R")
_code.register(
    New, lambda new: _code(new.cls) + _code(new.arguments) + b"\x81" + _code(new.state) + b"b"
)
_code.register(Built, lambda built: _code(built.value) + _code(built.state) + b"b")
_code.register(Persistent, lambda persistent: _code(persistent.identifier) + b"Q")
_code.register(type(None), lambda _none: b"N")
_code.register(bool, lambda value: b"\x88" if value else b"\x89")
_code.register(float, lambda value: b"G" + struct.pack(">d", value))
_code.register(tuple, lambda values: b"(" + b"".join(map(_code, values)) + b"t")
_code.register(list, lambda values: b"](" + b"".join(map(_code, values)) + b"e")


@_code.register
def _(value: int) -> bytes:
    raw = value.to_bytes((value.bit_length() // 8) + 1, "little", signed=True)
    return b"\x8a" + bytes([len(raw)]) + raw


@_code.register
def _(value: str) -> bytes:
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


@_code.register
def _(value: dict) -> bytes:
    return b"}(" + b"".join(_code(key) + _code(item) for key, item in value.items()) + b"u"


def write_archive(
    path: Path,
    pickle: bytes,
    storages: dict[str, bytes] | None = None,
    *,
    header: bytes | None = None,
    stem: str = "archive",
    byteorder: bytes | None = b"little",
    compression: int = zipfile.ZIP_STORED,
    extra: dict[str, bytes] | None = None,
) -> Path:
    """A checkpoint archive of the given parts."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr(f"{stem}/data.pkl", pickle)
        if byteorder is not None:
            archive.writestr(f"{stem}/byteorder", byteorder)
        for key, content in (storages or {}).items():
            archive.writestr(f"{stem}/data/{key}", content)
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    if header is not None:
        content = path.read_bytes()
        path.write_bytes(header + content[2:])
    return path


class Saver:
    """Collects arrays as storages while a value is being described."""

    def __init__(self) -> None:
        self.storages: dict[str, bytes] = {}

    def tensor(self, array: np.ndarray) -> Call:
        """A contiguous tensor with a storage of its own."""
        key = str(len(self.storages))
        flat = np.ascontiguousarray(array)
        self.storages[key] = flat.tobytes()
        steps = tuple(step // flat.itemsize for step in flat.strides)
        return tensor(key, flat.size, flat.shape, steps, storage=_STORAGE_OF[flat.dtype.name])

    def state(self, arrays: dict[str, np.ndarray]) -> dict[str, Call]:
        """A state dict."""
        return {key: self.tensor(array) for key, array in arrays.items()}


def save_checkpoint(path: Path, arrays: dict[str, np.ndarray], config: Any, **options: Any) -> Path:
    """A file with ``weight``, ``config`` and ``info``, as fine-tuning writes it."""
    saver = Saver()
    content = {"weight": saver.state(arrays), "config": config, "info": "3epoch_9iteration"}
    return write_archive(path, encode(content), saver.storages, **options)


def save_state(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    """A flat state dict, as Hugging Face folders hold it."""
    saver = Saver()
    return write_archive(path, encode(saver.state(arrays)), saver.storages)

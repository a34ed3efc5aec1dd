"""Safetensors files: a length, a JSON header, then the data.

They are read lazily, like checkpoints, and written one tensor at a time, so neither needs the whole file in
memory. Format: https://huggingface.co/docs/safetensors (little-endian, C order, no gaps).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.messages import unknown
from dora_mlx_tts.packs.tensors import Array, LazyTensor, contiguous_strides

MAX_HEADER_BYTES = 16 * 2**20
_DTYPES: dict[str, np.dtype[Any]] = {
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
    "BF16": np.dtype("<u2"),
    "I8": np.dtype("i1"),
    "I16": np.dtype("<i2"),
    "I32": np.dtype("<i4"),
    "I64": np.dtype("<i8"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
}
_METADATA, _ORDER = "__metadata__", "order"
_NAMES = {dtype: name for name, dtype in _DTYPES.items() if name != "BF16"}


@dataclass(frozen=True)
class TensorSpec:
    """A tensor to write: its type, its shape and the source of its data.

    With an `order`, its axes are stored in that order, so that networks that want them so need not transpose;
    the shape stays the same.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    read: Callable[[], Array]
    order: tuple[int, ...] | None = None

    @property
    def nbytes(self) -> int:
        """Size in the file, in bytes."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


def read_tensor_file(path: Path) -> dict[str, LazyTensor]:
    """The tensors of a safetensors file, not yet read.

    Raises:
        WeightsError: The file is missing, damaged or truncated, or holds unknown types.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            prefix = file.read(8)
            length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else size  # noqa: PLR2004 (the format's own number)
            if length > min(MAX_HEADER_BYTES, size - 8):
                raise WeightsError(f"{path}: not a safetensors file, or truncated in its header")
            header = json.loads(file.read(length))
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{path}: its header is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise WeightsError(f"{path}: its header is not a dictionary")
    orders = _orders(path, header)
    return {
        name: _tensor(path, name, entry, 8 + length, size, orders.get(name))
        for name, entry in header.items()
        if name != _METADATA
    }


def map_tensor_file(path: Path) -> dict[str, Array]:
    """Views of a safetensors file's tensors, mapped into memory, not yet read.

    Raises:
        WeightsError: As `read_tensor_file`, or a type that numpy lacks (bfloat16).
    """
    tensors = read_tensor_file(path)
    for name, tensor in tensors.items():
        if tensor.bfloat16:
            raise WeightsError(f"{path}: tensor {name!r} is bfloat16, which cannot be mapped")
    if not any(tensor.size for tensor in tensors.values()):
        return {name: tensor.read() for name, tensor in tensors.items()}
    try:
        memory: Array = np.memmap(path, np.uint8, "r")
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path}: cannot be read: {error}") from error
    return {name: tensor.view(memory) for name, tensor in tensors.items()}


def _orders(path: Path, header: Mapping[str, Any]) -> dict[str, list[int]]:
    """The order of axes of tensors that are not stored in row-major order."""
    about = header.get(_METADATA)
    text = about.get(_ORDER, "{}") if isinstance(about, dict) else "{}"
    try:
        orders = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path}: the orders of its axes are not JSON: {error}") from error
    if not isinstance(orders, dict):
        raise WeightsError(f"{path}: the orders of its axes are not a dictionary")
    return orders


def _tensor(
    path: Path, name: str, entry: object, base: int, size: int, order: object
) -> LazyTensor:
    match entry:
        case {"dtype": str(kind), "shape": [*shape], "data_offsets": [int(start), int(end)]}:
            pass
        case _:
            raise WeightsError(f"{path}: tensor {name!r} must have dtype, shape and offsets")
    dtype = _DTYPES.get(kind)
    if dtype is None:
        raise WeightsError(f"{path}: tensor {name!r}: {unknown('type', kind, _DTYPES)}")
    if not all(type(n) is int and 0 <= n < 2**48 for n in shape):
        raise WeightsError(f"{path}: tensor {name!r} has an invalid shape")
    lengths, steps = _arranged(path, name, tuple(shape), order)
    tensor = LazyTensor(path, base + start, dtype, lengths, steps, bfloat16=kind == "BF16")
    if start < 0 or base + end > size or end - start != tensor.size * dtype.itemsize:
        raise WeightsError(
            f"{path}: tensor {name!r} of shape {tensor.shape} does not fit bytes {start} to {end}"
            f" of a file of {size} bytes"
        )
    return tensor


def _arranged(
    path: Path, name: str, lengths: tuple[int, ...], order: object
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shape and strides of a tensor whose axes are stored in `order`, with these lengths."""
    steps = contiguous_strides(lengths)
    if order is None:
        return lengths, steps
    if not isinstance(order, list) or sorted(order, key=str) != list(range(len(lengths))):
        raise WeightsError(
            f"{path}: {str(order)[:80]} is not an order of the {len(lengths)} axes of {name!r}"
        )
    back = [order.index(axis) for axis in range(len(order))]
    return tuple(lengths[i] for i in back), tuple(steps[i] for i in back)


def write_tensor_file(path: Path, tensors: Mapping[str, TensorSpec]) -> None:
    """Write a safetensors file, reading one tensor at a time.

    Wide types come first, so that every tensor is aligned; equal input gives equal bytes.

    Raises:
        WeightsError: A type cannot be written, a tensor differs from its announced type or shape, or the disk
            is full.
    """
    order = sorted(tensors, key=lambda name: (-tensors[name].dtype.itemsize, name))
    turned = {name: list(spec.order) for name in order if (spec := tensors[name]).order}
    header: dict[str, Any] = {_METADATA: {_ORDER: json.dumps(turned)}} if turned else {}
    position = 0
    for name in order:
        spec = tensors[name]
        if spec.dtype not in _NAMES:
            raise WeightsError(
                f"{path}: tensor {name!r} has type {spec.dtype}, which safetensors cannot store"
            )
        header[name] = {
            "dtype": _NAMES[spec.dtype],
            "shape": [spec.shape[axis] for axis in spec.order or range(len(spec.shape))],
            "data_offsets": [position, position + spec.nbytes],
        }
        position += spec.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    try:
        with path.open("wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for name in order:
                file.write(_announced(path, name, tensors[name]).data)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be written: {error.strerror}") from error


def _announced(path: Path, name: str, spec: TensorSpec) -> Array:
    values = spec.read().reshape(spec.shape)
    if values.dtype != spec.dtype:
        raise WeightsError(f"{path}: tensor {name!r} is {values.dtype}, announced as {spec.dtype}")
    turned = values.transpose(spec.order) if spec.order else values
    return np.ascontiguousarray(turned).reshape(-1)

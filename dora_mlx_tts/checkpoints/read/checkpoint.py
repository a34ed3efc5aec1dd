"""Reads the reference implementation's checkpoint files without PyTorch and without executing them.

Format: the zip archive of ``torch.save`` (see archive.py) whose pickle refers to storages by number; tensors
    are strided views of them. Tensors stay in the file until they are read one by one.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dora_mlx_tts.checkpoints.read.archive import Archive, open_archive
from dora_mlx_tts.checkpoints.read.pickle_machine import read_pickle
from dora_mlx_tts.checkpoints.read.pickle_names import (
    BFLOAT16,
    CALLS,
    CLASSES,
    REBUILD_TENSOR,
    STORAGES,
)
from dora_mlx_tts.checkpoints.read.pickle_values import Global
from dora_mlx_tts.errors import UnsafeFileError, WeightsError
from dora_mlx_tts.packs.tensors import LazyTensor

MAX_DIMENSIONS = 8
# Tensors may share storages and repeat elements (stride 0), within limits: their total size may be this many
# times that of the file, plus an allowance.
_MAX_EXPANSION = 4
_EXPANSION_SLACK = 16 * 2**20


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint's content, with tensors not yet read.

    Attributes:
        path: The file.
        header: Two ASCII digits at the start of the archive (``b"05"``), or None.
        content: The saved object: dictionaries, lists, numbers, text and LazyTensors; ``HParams`` objects of
            the training code become dictionaries.
    """

    path: Path
    header: bytes | None
    content: Mapping[str, Any]

    def tensors(self, section: str | None = None) -> dict[str, LazyTensor]:
        """The tensors of ``content[section]``, or of the content itself.

        Raises:
            WeightsError: There is no such section or no tensor in it.
        """
        state = self.content if section is None else self.content.get(section)
        if not isinstance(state, Mapping):
            found = ", ".join(map(repr, list(self.content)[:8]))
            hint = next((hint for key, hint in _TRAINING.items() if key in self.content), "")
            raise WeightsError(
                f"{self.path}: no section {section!r} of tensors; it has {found}{hint}"
            )
        tensors = {key: item for key, item in state.items() if isinstance(item, LazyTensor)}
        if not tensors:
            where = "the file" if section is None else f"section {section!r}"
            raise WeightsError(f"{self.path}: no tensors in {where}")
        return tensors


_TRAINING = {
    "optimizer": "; this is a state of SoVITS training (G_… or D_…); the file to convert lies in SoVITS_weights",
    "pytorch-lightning_version": "; this is a state of GPT training; the file to convert lies in GPT_weights",
    "optimizer_states": "; this is a state of GPT training; the file to convert lies in GPT_weights",
}
"""Sections that only training states have -> a hint to where the result is."""


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Open a ``.ckpt``, ``.pth``, ``.pt`` or ``.bin`` file.

    Raises:
        UnsafeFileError: The file refers to anything but tensors, numbers, text and containers, or its archive
            is deceptive.
        WeightsError: The file is missing, damaged, truncated, or not a dictionary.
    """
    archive = open_archive(Path(path))
    reader = _TensorReader(archive)
    content = read_pickle(
        archive.pickle,
        str(path),
        calls={**CALLS, REBUILD_TENSOR: reader.tensor},
        classes=CLASSES,
        values=frozenset(STORAGES),
        persistent=reader.storage,
    )
    if not isinstance(content, dict):
        raise WeightsError(f"{path}: holds a {type(content).__name__}, not a dictionary")
    return Checkpoint(Path(path), archive.header, {str(key): v for key, v in content.items()})


@dataclass(frozen=True)
class _Storage:
    """A checked range of values in the file."""

    position: int
    count: int
    dtype: np.dtype[Any]
    bfloat16: bool


class _TensorReader:
    """Turns storage ids and tensor descriptions into views of the file."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        size = archive.path.stat().st_size
        self._bytes_left = _MAX_EXPANSION * size + _EXPANSION_SLACK

    def storage(self, identifier: object) -> _Storage:
        """Resolve ``("storage", class, key, device, count)``."""
        path = self._archive.path
        match identifier:
            case ("storage", Global(name=name), str(key), str(), int(count)) if name in STORAGES:
                pass
            case _:
                raise UnsafeFileError(
                    f"{path}: its pickle refers to {reprlib.repr(identifier)}; only storages inside"
                    " the archive are allowed"
                )
        entry = self._archive.entries.get(f"data/{key}")
        if entry is None:
            raise WeightsError(f"{path}: storage {key!r} is missing from the archive")
        position, size = entry
        dtype = STORAGES[name]
        if count < 0 or count * dtype.itemsize != size:
            raise WeightsError(
                f"{path}: storage {key!r} is said to hold {count} numbers of {dtype.itemsize}"
                f" bytes, but has {size} bytes"
            )
        if self._archive.big_endian:
            dtype = dtype.newbyteorder(">")
        return _Storage(position, count, dtype, name == BFLOAT16)

    def tensor(self, arguments: tuple[object, ...]) -> LazyTensor:
        """Resolve ``(storage, start, shape, strides, requires_grad, hooks[, metadata])``."""
        path = self._archive.path
        storage, start, shape, strides = arguments[:4]
        if not isinstance(storage, _Storage):
            raise WeightsError(f"{path}: a tensor has no storage")
        tensor = LazyTensor(
            path,
            storage.position,
            storage.dtype,
            shape=_numbers(path, "shape", shape),
            strides=_numbers(path, "strides", strides),
            start=_numbers(path, "offset", (start,))[0],
            bfloat16=storage.bfloat16,
        )
        if len(tensor.shape) != len(tensor.strides):
            raise WeightsError(f"{path}: shape {shape} and strides {strides} differ in length")
        if tensor.start + tensor.span > storage.count:
            raise WeightsError(
                f"{path}: a tensor of shape {shape}, strides {strides}, offset {start} reaches"
                f" beyond its storage of {storage.count} numbers"
            )
        self._bytes_left -= tensor.nbytes
        if self._bytes_left < 0:
            raise UnsafeFileError(f"{path}: its tensors are far larger than the file")
        return tensor


def _numbers(path: Path, what: str, values: object) -> tuple[int, ...]:
    """Non-negative integers, few and below 2**48."""
    if isinstance(values, list | tuple) and len(values) <= MAX_DIMENSIONS:
        numbers = tuple(n for n in values if type(n) is int and 0 <= n < 2**48)
        if len(numbers) == len(values):
            return numbers
    raise WeightsError(
        f"{path}: a tensor's {what} must be up to {MAX_DIMENSIONS} whole numbers from 0 to 2**48,"
        f" got {reprlib.repr(values)}"
    )

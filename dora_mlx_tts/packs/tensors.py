"""Tensors that stay in their file until they are read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.errors import WeightsError

Array = NDArray[Any]


@dataclass(frozen=True)
class LazyTensor:
    """A strided view of raw values in a file.

    Attributes:
        path: The file.
        position: Byte at which the storage starts.
        dtype: Type of the values as stored; bfloat16 is stored as uint16.
        shape: The tensor's shape, in the checkpoint's (PyTorch) layout.
        strides: Strides in elements, never negative.
        start: The first element's index in the storage.
        bfloat16: Whether the stored values are the upper halves of float32.
    """

    path: Path
    position: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    start: int = 0
    bfloat16: bool = False

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Size of the tensor in bytes once read."""
        return self.size * (4 if self.bfloat16 else self.dtype.itemsize)

    @property
    def span(self) -> int:
        """Number of storage elements from the first to the last one used."""
        if self.size == 0:
            return 0
        return 1 + sum((n - 1) * s for n, s in zip(self.shape, self.strides, strict=True))

    def read(self) -> Array:
        """Read the tensor into a new contiguous array; bfloat16 becomes float32.

        Raises:
            WeightsError: The file has become shorter or cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                file.seek(self.position + self.start * self.dtype.itemsize)
                flat = np.fromfile(file, dtype=self.dtype, count=self.span)
        except OSError as error:
            raise WeightsError(f"{self.path}: cannot be read: {error}") from error
        if flat.size != self.span:
            raise WeightsError(f"{self.path}: ends inside a tensor of shape {self.shape}")
        return self._native(self._arrange(flat))

    def view(self, memory: Array) -> Array:
        """The tensor as a view of its file's bytes; not for bfloat16.

        Raises:
            WeightsError: The file has become shorter.
        """
        start, item = self.position + self.start * self.dtype.itemsize, self.dtype.itemsize
        if start + self.span * item > memory.size:
            raise WeightsError(f"{self.path}: ends inside a tensor of shape {self.shape}")
        if self.size == 0:
            return np.zeros(self.shape, self.dtype)
        steps = tuple(step * item for step in self.strides)
        values: Array = np.ndarray(self.shape, self.dtype, memory, start, steps)
        values.flags.writeable = False
        return values

    def _arrange(self, flat: Array) -> Array:
        if self.strides == contiguous_strides(self.shape) or self.size == 0:
            return flat.reshape(self.shape)
        steps = tuple(step * self.dtype.itemsize for step in self.strides)
        window = np.lib.stride_tricks.as_strided(flat, self.shape, steps, writeable=False)
        return np.ascontiguousarray(window).reshape(self.shape)

    def _native(self, values: Array) -> Array:
        if not self.dtype.isnative:
            values = values.astype(self.dtype.newbyteorder("="))
        if self.bfloat16:
            return (values.astype(np.uint32) << 16).view(np.float32)
        return values


class ReadableTensor(Protocol):
    """A tensor whose values are read on demand: a view of a file, or derived from one."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values as stored; bfloat16 is stored as uint16."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape in the checkpoint's (PyTorch) layout."""
        ...

    @property
    def bfloat16(self) -> bool:
        """Whether the stored values are the upper halves of float32."""
        ...

    @property
    def size(self) -> int:
        """Number of elements."""
        ...

    def read(self) -> Array:
        """Read the tensor into a new contiguous array."""
        ...


Tensors = Mapping[str, ReadableTensor]


def contiguous_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Strides in elements of a C-ordered array."""
    steps: list[int] = []
    step = 1
    for length in reversed(shape):
        steps.append(step)
        step *= length
    return tuple(reversed(steps))


def shapes_of(tensors: Tensors) -> dict[str, tuple[int, ...]]:
    """Shapes by key."""
    return {key: tensor.shape for key, tensor in tensors.items()}

"""A tensor in stored form: half precision or 8 bits, widened to float32 only where it is used.

Views of a memory-mapped file are free: loading a network touches only what it reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.packs.tensors import Array
from dora_mlx_tts.runtime.array_types import Floats

_BLOCK = 1 << 16  # values widened at a time, so that they fit into the second-level cache
_HALF_SIGN_AND_VALUE = np.int32(-0x70002000)  # mask for a half shifted left by 13 bits
_HALF_TO_SINGLE = np.float32(2.0**112)  # the difference between the exponent biases


@dataclass(frozen=True, eq=False)
class Stored:
    """A view of stored values that supports the view operations of an array.

    Attributes:
        values: float32, float16 or signed bytes, in any memory order.
        scale: Factor for signed bytes; has their rank and broadcasts.
    """

    values: Array
    scale: Floats | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""
        return self.values.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.values.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.values.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values that it stands for."""
        return np.dtype("f4") if self.scale is not None else self.values.dtype

    def transpose(self, *axes: int) -> Stored:
        """Reorder the axes without copying."""
        scale = None if self.scale is None else self.scale.transpose(*axes)
        return Stored(self.values.transpose(*axes), scale)

    def swapaxes(self, first: int, second: int) -> Stored:
        """Exchange two axes without copying."""
        scale = None if self.scale is None else self.scale.swapaxes(first, second)
        return Stored(self.values.swapaxes(first, second), scale)

    def squeeze(self, axis: int) -> Stored:
        """Remove an axis of length 1."""
        scale = None if self.scale is None else self.scale.squeeze(axis)
        return Stored(self.values.squeeze(axis), scale)

    def rows(self, numbers: NDArray[np.integer]) -> Floats:
        """Selected rows in float32."""
        values = np.asarray(self.values[numbers], np.float32)
        if self.scale is None:
            return values
        scale = self.scale if self.scale.shape[0] == 1 else self.scale[numbers]
        return values * scale

    def full(self, dtype: np.dtype[Any] | None = None) -> Array:
        """A new array in row-major order; None gives float32 for bytes, else the stored type."""
        if self.scale is None:
            return np.array(self.values, dtype or self.values.dtype, order="C")
        widened = np.multiply(self.values, self.scale, dtype=np.float32)
        return np.ascontiguousarray(widened, dtype or np.float32)

    def widen(self, out: Floats) -> None:
        """Write it as float32 into `out`, which has its shape; fastest with the same memory order."""
        axes = self.memory_order
        values, target = self.values.transpose(axes), out.transpose(axes)
        if self.scale is not None:
            np.multiply(values, self.scale.transpose(axes), out=target, dtype=np.float32)
        elif values.dtype == np.float16 and values.flags.c_contiguous and target.flags.c_contiguous:
            _widen_half(values.reshape(-1), target.reshape(-1))
        else:
            np.copyto(target, values)

    @property
    def memory_order(self) -> tuple[int, ...]:
        """The axes, from the longest to the shortest stride in memory."""
        steps = self.values.strides
        return tuple(sorted(range(self.ndim), key=lambda axis: -abs(steps[axis])))


Weight: TypeAlias = Array | Stored
Weights: TypeAlias = Mapping[str, Weight]


def full(weight: Weight) -> Array:
    """A weight as a full array of its type."""
    return weight.full() if isinstance(weight, Stored) else weight


def _widen_half(values: Array, out: Floats) -> None:
    """float16 to float32 by shifting, twice as fast as numpy's conversion; for finite numbers."""
    halves, words = values.view(np.int16), out.view(np.int32)
    for start in range(0, halves.size, _BLOCK):
        block = words[start : start + _BLOCK]
        np.left_shift(halves[start : start + _BLOCK], 13, out=block, dtype=np.int32)
        np.bitwise_and(block, _HALF_SIGN_AND_VALUE, out=block)
        numbers = out[start : start + _BLOCK]
        np.multiply(numbers, _HALF_TO_SINGLE, out=numbers)

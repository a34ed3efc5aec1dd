"""Products with matrices stored in 8 bits or half precision, in one form per device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import mlx.core as mx
import numpy as np

from dora_mlx_tts.models.core.numpy_ops import Widener
from dora_mlx_tts.packs.load import to_mlx
from dora_mlx_tts.packs.stored import Stored

_GROUPS = (64, 32)  # inputs that share a scale in MLX's own 8-bit format
_MIDDLE = 128  # MLX counts from 0 to 255, files from -127 to 127


class Product(Protocol):
    """A matrix [O, I] to multiply by."""

    def __call__(self, x: mx.array, bias: mx.array | None) -> mx.array:
        """[..., I] to [..., O], plus `bias`."""


@dataclass(frozen=True, slots=True, eq=False)
class WidenedProduct:
    """For a CPU: the matrix stays in its file and is widened for each product."""

    widener: Widener
    matrix: Stored

    def __call__(self, x: mx.array, bias: mx.array | None) -> mx.array:
        """Multiply in float32."""
        return self.widener.affine(x, self.matrix, bias)


@dataclass(frozen=True, slots=True, eq=False)
class PlainProduct:
    """The matrix, widened once; for those that fit none of MLX's formats."""

    matrix: mx.array

    def __call__(self, x: mx.array, bias: mx.array | None) -> mx.array:
        """Multiply in the type of `x`."""
        y = x @ self.matrix.T.astype(x.dtype)
        return y if bias is None else y + bias


@dataclass(frozen=True, slots=True, eq=False)
class QuantizedProduct:
    """For a GPU: 8 bits in memory, with exactly the values of the file.

    Attributes:
        matrix: packed, four bytes per uint32 [O, I / 4].
        scales: scale of each group of inputs [O, I / group].
        offsets: value of byte 0 in each group.
        inputs: scale of each input [I], if the file has one per column, or None.
        group: inputs that share a scale.
    """

    matrix: mx.array
    scales: mx.array
    offsets: mx.array
    inputs: mx.array | None
    group: int

    @classmethod
    def of(cls, stored: Stored) -> QuantizedProduct | None:
        """Convert a stored matrix; None if MLX has no format for it."""
        group = next((size for size in _GROUPS if stored.shape[-1] % size == 0), None)
        if stored.scale is None or stored.ndim != 2 or group is None:  # noqa: PLR2004  a matrix
            return None
        outputs, inputs = stored.shape
        rows = stored.scale.shape[1] == 1
        scale = stored.scale if rows else np.ones((outputs, 1), np.float32)
        unsigned = np.ascontiguousarray(stored.values).view(np.uint8) ^ np.uint8(_MIDDLE)
        scales = mx.array(np.repeat(scale, inputs // group, axis=1))
        columns = None if rows else mx.array(stored.scale.reshape(-1))
        return cls(mx.array(unsigned.view("<u4")), scales, -_MIDDLE * scales, columns, group)

    def __call__(self, x: mx.array, bias: mx.array | None) -> mx.array:
        """Multiply in the type of `x`."""
        if self.inputs is not None:
            x = x * self.inputs.astype(x.dtype)
        scales, offsets = self.scales.astype(x.dtype), self.offsets.astype(x.dtype)
        y = mx.quantized_matmul(
            x, self.matrix, scales, offsets, transpose=True, group_size=self.group, bits=8
        )
        return y if bias is None else y + bias


def native_product(stored: Stored) -> Product:
    """The product for a GPU."""
    return QuantizedProduct.of(stored) or PlainProduct(to_mlx(stored))

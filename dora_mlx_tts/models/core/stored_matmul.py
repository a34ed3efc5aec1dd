"""Products with matrices that are stored in 8 bits or in half precision, one form a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import mlx.core as mx
import numpy as np

from dora_mlx_tts.models.core.numpy_ops import Widener
from dora_mlx_tts.packs.load import to_mlx
from dora_mlx_tts.packs.stored import Stored

_GROUPS = (64, 32)  # inputs that share a scale, in MLX's own 8-bit form
_MIDDLE = 128  # MLX counts from 0 to 255, files from -127 to 127


class Product(Protocol):
    """A matrix [O, I] that something can be multiplied by."""

    def __call__(self, x: mx.array, bias: mx.array | None) -> mx.array:
        """[..., I] to [..., O], plus `bias`."""


@dataclass(frozen=True, slots=True, eq=False)
class WidenedProduct:
    """On a CPU: the matrix stays in its file and is widened by each product."""

    widener: Widener
    matrix: Stored

    def __call__(self, x: mx.array, bias: mx.array | None) -> mx.array:
        """Multiply in float32."""
        return self.widener.affine(x, self.matrix, bias)


@dataclass(frozen=True, slots=True, eq=False)
class PlainProduct:
    """The matrix widened once; for those that fit no form of MLX's."""

    matrix: mx.array

    def __call__(self, x: mx.array, bias: mx.array | None) -> mx.array:
        """Multiply in the type of `x`."""
        y = x @ self.matrix.T.astype(x.dtype)
        return y if bias is None else y + bias


@dataclass(frozen=True, slots=True, eq=False)
class QuantizedProduct:
    """On a GPU: 8 bits in memory as in the file, the very same numbers.

    Attributes:
        matrix: four bytes a number [O, I / 4].
        scales: of each group of inputs [O, I / group].
        offsets: what stands for byte 0, of each group.
        inputs: scale of each input [I] where the file has one a column, or None.
        group: inputs that share a scale.
    """

    matrix: mx.array
    scales: mx.array
    offsets: mx.array
    inputs: mx.array | None
    group: int

    @classmethod
    def of(cls, stored: Stored) -> QuantizedProduct | None:
        """None where MLX has no form for this matrix."""
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
    """The form for a GPU."""
    return QuantizedProduct.of(stored) or PlainProduct(to_mlx(stored))

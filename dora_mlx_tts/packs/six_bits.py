"""Storage of weights in 6 bits: four values in three bytes.

In a file such a tensor ``k`` is stored as ``k:six``, its packed bytes, and ``k:layout``, two rows of integers:
its lengths in the file's order of axes, and that order. Its scale is ``k:scale``, as for 8 bits (see
quantize.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.tensors import Array

SIX_SUFFIX, LAYOUT_SUFFIX = ":six", ":layout"
SIX_BITS = 31
"""The largest magnitude that signed 6-bit values hold."""
_MIDDLE = 32
_NUMBERS, _BYTES = 4, 3
_MOST = 2**31

Bytes = NDArray[np.uint8]


def pack(values: Array) -> Bytes:
    """Pack values from -31 to 31 in row-major order, padded with zeros to a multiple of four."""
    flat = values.reshape(-1).astype(np.int16) + _MIDDLE
    whole = np.full(-(-flat.size // _NUMBERS) * _NUMBERS, _MIDDLE, np.uint8)
    whole[: flat.size] = flat
    a, b, c, d = whole.reshape(-1, _NUMBERS).T
    packed = np.stack([a | b << 6, b >> 2 | c << 4, c >> 4 | d << 2], axis=1)
    return packed.astype(np.uint8).reshape(-1)


def unpack(packed: Bytes, layout: NDArray[np.integer], source: str) -> NDArray[np.int8]:
    """Unpack the values into a view of the tensor's shape.

    Args:
        packed: the result of `pack`.
        layout: lengths in the file's order of axes, and that order [2, axes].
        source: name for errors.

    Raises:
        WeightsError: the bytes and the layout do not match.
    """
    lengths, order = _checked(layout, source)
    count = 1
    for length in lengths:
        count *= length
    if packed.ndim != 1 or packed.dtype != np.uint8 or count > _MOST or (
        packed.size != -(-count // _NUMBERS) * _BYTES
    ):  # fmt: skip
        raise WeightsError(f"{source}: {packed.size} bytes do not hold {lengths} numbers of 6 bits")
    numbers = _four_at_a_time(packed)[:count].reshape(lengths)
    return numbers.transpose([order.index(axis) for axis in range(len(order))])


def _four_at_a_time(packed: Bytes) -> NDArray[np.int8]:
    """All values, computed in 32-bit words, twice as fast as byte by byte."""
    padded = np.zeros(packed.size + 1, np.uint8)  # the last word reads one byte more
    padded[:-1] = packed
    words = np.ndarray((packed.size // _BYTES,), "<u4", padded, strides=(_BYTES,)).copy()
    numbers, shifted = words & 0x3F, np.empty_like(words)
    for place in range(1, _NUMBERS):  # the 6 bits of each value move to a byte of their own
        np.left_shift(words, 2 * place, out=shifted)
        shifted &= 0x3F << 8 * place
        numbers |= shifted
    found = numbers.view(np.int8)
    found -= np.int8(_MIDDLE)
    return found


def layout_of(shape: tuple[int, ...], order: tuple[int, ...] | None) -> NDArray[np.int32]:
    """The layout that `unpack` needs, [2, axes]."""
    axes = order or tuple(range(len(shape)))
    return np.array([[shape[axis] for axis in axes], axes], np.int32)


def _checked(layout: NDArray[np.integer], source: str) -> tuple[tuple[int, ...], list[int]]:
    if layout.ndim != 2 or layout.shape[0] != 2 or layout.dtype != np.int32:  # noqa: PLR2004  two rows
        raise WeightsError(f"{source}: a layout of shape {layout.shape} and type {layout.dtype}")
    lengths, order = layout.tolist()
    if min(lengths, default=0) < 0 or sorted(order) != list(range(len(order))):
        raise WeightsError(f"{source}: {lengths} in the order {order} is no layout")
    return tuple(lengths), order

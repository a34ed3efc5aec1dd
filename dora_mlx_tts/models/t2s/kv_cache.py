"""Keys and values of past positions, preallocated and written in place.

Arrays are [rows, heads, positions, head size]: the only layout that both attention products of a step can read
without a copy. Buffers grow in steps up to a limit set at creation.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import mlx.core as mx
import numpy as np

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.models.t2s.attention_recorder import AttentionRecorder
from dora_mlx_tts.runtime.array_types import Floats

Array = TypeVar("Array", mx.array, Floats)
AnyArray: TypeAlias = mx.array | Floats

GROWTH = 256
"""Number of positions by which a buffer grows."""


@dataclass(frozen=True, slots=True)
class CacheShape:
    """The sizes of a network that determine its cache.

    Attributes:
        layers: number of attention layers.
        heads: heads per layer.
        head_size: channels per head.
    """

    layers: int
    heads: int
    head_size: int


class KVCache(abc.ABC, Generic[Array]):
    """Keys and values of every layer; stored by `MlxCache` on the device, by `HostCache` in numpy.

    Attributes:
        rows: number of sequences.
        length: number of filled positions.
        limit: maximum number of positions.
        text_length: how many of them are text, including padding; audio follows.
        padding: for each row, the number of empty positions at its start.
        watch: receives the attention of steps on the host.
        between_layers: called between layers of a prefill; an exception ends it.
        meanwhile: called once while a device decodes and the host would wait, for other work.
    """

    watch: AttentionRecorder | None = None
    between_layers: Callable[[], object] | None = None
    meanwhile: Callable[[], object] | None = None

    def __init__(self, shape: CacheShape, rows: int, limit: int) -> None:
        if rows < 1 or limit < 1:
            raise SettingError(
                f"rows and positions of a cache must be above 0, got {rows} and {limit}"
            )
        self.shape = shape
        self.limit = limit
        self._keys: list[Array] = []
        self._values: list[Array] = []
        self.reset(rows)

    def reset(self, rows: int | None = None) -> None:
        """Clear the cache; buffers are kept for reuse if the number of rows is the same."""
        if rows is not None and (not self._keys or rows != self._keys[0].shape[0]):
            self._keys, self._values = [], []
            self.rows = rows
        self.length = 0
        self.text_length = 0
        self.padding: tuple[int, ...] = (0,) * self.rows

    def free(self) -> None:
        """Clear the cache and free its memory."""
        self._keys, self._values = [], []
        self.reset()

    @property
    def capacity(self) -> int:
        """Number of positions that fit before the buffers must grow."""
        return self._keys[0].shape[2] if self._keys else 0

    def reserve(self, positions: int) -> None:
        """Make room for `positions` more positions.

        Raises:
            SettingError: they would exceed the limit.
        """
        needed = self.length + positions
        self._check(needed)
        if needed <= self.capacity:
            return
        capacity = min(-(-needed // GROWTH) * GROWTH, self.limit)
        shape = (self.rows, self.shape.heads, capacity, self.shape.head_size)
        for buffers in (self._keys, self._values):
            old = list(buffers)
            buffers.clear()
            for layer in range(self.shape.layers):
                buffers.append(self._allocate(shape, old[layer] if old else None))

    def _check(self, needed: int) -> None:
        if needed > self.limit:
            raise SettingError(
                f"positions of this cache must be at most {self.limit}, got {needed}"
            )

    def append(self, layer: int, keys: AnyArray, values: AnyArray) -> tuple[Array, Array]:
        """Append [rows, heads, n, size] to `layer`; returns everything it then holds.

        Room must have been reserved; `advance` moves the end once all layers are written.
        """
        end = self.length + keys.shape[2]
        self._write(self._keys, layer, keys, end)
        self._write(self._values, layer, values, end)
        return self._keys[layer][:, :, :end], self._values[layer][:, :, :end]

    def advance(self, positions: int) -> None:
        """Mark `positions` more positions as filled."""
        self.length += positions

    def take_row(self, other: KVCache[Any], row: int) -> None:
        """Replace the content with one row of another cache."""
        self._keys = [buffer[row : row + 1] for buffer in other._keys]
        self._values = [buffer[row : row + 1] for buffer in other._values]
        self.rows, self.padding = 1, (other.padding[row],)
        self.length, self.text_length = other.length, other.text_length

    def keep(self, rows: Sequence[int]) -> None:
        """Keep only these rows, in this order.

        Raises:
            SettingError: there are none, or one does not exist.
        """
        if not rows or not all(0 <= row < self.rows for row in rows):
            raise SettingError(f"cannot keep rows {list(rows)} of a cache of {self.rows}")
        self._keys = [self._pick(buffer, rows) for buffer in self._keys]
        self._values = [self._pick(buffer, rows) for buffer in self._values]
        self.padding = tuple(self.padding[row] for row in rows)
        self.rows = len(rows)

    def keys(self, layer: int) -> Array:
        """Keys of a layer, [rows, heads, length, size]."""
        return self._keys[layer][:, :, : self.length]

    def values(self, layer: int) -> Array:
        """Values of a layer, [rows, heads, length, size]."""
        return self._values[layer][:, :, : self.length]

    def buffers(self, layer: int) -> tuple[Array, Array]:
        """Keys and values of a layer including free room, [rows, heads, capacity, size]."""
        return self._keys[layer], self._values[layer]

    @abc.abstractmethod
    def _allocate(self, shape: tuple[int, ...], old: Array | None) -> Array:
        """A buffer of `shape` that begins with the content of `old`."""

    @abc.abstractmethod
    def _write(self, buffers: list[Array], layer: int, new: AnyArray, end: int) -> None:
        """Write `new` so that it ends at position `end`."""

    @abc.abstractmethod
    def _pick(self, buffer: Array, rows: Sequence[int]) -> Array:
        """These rows of a buffer."""


class MlxCache(KVCache[mx.array]):
    """A cache on MLX's device.

    Args:
        shape: layers and heads.
        rows: number of sequences.
        limit: maximum number of positions.
        dtype: type of keys and values.

    Attributes:
        joined: keys and values of all layers as one array [layers, 2, rows, heads, capacity, size], if a prefill
            made them so and nothing was added since; otherwise None. Whoever decodes may write behind `length`.
    """

    joined: mx.array | None = None

    def __init__(
        self, shape: CacheShape, rows: int, limit: int, dtype: mx.Dtype = mx.float32
    ) -> None:
        self.dtype = dtype
        super().__init__(shape, rows, limit)

    def fill(self, joined: mx.array, positions: int) -> None:
        """Replace the content with `joined`, of which so many positions are filled.

        Raises:
            SettingError: they exceed the limit.
        """
        self._check(positions)
        self._keys, self._values = [], []
        self.joined, self.length = joined, positions

    def reset(self, rows: int | None = None) -> None:
        """Clear the cache; buffers are kept for reuse if the number of rows is the same."""
        self.joined = None
        super().reset(rows)

    @property
    def capacity(self) -> int:
        """Number of positions that fit before the buffers must grow."""
        return super().capacity if self.joined is None else self.joined.shape[4]

    def reserve(self, positions: int) -> None:
        """Make room for `positions` more positions.

        Raises:
            SettingError: they would exceed the limit.
        """
        self._divide()
        super().reserve(positions)

    def take_row(self, other: KVCache[Any], row: int) -> None:
        """Replace the content with one row of another cache."""
        joined = other.joined if isinstance(other, MlxCache) else None
        super().take_row(other, row)
        self.joined = None if joined is None else mx.contiguous(joined[:, :, row : row + 1])

    def keep(self, rows: Sequence[int]) -> None:
        """Keep only these rows, in this order.

        Raises:
            SettingError: there are none, or one does not exist.
        """
        self._divide()
        super().keep(rows)

    def buffers(self, layer: int) -> tuple[mx.array, mx.array]:
        """Keys and values of a layer including free room, [rows, heads, capacity, size]."""
        return self._of(layer, 0), self._of(layer, 1)

    def keys(self, layer: int) -> mx.array:
        """Keys of a layer, [rows, heads, length, size]."""
        return self._of(layer, 0)[:, :, : self.length]

    def values(self, layer: int) -> mx.array:
        """Values of a layer, [rows, heads, length, size]."""
        return self._of(layer, 1)[:, :, : self.length]

    def _of(self, layer: int, which: int) -> mx.array:
        if self.joined is not None:
            return self.joined[layer, which]
        return (self._keys, self._values)[which][layer]

    def _divide(self) -> None:
        """Hold each layer's keys and values as arrays of their own, which steps add to."""
        joined, self.joined = self.joined, None
        if joined is None:
            return
        self._keys = [joined[layer, 0] for layer in range(self.shape.layers)]
        self._values = [joined[layer, 1] for layer in range(self.shape.layers)]

    def _allocate(self, shape: tuple[int, ...], old: mx.array | None) -> mx.array:
        if old is None:
            return mx.zeros(shape, self.dtype)
        room = (shape[0], shape[1], shape[2] - old.shape[2], shape[3])
        return mx.concatenate([old, mx.zeros(room, self.dtype)], axis=2)

    def _write(self, buffers: list[mx.array], layer: int, new: AnyArray, end: int) -> None:
        # Happens in place once evaluated, because nothing else then refers to the old buffer.
        buffers[layer][:, :, self.length : end] = new

    def _pick(self, buffer: mx.array, rows: Sequence[int]) -> mx.array:
        return buffer[mx.array(list(rows))]


class HostCache(KVCache[Floats]):
    """A cache in numpy arrays, for steps that run on the host."""

    def _allocate(self, shape: tuple[int, ...], old: Floats | None) -> Floats:
        buffer = np.zeros(shape, np.float32)  # steps may read room that is not filled
        if old is not None:
            buffer[:, :, : self.length] = old[:, :, : self.length]
        return buffer

    def _write(self, buffers: list[Floats], layer: int, new: AnyArray, end: int) -> None:
        buffers[layer][:, :, self.length : end] = np.asarray(new)

    def _pick(self, buffer: Floats, rows: Sequence[int]) -> Floats:
        return buffer[list(rows)]

"""Keys and values of past positions, preallocated and written in place.

Arrays are [rows, heads, positions, head size]: the one layout from which both attention products of
a step read without a copy. Buffers grow in steps up to a limit that is set when they are made.
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
"""Positions that a buffer grows by."""


@dataclass(frozen=True, slots=True)
class CacheShape:
    """What of a network shapes its cache.

    Attributes:
        layers: attention layers.
        heads: heads of each.
        head_size: channels of a head.
    """

    layers: int
    heads: int
    head_size: int


class KVCache(abc.ABC, Generic[Array]):
    """Keys and values of every layer; `MlxCache` and `HostCache` say where they live.

    Attributes:
        rows: sequences that are held side by side.
        length: positions that are filled.
        limit: positions that may be filled.
        text_length: how many of them are text, padding included; audio comes after.
        padding: for each row, how many positions at its start hold nothing.
        whole: of what was read into the empty cache, each layer's keys and values as they were made,
            [2, rows, heads, n, size]; empty where nobody kept them, or once more was added.
        watch: is shown the attention of steps on the host.
        between_layers: called while a text is read; what it raises ends the reading.
        meanwhile: called once, when a device decodes and the host would wait: work for both.
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
        self.whole: list[mx.array] = []
        self.reset(rows)

    def reset(self, rows: int | None = None) -> None:
        """Forget everything; buffers are kept for the next use when the number of rows is the same."""
        if rows is not None and (not self._keys or rows != self._keys[0].shape[0]):
            self._keys, self._values = [], []
            self.rows = rows
        self.whole = []
        self.length = 0
        self.text_length = 0
        self.padding: tuple[int, ...] = (0,) * self.rows

    def free(self) -> None:
        """Forget everything and give the memory back."""
        self._keys, self._values = [], []
        self.reset()

    @property
    def capacity(self) -> int:
        """Positions that fit before the buffers have to grow."""
        return self._keys[0].shape[2] if self._keys else 0

    def reserve(self, positions: int) -> None:
        """Make room for `positions` more.

        Raises:
            SettingError: they would not fit below the limit.
        """
        needed = self.length + positions
        if needed > self.limit:
            raise SettingError(
                f"positions of this cache must be at most {self.limit}, got {needed}"
            )
        if needed <= self.capacity:
            return
        capacity = min(-(-needed // GROWTH) * GROWTH, self.limit)
        shape = (self.rows, self.shape.heads, capacity, self.shape.head_size)
        for buffers in (self._keys, self._values):
            old = list(buffers)
            buffers.clear()
            for layer in range(self.shape.layers):
                buffers.append(self._allocate(shape, old[layer] if old else None))

    def append(self, layer: int, keys: AnyArray, values: AnyArray) -> tuple[Array, Array]:
        """Write [rows, heads, n, size] behind what `layer` holds; everything it then holds.

        Room must have been reserved; `advance` moves the end when all layers are written.
        """
        if self.length:
            self.whole = []
        end = self.length + keys.shape[2]
        self._write(self._keys, layer, keys, end)
        self._write(self._values, layer, values, end)
        return self._keys[layer][:, :, :end], self._values[layer][:, :, :end]

    def advance(self, positions: int) -> None:
        """Count `positions` more as filled."""
        self.length += positions

    def take_row(self, other: KVCache[Any], row: int) -> None:
        """Hold what a row of another cache holds, and nothing else."""
        self._keys = [buffer[row : row + 1] for buffer in other._keys]
        self._values = [buffer[row : row + 1] for buffer in other._values]
        self.whole = [made[:, row : row + 1] for made in other.whole]
        self.rows, self.padding = 1, (other.padding[row],)
        self.length, self.text_length = other.length, other.text_length

    def keep(self, rows: Sequence[int]) -> None:
        """Keep only these rows, in this order.

        Raises:
            SettingError: there are none, or one that is not held.
        """
        if not rows or not all(0 <= row < self.rows for row in rows):
            raise SettingError(f"cannot keep rows {list(rows)} of a cache of {self.rows}")
        self.whole = []
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
        """Keys and values of a layer with the room behind them, [rows, heads, capacity, size]."""
        return self._keys[layer], self._values[layer]

    @abc.abstractmethod
    def _allocate(self, shape: tuple[int, ...], old: Array | None) -> Array:
        """A buffer of `shape` that begins with what `old` holds."""

    @abc.abstractmethod
    def _write(self, buffers: list[Array], layer: int, new: AnyArray, end: int) -> None:
        """Put `new` before position `end`."""

    @abc.abstractmethod
    def _pick(self, buffer: Array, rows: Sequence[int]) -> Array:
        """These rows of a buffer."""


class MlxCache(KVCache[mx.array]):
    """A cache on MLX's device.

    Args:
        shape: layers and heads.
        rows: sequences side by side.
        limit: the most positions.
        dtype: of keys and values.
    """

    def __init__(
        self, shape: CacheShape, rows: int, limit: int, dtype: mx.Dtype = mx.float32
    ) -> None:
        self.dtype = dtype
        super().__init__(shape, rows, limit)

    def _allocate(self, shape: tuple[int, ...], old: mx.array | None) -> mx.array:
        if old is None:
            return mx.zeros(shape, self.dtype)
        room = (shape[0], shape[1], shape[2] - old.shape[2], shape[3])
        return mx.concatenate([old, mx.zeros(room, self.dtype)], axis=2)

    def _write(self, buffers: list[mx.array], layer: int, new: AnyArray, end: int) -> None:
        # In place once evaluated, for nothing else holds the old buffer then.
        buffers[layer][:, :, self.length : end] = new

    def _pick(self, buffer: mx.array, rows: Sequence[int]) -> mx.array:
        return buffer[mx.array(list(rows))]


class HostCache(KVCache[Floats]):
    """A cache in numpy arrays, for steps that run on the host."""

    def _allocate(self, shape: tuple[int, ...], old: Floats | None) -> Floats:
        buffer = np.empty(shape, np.float32)
        if old is not None:
            buffer[:, :, : self.length] = old[:, :, : self.length]
        return buffer

    def _write(self, buffers: list[Floats], layer: int, new: AnyArray, end: int) -> None:
        buffers[layer][:, :, self.length : end] = np.asarray(new)

    def _pick(self, buffer: Floats, rows: Sequence[int]) -> Floats:
        return buffer[list(rows)]

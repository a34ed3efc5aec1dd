"""Converts selected tensors to the form stored in a pack, one at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dora_mlx_tts.checkpoints.folding import fold_pairs
from dora_mlx_tts.checkpoints.memory_order import memory_order
from dora_mlx_tts.checkpoints.report import TensorError
from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.quantize import (
    EIGHT_BITS,
    SCALE_SUFFIX,
    QuantizationError,
    is_quantizable,
    quantize_best,
)
from dora_mlx_tts.packs.six_bits import (
    LAYOUT_SUFFIX,
    SIX_BITS,
    SIX_SUFFIX,
    layout_of,
    pack,
)
from dora_mlx_tts.packs.tensor_file import TensorSpec
from dora_mlx_tts.packs.tensors import Array, ReadableTensor, Tensors

_LEVELS = {"int8": EIGHT_BITS, "int6": SIX_BITS}
Progress = Callable[[str, int, int], None]  # part, tensors done, total tensors


def no_progress(_part: str, _done: int, _total: int) -> None:
    """Report nothing."""


@dataclass
class TensorEncoder:
    """Stores one network's tensors in the chosen precision and records the errors.

    Weight-norm pairs are folded, so that loading needs no computation. int8 and int6 store every matrix in 8 or
    6 bits and the rest as float16.

    Attributes:
        part: Name for progress and errors.
        storage: "float32", "float16", "int8" or "int6".
        exact: Pattern of keys stored one step finer: float16 with int8, 8 bits with int6.
        wide: Pattern of keys that stay float32 in every precision.
        progress: Called for every tensor.
    """

    part: str
    storage: str
    exact: str | None = None
    wide: str | None = None
    progress: Progress = no_progress
    errors: list[TensorError] = field(default_factory=list)
    error: QuantizationError = field(default_factory=QuantizationError)
    eight_bit: int = 0
    parameters: int = 0

    def encode(self, tensors: Tensors) -> dict[str, TensorSpec]:
        """The tensors to write, under the keys of the file.

        For 8 or 6 bits the tensors are read and converted here; otherwise each one is read when written.

        Raises:
            WeightsError: A key cannot be stored, or 8-bit weights are not finite.
        """
        for key in tensors:
            if ":" in key:
                raise WeightsError(f"{self.part}: key {key!r} holds a colon, which names scales")
        plain_value = fold_pairs(tensors, self.part)
        self.parameters = sum(tensor.size for tensor in plain_value.values())
        done = _Counter(self.part, len(plain_value), self.progress)
        if self.storage not in _LEVELS:
            return {key: self._whole(key, tensor, done) for key, tensor in plain_value.items()}
        specs: dict[str, TensorSpec] = {}
        for key, tensor in plain_value.items():
            specs.update(self._store(key, tensor.read()))
            done.step()
        return specs

    def _whole(self, key: str, tensor: ReadableTensor, done: _Counter) -> TensorSpec:
        kind = np.dtype("f4") if tensor.bfloat16 else tensor.dtype.newbyteorder("=")
        dtype = self._float_type(key) if kind.kind == "f" else kind

        def read() -> Array:
            values = _converted(self.part, key, tensor.read(), dtype)
            done.step()
            return values

        return TensorSpec(dtype, tensor.shape, read, memory_order(self.part, key, tensor.shape))

    def _float_type(self, key: str) -> np.dtype[np.floating]:
        return np.dtype("f4") if self.storage == "float32" or self._is_wide(key) else np.dtype("f2")

    def _is_wide(self, key: str) -> bool:
        return self.wide is not None and re.match(self.wide, key) is not None

    def _store(self, key: str, values: Array) -> dict[str, TensorSpec]:
        exact = self.exact is not None and re.match(self.exact, key) is not None
        levels = EIGHT_BITS if exact else _LEVELS[self.storage]
        whole = (exact and self.storage == "int8") or self._is_wide(key)
        if values.dtype.kind != "f" or whole or not is_quantizable(values.shape):
            kind = self._float_type(key) if values.dtype.kind == "f" else values.dtype
            converted = _converted(self.part, key, values, kind)
            return {key: _spec(converted, memory_order(self.part, key, values.shape))}
        try:
            stored, error = quantize_best(values, levels)
        except WeightsError as problem:
            raise WeightsError(f"{self.part}: tensor {key!r}: {problem}") from problem
        self.eight_bit += values.size
        self.error += error
        self.errors.append(TensorError(key, error.max_abs, error.relative_rms))
        order = memory_order(self.part, key, values.shape)
        specs = (
            _packed(key, stored.values, order)
            if levels == SIX_BITS
            else {key: _spec(stored.values, order)}
        )
        if stored.scale is not None:
            specs[key + SCALE_SUFFIX] = _spec(stored.scale)
        return specs


class _Counter:
    """Counts tensors for the progress callback."""

    def __init__(self, part: str, total: int, progress: Progress) -> None:
        self._part = part
        self._total = total
        self._progress = progress
        self._done = 0

    def step(self) -> None:
        self._done += 1
        self._progress(self._part, self._done, self._total)


def _packed(key: str, values: Array, order: tuple[int, ...] | None) -> dict[str, TensorSpec]:
    ordered = np.ascontiguousarray(values.transpose(order) if order else values)
    layout = layout_of(values.shape, order)
    return {key + SIX_SUFFIX: _spec(pack(ordered)), key + LAYOUT_SUFFIX: _spec(layout)}


def _spec(values: Array, order: tuple[int, ...] | None = None) -> TensorSpec:
    return TensorSpec(values.dtype, values.shape, lambda: values, order)


def _converted(part: str, key: str, values: Array, dtype: np.dtype[np.generic]) -> Array:
    with np.errstate(over="ignore"):
        result: Array = values.astype(dtype, copy=False)
    if result.dtype.kind == "f" and not np.isfinite(result).all():
        raise WeightsError(
            f"{part}: tensor {key!r} is not finite in {dtype}; float32 storage holds larger values"
        )
    return result

"""Functions of MLX arrays computed by numpy, for the Linux CPU.

MLX has no SIMD there; numpy's `exp` takes 0.5 ns per element instead of 20, and its other functions are fast
while a block stays in the processor's cache. Arrays are evaluated when passed to numpy.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import mlx.core as mx
import numpy as np

from dora_mlx_tts.packs.stored import Stored
from dora_mlx_tts.runtime.array_types import Floats

_BLOCK = 1 << 14  # elements; a few temporaries of this size fit into the second-level cache
_MANY_ROWS = 64  # number of rows from which a second thread pays
_GELU_SLOPE, _GELU_CUBIC = np.float32(-2.0 * np.sqrt(2.0 / np.pi)), np.float32(0.044715)
_ERF = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
_ERF_SCALE = np.float32(0.3275911 / np.sqrt(2.0))


def softmax(x: mx.array) -> mx.array:
    """Softmax over the last axis, any shape."""
    source = np.array(x.astype(mx.float32), copy=False)
    powers = source - source.max(axis=-1, keepdims=True)
    np.exp(powers, out=powers)
    powers /= powers.sum(axis=-1, keepdims=True)
    return mx.array(powers).astype(x.dtype)


def gelu(x: mx.array) -> mx.array:
    """GELU with erf (Abramowitz and Stegun 7.1.26), any shape; absolute error below 5e-7."""
    source = np.array(x.astype(mx.float32), copy=False).reshape(-1)
    result = np.empty_like(source)
    for start in range(0, source.size, _BLOCK):
        _gelu_block(source[start : start + _BLOCK], result[start : start + _BLOCK])
    return mx.array(result.reshape(x.shape)).astype(x.dtype)


def _gelu_block(x: Floats, out: Floats) -> None:
    """Compute x (1 + sign(x) erf(|x| / sqrt 2)) / 2, where erf(z) = 1 - series(1 / (1 + p z)) exp(-z²)."""
    size = np.abs(x)
    t = np.reciprocal(size * _ERF_SCALE + np.float32(1))
    series = t * np.float32(_ERF[0])
    for coefficient in _ERF[1:]:
        series += np.float32(coefficient)
        series *= t
    np.multiply(x, x, out=out)
    out *= np.float32(-0.5)
    np.exp(out, out=out)
    out *= series
    np.subtract(np.float32(1), out, out=out)
    out *= size
    out += x
    out *= np.float32(0.5)


def gelu_tanh(x: mx.array) -> mx.array:
    """GELU, the form with tanh: x / (1 + exp(-2 u)), u = sqrt(2 / pi) (x + 0.044715 x³)."""
    source = np.array(x.astype(mx.float32), copy=False).reshape(-1)
    result = np.empty_like(source)
    for start in range(0, source.size, _BLOCK):
        block, out = source[start : start + _BLOCK], result[start : start + _BLOCK]
        np.multiply(block, block, out=out)
        out *= _GELU_CUBIC
        out += np.float32(1)
        out *= block
        out *= _GELU_SLOPE
        np.minimum(out, np.float32(80), out=out)  # the exponential stays finite
        np.exp(out, out=out)
        out += np.float32(1)
        np.divide(block, out, out=out)
    return mx.array(result.reshape(x.shape)).astype(x.dtype)


@dataclass(slots=True)
class _Buffer:
    """A buffer for a widened matrix, and the last product that reads it."""

    array: mx.array
    view: Floats
    reader: mx.array | None = None

    @classmethod
    def of(cls, size: int) -> _Buffer:
        array = mx.zeros((size,))
        mx.eval(array)
        return cls(array, np.array(array, copy=False))


class Widener:
    """Multiplies by matrices that stay in their files in half precision or 8 bits.

    Matrices are widened to float32 in two alternating buffers, so that the next one is widened while MLX, which
    computes in its own thread, still multiplies by the last.

    Attributes:
        second: a second stream for half of the rows, if there are many.
    """

    def __init__(self) -> None:
        self.second: mx.Stream | mx.ThreadLocalStream | None = None
        self._lock = threading.Lock()
        self._buffers: list[_Buffer | None] = [None, None]
        self._turn = 0

    def affine(self, x: mx.array, weight: Stored, bias: mx.array | None) -> mx.array:
        """[..., I] times a stored matrix [O, I], plus `bias`, computed or being computed."""
        with self._lock:
            buffer = self._free(weight.size)
            weight.widen(buffer.view[: weight.size].reshape(weight.shape))
            matrix = buffer.array[: weight.size].reshape(weight.shape).T
            y = self._product(x, matrix, bias)
            mx.async_eval(y)  # type: ignore[no-untyped-call]  # MLX's stub
            buffer.reader = y
        return y

    def _product(self, x: mx.array, matrix: mx.array, bias: mx.array | None) -> mx.array:
        def affine(rows: mx.array) -> mx.array:
            return rows @ matrix if bias is None else mx.addmm(bias, rows, matrix)

        if self.second is None or x.ndim < 2 or x.shape[-2] < _MANY_ROWS:  # noqa: PLR2004  [.., T, I]
            return affine(x)
        half = x.shape[-2] // 2
        with mx.stream(self.second):
            later = affine(x[..., half:, :])
        return mx.concatenate([affine(x[..., :half, :]), later], axis=-2)

    def _free(self, size: int) -> _Buffer:
        """The next buffer, once it is no longer being read."""
        self._turn = 1 - self._turn
        buffer = self._buffers[self._turn]
        if buffer is not None and buffer.reader is not None:
            mx.eval(buffer.reader)
            buffer.reader = None
        if buffer is None or buffer.view.size < size:
            buffer = self._buffers[self._turn] = _Buffer.of(size)
        return buffer

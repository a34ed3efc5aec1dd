"""Functions of MLX arrays computed by numpy, for the Linux CPU.

MLX has no SIMD there; numpy's `exp` takes 0.5 ns an element against 20 and its other functions work
well while a block stays in the processor's cache. Arrays are evaluated when they are handed over.
"""

from __future__ import annotations

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_BLOCK = 1 << 14  # elements that a few temporaries of keep within the second-level cache
_ERF = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
_ERF_SCALE = np.float32(0.3275911 / np.sqrt(2.0))


def softmax(x: mx.array) -> mx.array:
    """Softmax over the last axis."""
    source = np.array(x.astype(mx.float32), copy=False)
    powers = source - source.max(axis=-1, keepdims=True)
    np.exp(powers, out=powers)
    powers /= powers.sum(axis=-1, keepdims=True)
    return mx.array(powers).astype(x.dtype)


def gelu(x: mx.array) -> mx.array:
    """GELU with erf (Abramowitz and Stegun 7.1.26); absolute error below 5e-7."""
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

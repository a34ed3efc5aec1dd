"""Storage of weights in 8 (or 6) bits: an integer per weight and a float32 scale per output channel.

``w ≈ q * scale`` with q in -127..127 and ``scale = max|w| / 127`` over everything but the channel
dimension; the scale keeps the tensor's rank, so it broadcasts. In a file the scale of tensor ``k``
is called ``k:scale``; the keys of a checkpoint are attribute paths and never hold a colon, so the
two cannot be confused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dora_mlx_tts.errors import WeightsError
from dora_mlx_tts.packs.six_bits import LAYOUT_SUFFIX, SIX_SUFFIX, unpack
from dora_mlx_tts.packs.stored import Stored
from dora_mlx_tts.packs.tensors import Array

SCALE_SUFFIX = ":scale"
MIN_ELEMENTS = 4096
EIGHT_BITS = 127
"""The largest magnitude that a signed byte holds."""
_CHUNK = 2**20  # values compared at a time, so that a large matrix needs no large copies


@dataclass(frozen=True)
class QuantizationError:
    """Deviation of stored weights from the original ones.

    Attributes:
        max_abs: Largest absolute difference.
        square_error: Sum of squared differences.
        square_sum: Sum of squared original weights.
    """

    max_abs: float = 0.0
    square_error: float = 0.0
    square_sum: float = 0.0

    @property
    def relative_rms(self) -> float:
        """RMS error relative to the RMS of the weights; 0 if all weights are zero."""
        return float(np.sqrt(self.square_error / self.square_sum)) if self.square_sum else 0.0

    def __add__(self, other: QuantizationError) -> QuantizationError:
        """The combined figures of two groups of weights."""
        return QuantizationError(
            max(self.max_abs, other.max_abs),
            self.square_error + other.square_error,
            self.square_sum + other.square_sum,
        )


def is_quantizable(shape: tuple[int, ...]) -> bool:
    """Whether to quantize: matrices and convolutions above a small size, but not vectors and small tables."""
    return len(shape) >= 2 and int(np.prod(shape)) >= MIN_ELEMENTS  # noqa: PLR2004 (a matrix has 2)


def quantize(weights: Array, axis: int = 0, levels: int = EIGHT_BITS) -> Stored:
    """Quantize floating-point ``weights`` to integers up to ``levels``, with a scale per index along ``axis``.

    Raises:
        WeightsError: A weight is not finite.
    """
    exact = weights.astype(np.float32, copy=False)
    others = tuple(i for i in range(exact.ndim) if i != axis)
    peak = np.maximum(exact.max(axis=others, keepdims=True), -exact.min(axis=others, keepdims=True))
    if not np.isfinite(peak).all():
        raise WeightsError("weights that are not finite cannot be stored in 8 bits")
    scale = (peak / levels).astype(np.float32)
    steps = np.divide(exact, scale, out=np.zeros_like(exact), where=scale > 0)
    np.rint(steps, out=steps)
    np.clip(steps, -levels, levels, out=steps)
    return Stored(steps.astype(np.int8), scale)


def quantize_best(weights: Array, levels: int = EIGHT_BITS) -> tuple[Stored, QuantizationError]:
    """Quantize along the first or second dimension, whichever loses less.

    The output channels are the first dimension of linear layers, convolutions and embeddings, and
    the second of transposed convolutions; the values show which.
    """
    tried = [quantize(weights, axis, levels) for axis in (0, 1)]
    errors = [measure(weights, one.full()) for one in tried]
    best = min((0, 1), key=lambda axis: errors[axis].square_error)
    # Scales along the second dimension only pay if they are clearly better.
    if best == 1 and errors[1].square_error > 0.8 * errors[0].square_error:
        best = 0
    return tried[best], errors[best]


def measure(given: Array, stored: Array) -> QuantizationError:
    """Error figures of ``stored`` against ``given``."""
    left, right = np.ravel(given), np.ravel(stored)
    total = QuantizationError()
    for start in range(0, left.size, _CHUNK):
        exact = left[start : start + _CHUNK].astype(np.float64)
        difference = right[start : start + _CHUNK] - exact
        total += QuantizationError(
            float(np.abs(difference).max()), float(difference @ difference), float(exact @ exact)
        )
    return total


def join_scales(stored: Mapping[str, Array], source: str) -> dict[str, Stored]:
    """Join the 8-bit and 6-bit tensors of a file with their scales.

    Args:
        stored: Key -> array; an 8-bit tensor ``k`` comes with ``k:scale``; for 6 bits see six_bits.py.
        source: Name for errors.

    Raises:
        WeightsError: A scale has no tensor or does not fit its tensor, or packed values are damaged.
    """
    joined: dict[str, Stored] = {}
    for key, values in _unpacked(stored, source).items():
        if key.endswith(SCALE_SUFFIX):
            stem = key.removesuffix(SCALE_SUFFIX)
            if stem not in stored and stem + SIX_SUFFIX not in stored:
                raise WeightsError(f"{source}: {key!r} has no tensor")
            continue
        scale = stored.get(key + SCALE_SUFFIX)
        if scale is not None:
            _check_scale(source, key, values, scale)
        joined[key] = Stored(values, scale)
    return joined


def _unpacked(stored: Mapping[str, Array], source: str) -> dict[str, Array]:
    """Unpack every 6-bit tensor to bytes, under its own key."""
    found: dict[str, Array] = {}
    for key, values in stored.items():
        if key.endswith(SIX_SUFFIX):
            stem = key.removesuffix(SIX_SUFFIX)
            layout = stored.get(stem + LAYOUT_SUFFIX)
            if layout is None or stem in stored or stem + SCALE_SUFFIX not in stored:
                raise WeightsError(f"{source}: {key!r} lacks its layout or scale, or is duplicated")
            found[stem] = unpack(values, layout, f"{source}: {stem!r}")
        elif key.endswith(LAYOUT_SUFFIX):
            if key.removesuffix(LAYOUT_SUFFIX) + SIX_SUFFIX not in stored:
                raise WeightsError(f"{source}: {key!r} has no tensor")
        else:
            found[key] = values
    return found


def _check_scale(source: str, key: str, values: Array, scale: Array) -> None:
    fits = scale.ndim == values.ndim and all(
        n in {1, m} for n, m in zip(scale.shape, values.shape, strict=True)
    )
    if values.dtype != np.int8 or scale.dtype != np.float32 or not fits:
        raise WeightsError(
            f"{source}: scale {scale.dtype}{scale.shape} does not fit tensor {key!r},"
            f" {values.dtype}{values.shape}"
        )

"""The last steps before samples leave: fades, pauses, 16-bit integers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.errors import AudioError

_FULL_SCALE = 32768.0


def fade(samples: Samples, rate: int, *, rise_s: float = 0.0, fall_s: float = 0.0) -> Samples:
    """Fade in the first `rise_s` seconds of [n] samples and fade out the last `fall_s` seconds.

    The ramps are halves of a cosine, whose slope has no audible corners. If there are too few samples for both
    ramps, each gets a share of them.
    """
    rise, fall = round(rise_s * rate), round(fall_s * rate)
    if rise + fall > len(samples):
        rise = len(samples) * rise // (rise + fall)
        fall = len(samples) - rise if fall else 0
    result = samples.copy()
    result[:rise] *= _ramp(rise)
    result[len(result) - fall :] *= _ramp(fall)[::-1]
    return result


def silence(seconds: float, rate: int) -> Samples:
    """`seconds` of zeros."""
    return np.zeros(int(seconds * rate), dtype=np.float32)


def to_int16(samples: Samples) -> NDArray[np.int16]:
    """Convert samples [n] with full scale 1.0 to 16-bit integers; values beyond are clipped, never wrapped.

    Integers read from a file and divided by 32768 are restored exactly.

    Raises:
        AudioError: a sample is NaN or infinite.
    """
    wide = samples.astype(np.float64)
    if not np.isfinite(wide).all():
        bad = int(np.count_nonzero(~np.isfinite(wide)))
        raise AudioError(f"{bad} of {wide.size} samples are NaN or infinite")
    steps = np.rint(wide * _FULL_SCALE)
    return np.clip(steps, -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)


def _ramp(length: int) -> Samples:
    """A ramp from just above 0 to just below 1."""
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(length, 1))).astype(
        np.float32
    )

"""Changes the sample rate.

There are three ways, because the networks were trained with two different resamplers: `sinc_resample` is for
the spectrogram, `to_16k` for HuBERT. `resample` is for everything that people hear.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import soxr
from numpy.typing import NDArray

from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.errors import AudioError
from dora_mlx_tts.messages import must_be

_ZEROS = 6  # zero crossings of the sinc on each side
_ROLLOFF = 0.99
_BLOCK = 1 << 16  # outputs computed at once, which bounds memory


def resample(samples: Samples, rate: int, new_rate: int) -> Samples:
    """Resample [N] or [N, C] with soxr's best common quality (HQ).

    Raises:
        AudioError: a rate is not above zero.
    """
    _check_rates(rate, new_rate)
    if rate == new_rate or not len(samples):
        return samples
    wanted = math.ceil(len(samples) * new_rate / rate)
    result = soxr.resample(samples, rate, new_rate, quality="HQ")
    return _fit(np.asarray(result, dtype=np.float32), wanted)


def to_16k(samples: Samples, rate: int) -> Samples:
    """Samples [n] at 16 kHz for HuBERT, as `librosa.load` does it: soxr HQ, ceil(n * 16000 / rate)."""
    return resample(samples, rate, 16000)


def sinc_resample(samples: Samples, rate: int, new_rate: int) -> Samples:
    """Resample [N] as torchaudio's `Resample` does with its defaults; ceil(N * new / old) samples.

    The filter is a Hann-windowed sinc with six zero crossings per side, cut off at 0.99 of the lower Nyquist
    frequency. Every output needs only one or two dozen inputs, so they are gathered instead of multiplying by
    the whole filter bank, whose size explodes for rates without a common factor.

    Raises:
        AudioError: a rate is not above zero.
    """
    _check_rates(rate, new_rate)
    if rate == new_rate:
        return samples
    divisor = math.gcd(rate, new_rate)
    old, new = rate // divisor, new_rate // divisor
    first, taps = _filters(old, new)
    margin = taps.shape[1]
    padded = np.pad(samples.astype(np.float32, copy=False), margin)
    window = np.lib.stride_tricks.sliding_window_view(padded, margin)
    length = math.ceil(len(samples) * new / old)
    result = np.empty(length, dtype=np.float32)
    for start in range(0, length, _BLOCK):
        frame, phase = np.divmod(np.arange(start, min(length, start + _BLOCK)), new)
        at = frame * old + first[phase] + margin
        result[start : start + len(at)] = np.einsum("nk,nk->n", window[at], taps[phase])
    return result


@functools.lru_cache(maxsize=8)
def _filters(old: int, new: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """For each of the `new` phases, the first input relative to the frame, and the taps [new, K]."""
    cutoff = min(old, new) * _ROLLOFF
    width = math.ceil(_ZEROS * old / cutoff)
    phase = np.arange(new)
    first = phase * old // new - width
    position = first[:, None] + np.arange(2 * width + 2)
    shift = (phase / new).astype(np.float32)  # torchaudio rounds the phases, and only them
    t = (position / old - shift[:, None]) * cutoff
    t = np.clip(t, -_ZEROS, _ZEROS)
    window = np.cos(t * np.pi / _ZEROS / 2) ** 2
    taps = np.sinc(t) * window * (cutoff / old)
    return first, taps.astype(np.float32)


def _check_rates(*rates: int) -> None:
    for rate in rates:
        if rate <= 0:
            raise AudioError(must_be("sample rate", "above 0", rate))


def _fit(samples: Samples, length: int) -> Samples:
    """Truncate or zero-pad to `length`."""
    if len(samples) >= length:
        return samples[:length]
    return np.pad(samples, [(0, length - len(samples)), *[(0, 0)] * (samples.ndim - 1)])

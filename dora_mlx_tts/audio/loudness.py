"""Loudness as ITU-R BS.1770-4 defines it: K-weighted, gated, in LUFS (1 LU is 1 dB)."""

from __future__ import annotations

import math
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.audio.types import Samples

_OFFSET: Final = -0.691
"""Offset that cancels the gain of K-weighting for a tone of 997 Hz."""
_ABSOLUTE_GATE: Final = -70.0
_RELATIVE_GATE: Final = -10.0
_BLOCK_S: Final = 0.4
_STEP_S: Final = 0.1
_STEPS: Final = round(_BLOCK_S / _STEP_S)
_RESPONSE_S: Final = 0.2
"""Seconds after which the filters' response has fallen below 1e-12 of its start."""


class KWeighting:
    """The K-weighting filters, for mono audio that arrives in pieces.

    Args:
        rate: samples per second.
    """

    def __init__(self, rate: int) -> None:
        self._response = _k_response(rate)
        self._before = np.zeros(len(self._response) - 1)

    def __call__(self, samples: Samples) -> NDArray[np.float64]:
        """Weight the next samples [n]: convolve them with the filters' response."""
        given = np.concatenate([self._before, samples.astype(np.float64)])
        self._before = given[len(given) - len(self._before) :]
        size = 1 << (len(given) - 1).bit_length()
        product = np.fft.rfft(given, size) * np.fft.rfft(self._response, size)
        return np.fft.irfft(product, size)[len(given) - len(samples) : len(given)]


class LoudnessMeter:
    """Measures the loudness of mono audio that arrives in pieces.

    Only whole steps of 0.1 s are kept, each as one number, so memory grows by ten numbers per second.

    Args:
        rate: samples per second.
    """

    def __init__(self, rate: int) -> None:
        self._weighting = KWeighting(rate)
        self._step = round(_STEP_S * rate)
        self._rest = np.zeros(0)
        self._energies: list[float] = []

    def add(self, samples: Samples) -> None:
        """Add samples [n]."""
        squares = np.concatenate([self._rest, self._weighting(samples) ** 2])
        count = len(squares) // self._step
        steps = squares[: count * self._step].reshape(count, self._step)
        self._energies += steps.mean(axis=1).tolist()
        self._rest = squares[count * self._step :]

    @property
    def loudness(self) -> float:
        """Integrated loudness of everything so far, in LUFS; -inf if all of it is silence.

        Audio shorter than a block of 0.4 s is measured as one block.
        """
        steps = np.array(self._energies)
        if not len(steps):
            return -math.inf
        width = min(_STEPS, len(steps))
        blocks = np.convolve(steps, np.full(width, 1 / width), "valid")
        heard = blocks[blocks > energy_of(_ABSOLUTE_GATE)]
        if not len(heard):
            return -math.inf
        gate = heard.mean() * 10 ** (_RELATIVE_GATE / 10)
        return _lufs(float(heard[heard > gate].mean()))


def loudness_of(samples: Samples, rate: int) -> float:
    """Integrated loudness of mono samples [n] in LUFS; -inf for silence and for less than 0.1 s."""
    meter = LoudnessMeter(rate)
    meter.add(samples)
    return meter.loudness


def _lufs(energy: float) -> float:
    return _OFFSET + 10 * math.log10(energy)


def energy_of(lufs: float) -> float:
    """The mean square of K-weighted audio with this loudness."""
    return float(10 ** ((lufs - _OFFSET) / 10))


@cache
def _k_response(rate: int) -> NDArray[np.float64]:
    """The impulse response of both filters at a rate, as far as it matters."""
    signal = np.zeros(math.ceil(_RESPONSE_S * rate))
    signal[0] = 1.0
    for b, a in (_head_shelf(rate), _low_cut(rate)):
        signal = _biquad(signal, b, a)
    return signal


def _head_shelf(rate: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The first filter, a high shelf of 4 dB, from its analogue parameters, so that any rate works."""
    gain, q, frequency = 3.999843853973347, 0.7071752369554196, 1681.974450955533
    k = math.tan(math.pi * frequency / rate)
    high = 10 ** (gain / 20)
    band = high**0.4996667741545416
    norm = 1 + k / q + k * k
    b = (high + band * k / q + k * k, 2 * (k * k - high), high - band * k / q + k * k)
    a = (2 * (k * k - 1), 1 - k / q + k * k)
    return tuple(value / norm for value in b), tuple(value / norm for value in a)


def _low_cut(rate: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The second filter, a high pass at 38 Hz."""
    q, frequency = 0.5003270373238773, 38.13547087602444
    k = math.tan(math.pi * frequency / rate)
    norm = 1 + k / q + k * k
    return (1.0, -2.0, 1.0), (2 * (k * k - 1) / norm, (1 - k / q + k * k) / norm)


def _biquad(
    samples: NDArray[np.float64], b: tuple[float, ...], a: tuple[float, ...]
) -> NDArray[np.float64]:
    """A second-order filter, sample by sample; only used for responses."""
    result = np.zeros_like(samples)
    x1 = x2 = y1 = y2 = 0.0
    for number, x in enumerate(samples.tolist()):
        y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2
        x1, x2, y1, y2 = x, x1, y, y1
        result[number] = y
    return result

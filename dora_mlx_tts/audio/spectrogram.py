"""Spectra as in the networks' training. Time comes first: results are [T, bins], float32."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.audio.types import Samples, Spectrum
from dora_mlx_tts.errors import AudioError

_MEL_FLOOR = 1e-5
_MEL_RANGE = (-12.0, 2.0)  # log mel values that map to -1 and 1
_FBANK_FLOOR = float(np.finfo(np.float32).eps)


@dataclass(frozen=True, slots=True)
class MelConfig:
    """Parameters of a mel spectrogram; the window is as long as the transform."""

    rate: int
    n_fft: int
    hop: int
    mels: int = 100


MEL_V3 = MelConfig(24000, 1024, 256)
MEL_V4 = MelConfig(32000, 1280, 320)


def spectrogram(samples: Samples, n_fft: int = 2048, hop: int = 640) -> Spectrum:
    """Magnitudes [N // hop, n_fft / 2 + 1]: periodic Hann window, reflected edges.

    The defaults are those of the reference spectrum at 32 kHz.

    Raises:
        AudioError: there are fewer samples than the reflection at the edges needs.
    """
    edge = (n_fft - hop) // 2
    if len(samples) <= max(edge, hop):
        raise AudioError(
            f"a spectrum must have at least {max(edge, hop) + 1} samples, got {len(samples)}"
        )
    padded = np.pad(samples.astype(np.float32, copy=False), edge, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    spectrum = np.fft.rfft(frames * window.astype(np.float32), axis=-1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    return np.asarray(np.sqrt(power + 1e-8), dtype=np.float32)


def log_mel(samples: Samples, config: MelConfig) -> Spectrum:
    """Natural logarithm of the mel spectrum [N // hop, mels], cut off at log(1e-5)."""
    magnitude = spectrogram(samples, config.n_fft, config.hop)
    mel = magnitude @ mel_basis(config).T
    return np.asarray(np.log(np.maximum(mel, _MEL_FLOOR)), dtype=np.float32)


def normalize_mel(mel: Spectrum) -> Spectrum:
    """Map [-12, 2] to [-1, 1]; nothing is clipped."""
    low, high = _MEL_RANGE
    return ((mel - low) / (high - low) * 2 - 1).astype(np.float32)


def denormalize_mel(mel: Spectrum) -> Spectrum:
    """The inverse of `normalize_mel`."""
    low, high = _MEL_RANGE
    return ((mel + 1) / 2 * (high - low) + low).astype(np.float32)


@functools.lru_cache(maxsize=4)
def mel_basis(config: MelConfig) -> Spectrum:
    """Triangular filters [mels, n_fft / 2 + 1] on the Slaney scale, each of unit area."""
    bins = np.arange(config.n_fft // 2 + 1, dtype=np.float64) * (config.rate / config.n_fft)
    edges = _from_slaney(np.linspace(0.0, _to_slaney(config.rate / 2), config.mels + 2))
    triangles = _triangles(bins, edges)
    triangles *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return triangles.astype(np.float32)


def kaldi_fbank(samples: Samples, rate: int = 16000, bins: int = 80) -> Spectrum:
    """Kaldi's log filter bank [frames, bins] with its defaults, without dither.

    25 ms frames every 10 ms (whole ones only), mean removed, pre-emphasis 0.97, Povey window, power
    spectrum, HTK mel scale from 20 Hz to the Nyquist frequency.

    Raises:
        AudioError: the samples do not fill one frame.
    """
    length, shift = rate * 25 // 1000, rate // 100
    if len(samples) < length:
        raise AudioError(f"a filter bank must have at least {length} samples, got {len(samples)}")
    frames = np.lib.stride_tricks.sliding_window_view(samples, length)[::shift].astype(np.float64)
    frames = frames - frames.mean(axis=1, keepdims=True)
    previous = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / (length - 1))) ** 0.85
    n_fft = 1 << (length - 1).bit_length()
    spectrum = np.fft.rfft((frames - 0.97 * previous) * window, n_fft, axis=1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    energies = power[:, : n_fft // 2] @ _fbank_basis(rate, bins, n_fft).T
    return np.log(np.maximum(energies, _FBANK_FLOOR)).astype(np.float32)


@functools.lru_cache(maxsize=2)
def _fbank_basis(rate: int, bins: int, n_fft: int) -> NDArray[np.float64]:
    """Filters [bins, n_fft / 2] that are triangles on the mel scale, as in Kaldi."""
    mel = _to_htk(np.arange(n_fft // 2) * rate / n_fft)
    low, high = _to_htk(np.array([20.0, rate / 2]))
    return _triangles(mel, np.linspace(low, high, bins + 2))


def _triangles(points: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Value at each point of the triangles between edges i, i + 1 (the peak, 1) and i + 2."""
    rising = (points - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - points) / np.diff(edges)[1:, None]
    return np.maximum(0.0, np.minimum(rising, falling))


def _to_htk(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1127.0 * np.log1p(hertz / 700.0)


_LINEAR_STEP = 200.0 / 3  # Hz per mel below the knee at 1000 Hz, 15 mels
_LOG_STEP = np.log(6.4) / 27.0


def _to_slaney(hertz: float) -> float:
    if hertz < 1000.0:  # noqa: PLR2004  the knee
        return hertz / _LINEAR_STEP
    return float(15.0 + np.log(hertz / 1000.0) / _LOG_STEP)


def _from_slaney(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    above = 1000.0 * np.exp(_LOG_STEP * (mels - 15.0))
    return np.where(mels < 15.0, mels * _LINEAR_STEP, above)  # noqa: PLR2004  the knee

from __future__ import annotations

import numpy as np
import pytest
from audio_signals import sine

from dora_mlx_tts.audio.spectrogram import (
    MEL_V3,
    MEL_V4,
    denormalize_mel,
    kaldi_fbank,
    log_mel,
    mel_basis,
    normalize_mel,
    spectrogram,
)
from dora_mlx_tts.errors import AudioError


@pytest.mark.parametrize("length", [6400, 6401, 7039])
def test_spectrum_of_a_sine(length):
    """A sine of amplitude a in bin k gives a * N / 4 with a Hann window."""
    samples = sine(32000 * 64 / 2048, 1.0, 32000, 0.5)[:length]
    spectrum = spectrogram(samples)
    assert spectrum.shape == (length // 640, 1025)
    middle = spectrum[4]
    assert middle.argmax() == 64
    assert middle[64] == pytest.approx(0.5 * 2048 / 4, rel=1e-3)
    assert middle[70:].max() < 0.1


def test_silence_keeps_the_floor():
    assert spectrogram(np.zeros(3200, np.float32)) == pytest.approx(1e-4)


@pytest.mark.parametrize("length", [0, 1, 704])
def test_too_few_samples(length):
    with pytest.raises(AudioError, match=f"at least .* samples, got {length}"):
        spectrogram(np.zeros(length, np.float32))


@pytest.mark.parametrize("config", [MEL_V3, MEL_V4])
def test_mel_filters_have_unit_area_and_cover_the_spectrum(config):
    basis = mel_basis(config)
    assert basis.shape == (100, config.n_fft // 2 + 1)
    assert (basis >= 0).all()
    area = basis.sum(axis=1) * config.rate / config.n_fft
    assert area[20:] == pytest.approx(1.0, abs=0.15)
    assert (basis.sum(axis=0)[1:-1] > 0).all()


@pytest.mark.parametrize("config", [MEL_V3, MEL_V4])
def test_mel_frames_floor_and_normalization(config):
    mel = log_mel(np.zeros(config.hop * 7 + 5, np.float32), config)
    assert mel.shape == (7, 100)
    assert mel == pytest.approx(np.log(1e-5))
    values = np.array([[-12.0, -5.0, 2.0, 4.0]], np.float32)
    assert normalize_mel(values).tolist() == [[-1.0, 0.0, 1.0, pytest.approx(9 / 7)]]
    np.testing.assert_allclose(denormalize_mel(normalize_mel(values)), values, atol=1e-5)


def test_fbank_peaks_where_the_tone_is():
    rows = kaldi_fbank(sine(1000.0, 0.5, 16000))
    assert rows.shape == (48, 80)
    mel = 1127 * np.log1p(np.array([20.0, 1000.0, 8000.0]) / 700)
    expected = (mel[1] - mel[0]) / (mel[2] - mel[0]) * 81 - 1
    assert abs(rows[20].argmax() - expected) < 1


def test_fbank_ignores_a_constant():
    x = sine(500.0, 0.1, 16000)
    np.testing.assert_allclose(kaldi_fbank(x + np.float32(0.25)), kaldi_fbank(x), atol=2e-3)


def test_fbank_of_too_little():
    with pytest.raises(AudioError, match="at least 400 samples, got 399"):
        kaldi_fbank(np.zeros(399, np.float32))

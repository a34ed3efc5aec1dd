from __future__ import annotations

import math

import numpy as np
import pytest
from audio_signals import sine

from dora_mlx_tts.audio.resample import resample, sinc_resample, to_16k
from dora_mlx_tts.errors import AudioError

PAIRS = [
    (44100, 32000),
    (48000, 32000),
    (16000, 32000),
    (32000, 16000),
    (8000, 32000),
    (44101, 32000),  # no common factor
    (192000, 32000),
]


@pytest.mark.parametrize("function", [sinc_resample, resample])
@pytest.mark.parametrize(("rate", "new_rate"), PAIRS)
def test_a_sine_stays_a_sine(function, rate, new_rate):
    got = function(sine(440.0, 0.5, rate), rate, new_rate)
    assert got.dtype == np.float32
    assert len(got) == math.ceil(round(0.5 * rate) * new_rate / rate)
    want = sine(440.0, 1.0, new_rate)[: len(got)]
    inside = slice(len(got) // 10, -len(got) // 10)
    assert np.abs(got - want)[inside].max() < 3e-3


@pytest.mark.parametrize("function", [sinc_resample, resample])
def test_what_the_new_rate_cannot_hold_is_removed(function):
    got = function(sine(7000.0, 0.5, 32000), 32000, 8000)
    assert np.abs(got[400:-400]).max() < 5e-3


def test_sinc_matches_its_definition():
    """Direct evaluation of the windowed sinc for one pair of rates, output by output."""
    rate, new_rate = 48000, 32000
    samples = np.random.default_rng(1).standard_normal(300).astype(np.float32)
    got = sinc_resample(samples, rate, new_rate)
    cutoff = 0.99 * new_rate / 2
    for n in (0, 1, 57, len(got) - 1):
        x = 2 * cutoff * (np.arange(len(samples)) / rate - n / new_rate)
        window = np.where(np.abs(x) < 6, np.cos(np.pi * x / 12) ** 2, 0.0)
        want = np.sum(samples * np.sinc(x) * window) * 2 * cutoff / rate
        assert got[n] == pytest.approx(want, abs=2e-6)


def test_long_input_equals_its_pieces():
    """Blocks of the computation leave no seam."""
    samples = np.random.default_rng(2).standard_normal(150_000).astype(np.float32)
    whole = sinc_resample(samples, 24000, 32000)
    piece = sinc_resample(samples[60_000:90_000], 24000, 32000)
    np.testing.assert_allclose(piece[50:-50], whole[80_050 : 80_000 + len(piece) - 50], atol=1e-6)


@pytest.mark.parametrize("function", [sinc_resample, resample])
def test_same_rate_and_nothing(function):
    samples = sine(100, 0.01, 8000)
    assert function(samples, 8000, 8000) is samples
    assert len(function(samples[:0], 8000, 16000)) == 0


@pytest.mark.parametrize("function", [sinc_resample, resample])
@pytest.mark.parametrize("rates", [(0, 16000), (16000, 0), (-8000, 16000)])
def test_impossible_rates(function, rates):
    with pytest.raises(AudioError, match="must be above 0, got"):
        function(sine(100, 0.01, 8000), *rates)


def test_channels_stay_apart():
    stereo = np.stack([sine(300, 0.2, 44100), np.zeros(8820, np.float32)], axis=1)
    got = to_16k(stereo, 44100)
    assert got.shape == (3200, 2)
    np.testing.assert_allclose(got[:, 0], to_16k(stereo[:, 0], 44100), atol=1e-6)
    assert not got[:, 1].any()

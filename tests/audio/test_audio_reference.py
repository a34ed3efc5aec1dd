from __future__ import annotations

import logging

import numpy as np
import pytest
import soundfile
from audio_signals import babble, sine

from dora_mlx_tts.audio.reference import PROMPT, STYLE, reference_samples
from dora_mlx_tts.errors import ReferenceAudioError


def test_a_good_recording():
    samples = babble(4.0, 44100)
    got = reference_samples(samples, 44100)
    assert got.samples_32k.shape == (128000,)
    assert got.samples_16k.shape == (64000,)
    assert got.spectrum().shape == (200, 1025)
    assert got.speaker_samples().shape == (64000,)
    assert (got.rate, got.channels, got.duration_s, got.advice) == (44100, 1, 4.0, ())


def test_stereo_at_8_khz(tmp_path, caplog):
    path = tmp_path / "phone.wav"
    voice = babble(4.0, 8000)
    soundfile.write(path, np.stack([voice, voice / 2], axis=1), 8000)
    with caplog.at_level(logging.WARNING):
        got = reference_samples(path)
    assert got.samples_16k.shape == (64000,)
    np.testing.assert_allclose(np.abs(got.samples_32k).max(), np.abs(voice).max() * 0.75, rtol=0.05)
    assert "lacks high frequencies" in got.advice[0]
    assert "phone.wav" in caplog.text


def test_five_channels():
    voice = babble(3.5, 16000)
    got = reference_samples(np.stack([voice] * 5, axis=1), 16000)
    np.testing.assert_allclose(got.samples_16k, voice, atol=1e-6)
    assert got.channels == 5


@pytest.mark.parametrize(("peak", "expected"), [(0.9, 0.9), (1.5, 1.0), (3.0, 1.5)])
def test_loud_recordings_are_scaled_for_the_spectrum_only(peak, expected):
    samples = babble(3.5, 32000, amplitude=peak)
    got = reference_samples(samples, 32000)
    assert np.abs(got.samples_32k).max() == pytest.approx(expected, rel=1e-4)
    assert np.abs(got.samples_16k).max() == pytest.approx(peak, rel=0.1)
    assert ("clipped" in " ".join(got.advice)) == (peak > 1)


def test_quiet_recordings_get_advice():
    assert "very quiet" in reference_samples(babble(4.0, amplitude=0.02), 32000).advice[0]


@pytest.mark.parametrize(
    ("seconds", "limits", "allowed"),
    [
        (0.1, PROMPT, "3 to 10 s"),
        (2.99, PROMPT, "3 to 10 s"),
        (10.01, PROMPT, "3 to 10 s"),
        (60.0, PROMPT, "3 to 10 s"),
        (0.5, STYLE, "1 to 60 s"),
        (60.5, STYLE, "1 to 60 s"),
    ],
)
def test_lengths_out_of_range(seconds, limits, allowed):
    with pytest.raises(
        ReferenceAudioError, match=f"must last {allowed}, got .* s: choose"
    ) as caught:
        reference_samples(babble(seconds, 16000), 16000, limits=limits)
    assert f"{seconds:.2f} s" in str(caught.value)


@pytest.mark.parametrize(("seconds", "limits"), [(3.0, PROMPT), (10.0, PROMPT), (1.0, STYLE)])
def test_lengths_on_the_border(seconds, limits):
    assert reference_samples(babble(seconds, 16000), 16000, limits=limits).duration_s == seconds


def inverse_channels() -> np.ndarray:
    voice = babble(4.0, 16000)
    return np.stack([voice, -voice], axis=1)


def burst() -> np.ndarray:
    samples = np.zeros(64000, np.float32)
    samples[30000:36000] = babble(0.375, 16000)
    return samples


NOISE = np.random.default_rng(0).standard_normal(64000).astype(np.float32)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(64000, np.float32), "is silent"),
        (np.full(64000, 1e-3, np.float32), "is silent"),
        (inverse_channels(), "is silent .*inverse"),
        (0.1 * NOISE, "steady sound"),
        (sine(100, 4.0, 16000), "steady sound"),
        (burst(), "has only 0.*trim the silence"),
        (np.full(64000, np.nan, np.float32), "64000 of 64000 samples are NaN"),
        (np.zeros(0, np.float32), "holds no samples"),
    ],
)
def test_content_that_is_no_speech(samples, message):
    with pytest.raises(ReferenceAudioError, match=message):
        reference_samples(samples, 16000)


@pytest.mark.parametrize("rate", [None, 0, -1])
def test_samples_need_a_rate(rate):
    with pytest.raises(ReferenceAudioError, match="above 0, got"):
        reference_samples(babble(4.0), rate)


def test_low_rates():
    with pytest.raises(ReferenceAudioError, match="at least 8000 samples per second, got 4000"):
        reference_samples(babble(4.0, 4000), 4000)


def test_files_that_are_no_audio(tmp_path):
    path = tmp_path / "reference.wav"
    path.write_text("not audio")
    with pytest.raises(
        ReferenceAudioError, match=r"reference recording: .*reference\.wav: not audio"
    ):
        reference_samples(path)
    with pytest.raises(ReferenceAudioError, match="no such file"):
        reference_samples(tmp_path / "missing.wav")

"""Loudness against the figures of the standard, and of pyloudnorm for the same sounds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dora_mlx_tts.audio.loudness import (
    LoudnessMeter,
    _head_shelf,
    _low_cut,
    energy_of,
    loudness_of,
)

# ITU-R BS.1770-4, tables 1 and 2: the filters at 48 kHz.
SHELF_B = (1.53512485958697, -2.69169618940638, 1.19839281085285)
SHELF_A = (-1.69065929318241, 0.73248077421585)
LOW_CUT_A = (-1.99004745483398, 0.99007225036621)


def tone(hertz: float, level: float, seconds: float, rate: int = 48_000) -> np.ndarray:
    time = np.arange(int(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def speechlike(rate: int, seconds: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    time = np.arange(int(rate * seconds)) / rate
    sound = 0.2 * np.sin(2 * np.pi * 180 * time) + 0.05 * rng.standard_normal(len(time))
    return (sound * np.where(np.sin(2 * np.pi * 0.7 * time) > -0.3, 1.0, 0.003)).astype(np.float32)


def test_the_filters_are_the_standards_at_48_khz() -> None:
    (b, a), (_, low) = _head_shelf(48_000), _low_cut(48_000)
    np.testing.assert_allclose(b, SHELF_B, atol=1e-8)
    np.testing.assert_allclose(a, SHELF_A, atol=1e-8)
    np.testing.assert_allclose(low, LOW_CUT_A, atol=1e-8)


@pytest.mark.parametrize("rate", [8000, 24_000, 32_000, 48_000])
def test_a_full_tone_is_3_below_zero(rate: int) -> None:
    assert loudness_of(tone(997, 1.0, 2, rate), rate) == pytest.approx(-3.01, abs=0.05)


# What pyloudnorm 0.2.0 says of `speechlike`, with `filter_class="DeMan"`, whose filters are the standard's.
@pytest.mark.parametrize(
    ("rate", "seconds", "seed", "lufs"),
    [
        (16000, 3.0, 1, -18.3012),
        (24000, 7.4, 2, -18.3263),
        (32000, 0.9, 3, -17.0533),
        (44100, 5.0, 4, -18.1015),
        (48000, 12.0, 5, -18.2893),
    ],
)
def test_it_measures_what_pyloudnorm_does(
    rate: int, seconds: float, seed: int, lufs: float
) -> None:
    assert loudness_of(speechlike(rate, seconds, seed), rate) == pytest.approx(lufs, abs=2e-3)


def test_silence_around_a_sound_does_not_count() -> None:
    sound = tone(440, 0.1, 3)
    padded = np.concatenate([np.zeros(480_000, np.float32), sound, np.zeros(480_000, np.float32)])
    assert loudness_of(padded, 48_000) == pytest.approx(loudness_of(sound, 48_000), abs=0.6)


@pytest.mark.parametrize("samples", [0, 1, 3199])
def test_less_than_a_step_and_silence_have_no_loudness(samples: int) -> None:
    assert loudness_of(np.ones(samples, np.float32), 32_000) == -math.inf
    assert loudness_of(np.zeros(32_000, np.float32), 32_000) == -math.inf


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=12), st.sampled_from([16_000, 32_000]))
def test_pieces_measure_as_the_whole(sizes: list[int], rate: int) -> None:
    sound = speechlike(rate, sum(sizes) / rate, 6)
    meter, start = LoudnessMeter(rate), 0
    for size in sizes:
        meter.add(sound[start : start + size])
        start += size
    meter.add(sound[start:])
    expected = loudness_of(sound, rate)
    assert meter.loudness == expected or meter.loudness == pytest.approx(expected, abs=1e-6)


def test_energy_of_a_loudness() -> None:
    assert energy_of(-0.691) == pytest.approx(1.0)

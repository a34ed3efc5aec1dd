from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora_mlx_tts.audio.finish import fade, silence, to_int16
from dora_mlx_tts.errors import AudioError


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_int16_clips_and_never_wraps():
    got = to_int16(floats(1.0, -1.0, 1.5, -7.0, 0.99999, 0.0, 3e38))
    assert got.dtype == np.int16
    assert got.tolist() == [32767, -32768, 32767, -32768, 32767, 0, 32767]


@given(st.integers(-32768, 32767))
def test_int16_there_and_back(value):
    assert to_int16(floats(value / 32768)).tolist() == [value]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_int16_refuses_what_is_no_number(bad):
    with pytest.raises(AudioError, match="1 of 2 samples"):
        to_int16(floats(0.0, bad))


def test_fade_starts_and_ends_in_silence():
    ones = np.ones(1000, np.float32)
    got = fade(ones, 1000, rise_s=0.1, fall_s=0.2)
    assert got[0] < 0.01
    assert got[-1] < 0.01
    assert (np.diff(got[:100]) > 0).all()
    assert (np.diff(got[800:]) < 0).all()
    assert (got[100:800] == 1).all()
    assert (ones == 1).all()


@pytest.mark.parametrize("length", [0, 1, 2, 9])
def test_fade_longer_than_the_samples(length):
    got = fade(np.ones(length, np.float32), 1000, rise_s=0.1, fall_s=0.1)
    assert len(got) == length
    assert (got < 1).all()


def test_no_fade():
    samples = floats(1, 2, 3)
    np.testing.assert_array_equal(fade(samples, 1000), samples)
    np.testing.assert_array_equal(fade(samples, 1000, rise_s=1)[2:] < 3, [True])


def test_silence_has_its_length():
    assert silence(0.3, 32000).size == 9600

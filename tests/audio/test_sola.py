"""Joining fragments that overlap."""

from __future__ import annotations

import numpy as np
import pytest

from dora_mlx_tts.audio.sola import best_offset, blend, sola
from dora_mlx_tts.errors import AudioError


def sound(length: int, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=length)
    return np.convolve(noise, np.hanning(9), mode="same").astype(np.float32) * 0.1


@pytest.mark.parametrize("shift", [0, 1, 17, 40])
def test_a_cut_sound_is_put_together_again(shift):
    whole = sound(3000)
    late = np.concatenate([sound(40, 2)[:shift], whole[900:]])  # begins with something else
    joined = sola([whole[:1000], late], overlap=100, search=40)
    np.testing.assert_allclose(joined, whole, atol=1e-6)


def test_three_fragments_of_the_same_sound():
    whole = sound(3000)
    cut = [whole[:1000], whole[900:2000], whole[1900:]]
    np.testing.assert_allclose(sola(cut, 100, 20), whole, atol=1e-6)


def test_the_measure_is_relative_to_the_energy():
    tail = np.array([1, -1, 1, -1], np.float32)
    following = np.array([0.1, -0.1, 0.1, -0.1, 9, 9, 9, 2], np.float32)
    assert best_offset(tail, following, 4) == 0


def test_the_search_ends_where_the_fragment_ends():
    assert best_offset(np.ones(4, np.float32), np.array([-1, 1, 1, 1, 1], np.float32), 300) == 1


def test_blend_is_half_and_half_in_the_middle():
    joined = blend(np.zeros(10, np.float32), np.ones(20, np.float32))
    assert joined[0] == 0
    assert joined[5] == pytest.approx(0.5)
    assert (joined[10:] == 1).all()
    assert (np.diff(joined[:11]) > 0).all()


def test_inputs_are_not_changed():
    a, b = sound(200), sound(200, 2)
    copies = a.copy(), b.copy()
    sola([a, b], 50, 10)
    np.testing.assert_array_equal(a, copies[0])
    np.testing.assert_array_equal(b, copies[1])


def test_few_fragments():
    assert len(sola([], 100)) == 0
    one = sound(50)
    np.testing.assert_array_equal(sola([one], 100), one)
    np.testing.assert_array_equal(sola([one, one], 0), np.concatenate([one, one]))


@pytest.mark.parametrize("lengths", [(50, 200), (200, 50)])
def test_fragments_shorter_than_the_overlap_are_refused(lengths):
    with pytest.raises(AudioError, match="50 samples cannot be joined over 100"):
        sola([sound(n) for n in lengths], 100)

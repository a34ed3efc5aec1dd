"""The reference's steps by themselves, so that goldens compare with what is right."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import pytest
from reference_steps import batches, join_latent, latent_window, limit_peak, with_pauses

from dora_mlx_tts.errors import SynthesisError


class Doubling:
    """An encoder of two frames a code, one channel that holds the code."""

    def encode_latent(self, codes: mx.array, text: mx.array, ge: mx.array) -> mx.array:
        return mx.repeat(codes.astype(mx.float32), 2, axis=1)[..., None]


def test_joined_frames_run_from_the_old_to_the_new() -> None:
    tail, latent = mx.ones((1, 4, 2)), mx.full((1, 6, 2), 3.0)
    joined = np.array(join_latent(tail, latent))
    angle = np.arange(4) / 4 * np.pi / 2
    np.testing.assert_allclose(joined[0, :4, 0], np.cos(angle) + 3 * np.sin(angle), atol=1e-6)
    np.testing.assert_array_equal(joined[0, 4:], 3.0)
    np.testing.assert_array_equal(np.array(join_latent(tail[:, :0], latent)), np.array(latent))
    with pytest.raises(SynthesisError, match="7 frames to blend"):
        join_latent(mx.ones((1, 7, 2)), latent)


def test_a_window_holds_the_frames_of_the_last_codes() -> None:
    codes, nothing = mx.array([[3, 1, 4, 1, 5]]), mx.zeros((1, 1))
    window = latent_window(Doubling(), codes, nothing, nothing, 2)
    np.testing.assert_array_equal(np.array(window)[0, :, 0], [1, 1, 5, 5])
    for keep in (0, 6):
        with pytest.raises(SynthesisError, match="allowed: 1 to 5"):
            latent_window(Doubling(), codes, nothing, nothing, keep)


def test_peaks_are_limited_and_quieter_sound_stays() -> None:
    quiet = np.float32([0.5, -1.0])
    assert limit_peak(quiet) is quiet
    np.testing.assert_allclose(limit_peak(np.float32([0.5, -2.0])), [0.25, -1.0])
    assert np.abs(limit_peak(np.float32([3.0]), 0.8)).max() == pytest.approx(0.8)
    assert limit_peak(np.zeros(0, np.float32)).size == 0


def test_fragments_are_limited_and_each_is_followed_by_a_pause() -> None:
    fragments = [np.float32([0.5]), np.float32([2.0, -1.0])]
    np.testing.assert_allclose(with_pauses(fragments, 10, 0.25), [0.5, 0, 0, 1.0, -0.5, 0, 0])
    assert with_pauses([], 10, 0.25).size == 0


def test_batches_keep_the_order_where_lengths_do_not_count() -> None:
    assert batches([10, 100, 11], 2, 0.75, split=False) == [[0, 1], [2]]
    assert batches([10, 100, 11], 2, 0.75, split=True) == [[0, 2], [1]]

"""Vocoders fed in pieces: the whole's samples, nothing recomputed, no seam."""

from __future__ import annotations

from itertools import pairwise

import flow_tiny
import mlx.core as mx
import numpy as np
import pytest

from dora_mlx_tts.models.vocoders.stream import vocoder_stream
from dora_mlx_tts.runtime.device import Backend

LENGTH = 61


@pytest.fixture(scope="module", params=[(f, b) for f in ("v3", "v4") for b in Backend], ids=str)
def vocoder(request):
    return flow_tiny.vocoder(*request.param)


def pieces(vocoder, mel: mx.array, borders: list[int]) -> list[np.ndarray]:
    stream = vocoder_stream(vocoder)
    made = []
    for start, end in pairwise([0, *borders]):
        *empty, samples = stream.steps(mel[:, start:end], last=end == mel.shape[1])
        assert not any(part.size for part in empty)
        made.append(np.array(samples))
    return made


@pytest.mark.parametrize(
    "borders",
    [
        [LENGTH],
        [*range(1, LENGTH), LENGTH],
        [7, 14, 33, LENGTH],
        [3, LENGTH],
        [60, LENGTH],
        [2, 4, 40, LENGTH],
    ],
)
def test_pieces_are_the_whole(vocoder, borders):
    mel = mx.random.normal((1, LENGTH, flow_tiny.MELS), key=mx.random.key(8))
    whole = np.array(vocoder(mel))[0]
    made = pieces(vocoder, mel, borders)
    np.testing.assert_allclose(np.concatenate(made), whole, atol=2e-5)
    early = sum(map(len, made[:-1]))
    if len(borders) > 2:
        lag = vocoder_stream(vocoder).lag_frames
        assert early >= (borders[-2] - lag) * flow_tiny.HOP


@pytest.mark.parametrize("length", [1, 2, 3])
def test_the_shortest_spectrograms(vocoder, length):
    mel = mx.random.normal((1, length, flow_tiny.MELS), key=mx.random.key(8))
    whole = np.array(vocoder(mel))[0]
    for borders in ([length], list(range(1, length + 1))):
        made = np.concatenate(pieces(vocoder, mel, borders))
        np.testing.assert_allclose(made, whole, atol=2e-5)


def test_a_stream_may_be_told_late_that_it_is_over(vocoder):
    mel = mx.random.normal((1, 9, flow_tiny.MELS), key=mx.random.key(8))
    stream = vocoder_stream(vocoder)
    *_, first = stream.steps(mel, last=False)
    *_, rest = stream.steps(None, last=True)
    made = np.concatenate([np.array(first), np.array(rest)])
    np.testing.assert_allclose(made, np.array(vocoder(mel))[0], atol=2e-5)


def test_a_piece_costs_its_own_frames_alone(vocoder):
    """No context is computed again: layers see each of their frames once."""
    mel = mx.random.normal((1, LENGTH, flow_tiny.MELS), key=mx.random.key(8))
    seen = {}
    for name, borders in (("whole", [LENGTH]), ("pieces", [5, 20, 41, LENGTH])):
        convolution = vocoder.conv_post
        counts = []
        valid = convolution.valid

        def count(x, residual=None, valid=valid, counts=counts):
            made = valid(x, residual)
            counts.append(made.shape[1])
            return made

        convolution.valid = count
        try:
            pieces(vocoder, mel, borders)
        finally:
            del convolution.valid
        seen[name] = sum(counts)
    assert seen["pieces"] == seen["whole"] == LENGTH * flow_tiny.HOP

"""Cutting long speech into chunks, with stand-ins for the networks."""

from __future__ import annotations

import mlx.core as mx
import numpy as np
import pytest

from dora_mlx_tts.audio.spectrogram import denormalize_mel
from dora_mlx_tts.errors import ReferenceAudioError, SynthesisError
from dora_mlx_tts.models.cfm.chunked import (
    ChunkSizes,
    FlowPrompt,
    chunks,
    flow_prompt,
    overlapping,
    speak,
    speak_batch,
)

SIZES = ChunkSizes(prompt=6, chunk=14, overlap=2, hop=4, search=3)


def features(length: int, first: int = 0) -> mx.array:
    """Numbered frames [1, T, 1]."""
    return mx.arange(first, first + length).astype(mx.float32)[None, :, None]


def prompt(length: int = 6) -> FlowPrompt:
    return FlowPrompt(features(length, -length), features(length, -length) / 10)


class Flow:
    """Gives a tenth of each feature as the spectrogram, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[float], list[float]]] = []

    def __call__(self, mu: mx.array, known: mx.array) -> mx.array:
        assert known.shape[1] < mu.shape[1] <= SIZES.chunk
        for row in mu:
            self.asked.append((row[:, 0].tolist(), known[0, :, 0].tolist()))
        return mu / 10


def vocode(mel: mx.array) -> mx.array:
    """Four samples a frame."""
    return mx.repeat(mel[..., 0], 4, axis=1)


def test_each_chunk_continues_the_one_before():
    flow = Flow()
    made = list(chunks(features(20), prompt(), flow, SIZES))
    assert [part.shape[1] for part in made] == [8, 8, 4]
    assert [asked[6:] for asked, _ in flow.asked] == [
        [*range(8)],
        [*range(8, 16)],
        [*range(16, 20)],
    ]
    for index, start in enumerate((2, 10), start=1):
        asked, known = flow.asked[index]
        assert asked[:6] == [*range(start, start + 6)]
        np.testing.assert_allclose(known, np.arange(start, start + 6) / 10, rtol=1e-6)


def test_a_prompt_longer_than_a_chunk_becomes_shorter():
    flow = Flow()
    list(chunks(features(9), prompt(10), flow, SIZES))
    assert [len(known) for _, known in flow.asked] == [10, 4, 4]
    assert flow.asked[2][0] == [*range(4, 9)]


def test_speech_is_denormalized_and_vocoded_once():
    samples = speak(features(20), prompt(), Flow(), vocode, SIZES)
    want = denormalize_mel(np.arange(20, dtype=np.float32) / 10).repeat(4)
    np.testing.assert_allclose(samples, want, rtol=1e-6)


@pytest.mark.parametrize(
    ("length", "starts", "padding"),
    [(1, [0], 5), (6, [0, 6], 6), (4, [0], 2), (5, [0, 6], 7), (13, [0, 6, 12], 5)],
)
def test_overlapping_chunks(length, starts, padding):
    batch, zeros = overlapping(features(length, 1), 8, 2)
    padded = np.concatenate([np.zeros(2), np.arange(1, length + 1), np.zeros(9)])
    assert zeros == padding
    np.testing.assert_array_equal(
        np.array(batch)[..., 0], np.stack([padded[at : at + 8] for at in starts])
    )


def test_a_batch_gives_each_sentence_its_samples():
    """A loud, aperiodic stand-in for sound: aligned chunks agree, so nothing is dropped."""
    table = np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32)

    def sound(mel: mx.array) -> mx.array:
        frames = np.rint((np.array(mel)[0, :, 0] + 12) / 7 * 10 - 10).astype(int)
        return mx.array(table[frames].reshape(1, -1))

    flow = Flow()
    first, second = speak_batch([features(9, 1), features(7, 10)], prompt(), flow, sound, SIZES)
    np.testing.assert_allclose(first, table[1:10].ravel(), atol=1e-6)
    np.testing.assert_allclose(second, table[10:17].ravel(), atol=1e-6)
    assert len(flow.asked) == 3
    assert all(known == pytest.approx(flow.asked[0][1]) for _, known in flow.asked)
    assert speak_batch([], prompt(), flow, sound, SIZES) == []


def test_the_reference_is_cut_to_its_last_frames():
    made = flow_prompt(features(12), features(9) / 10, SIZES)
    assert made.features[0, :, 0].tolist() == [*range(3, 9)]
    assert made.frames == 6
    assert flow_prompt(features(2), features(9), SIZES).frames == 2
    with pytest.raises(ReferenceAudioError, match="0 of its spectrogram"):
        flow_prompt(features(2), features(0), SIZES)


def test_what_cannot_be_cut_is_refused():
    with pytest.raises(SynthesisError, match="leave 2 after a prompt of 12"):
        next(chunks(features(5), prompt(12), Flow(), SIZES))
    with pytest.raises(SynthesisError, match="no features"):
        next(chunks(features(0), prompt(), Flow(), SIZES))
    with pytest.raises(SynthesisError, match="no features"):
        speak_batch([features(5), features(0)], prompt(), Flow(), vocode, SIZES)
    with pytest.raises(SynthesisError, match="not finite"):
        speak(features(5), prompt(), Flow(), lambda mel: vocode(mel) * np.nan, SIZES)

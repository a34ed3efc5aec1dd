"""Chunks lose nothing, repeat nothing unless asked, and are cut where it is quiet."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_chunks import fixed_chunks, mute_chunks, mute_similarity

from dora_mlx_tts.errors import SettingError

VOCABULARY = 12
QUIET = np.full(VOCABULARY, -0.5, np.float32)
QUIET[0] = 1.0  # token 0 is silence
tokens = st.lists(st.integers(0, VOCABULARY - 1), max_size=60)
similarities = st.lists(st.floats(-1, 1, width=32), min_size=VOCABULARY, max_size=VOCABULARY)


def test_fixed_chunks():
    found = list(fixed_chunks(range(7), 3))
    assert [chunk.tokens for chunk in found] == [(0, 1, 2), (3, 4, 5), (6,)]
    assert [chunk.final for chunk in found] == [False, False, True]
    assert [chunk.final for chunk in fixed_chunks(range(6), 3)] == [False, False]


@given(tokens, st.integers(1, 9), similarities)
def test_chunks_joined_are_the_stream(stream, length, likeness):
    likeness = np.array(likeness, np.float32)
    for chunks in (fixed_chunks(stream, length), mute_chunks(stream, length, likeness)):
        found = list(chunks)
        assert [token for chunk in found for token in chunk.tokens] == stream
        assert all(len(chunk.tokens) >= length for chunk in found if not chunk.final)
        assert not any(chunk.final for chunk in found[:-1])


def test_mute_chunks_cut_at_silence():
    stream = [1, 2, 3, 4, 0, 0, 5, 6, 7, 8]
    found = list(mute_chunks(stream, 4, QUIET))
    assert [chunk.tokens for chunk in found] == [(1, 2, 3, 4, 0), (0, 5, 6, 7, 8)]


def test_mute_chunks_wait_for_silence():
    found = list(mute_chunks(range(1, 11), 3, QUIET))
    assert [chunk.tokens for chunk in found] == [tuple(range(1, 11))]
    assert found[0].final


def test_repeating_gives_the_tokens_after_the_cut_twice():
    stream = [1, 2, 3, 4, 0, 0, 5, 6, 7, 8]
    found = list(mute_chunks(stream, 4, QUIET, repeat=True))
    assert [chunk.tokens for chunk in found] == [(1, 2, 3, 4, 0, 0), (0, 5, 6, 7, 8)]


def test_threshold_makes_silence_harder():
    stream = [1, 2, 3, 4, 0, 0, 5, 6]
    assert len(list(mute_chunks(stream, 4, QUIET * 0.5, threshold=0.4))) == 2
    assert len(list(mute_chunks(stream, 4, QUIET * 0.5, threshold=0.6))) == 1


def test_chunks_come_as_soon_as_they_can():
    taken = []

    def stream():
        for token in range(9):
            taken.append(token)
            yield token

    next(fixed_chunks(stream(), 3))
    assert taken == [0, 1, 2]


def test_similarity_is_a_cosine():
    found = mute_similarity(np.array([[1, 0], [3, 3], [0, 2], [0, 0]], np.float32), 0)
    np.testing.assert_allclose(found, [1.0, np.sqrt(0.5), 0.0, 0.0], atol=1e-6)


def test_bad_values_are_refused():
    with pytest.raises(SettingError, match="tokens of a chunk must be an integer from 1, got 0"):
        list(fixed_chunks([1], 0))
    with pytest.raises(SettingError, match="integer from 1, got -1"):
        list(mute_chunks([1], -1, QUIET))
    with pytest.raises(SettingError, match="mute token must be from 0 to 3, got 9"):
        mute_similarity(np.zeros((4, 2), np.float32), 9)

"""Grouping sentences into batches."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora_mlx_tts.errors import SettingError
from dora_mlx_tts.synthesis.batching import buckets


def test_short_and_long_sentences_part():
    assert buckets([10, 100, 11, 12], 4) == [[0, 2, 3], [1]]


def test_equal_lengths_keep_their_order():
    assert buckets([5, 5, 5], 2, 1.0) == [[0, 1], [2]]


@given(st.lists(st.integers(0, 300)), st.integers(1, 9), st.floats(0, 2))
def test_every_sentence_is_in_one_batch(lengths, size, threshold):
    batches = buckets(lengths, size, threshold)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert all(1 <= len(batch) <= size for batch in batches)
    for batch in batches:
        found = [lengths[i] for i in batch]
        assert found == sorted(found)
        even = found[len(found) // 2] >= threshold * sum(found) / len(found) - 1e-9
        assert even or len(found) == 1


@pytest.mark.parametrize(("size", "threshold"), [(0, 0.75), (3, -0.1), (3, math.nan)])
def test_settings_out_of_range_are_refused(size, threshold):
    with pytest.raises(SettingError, match="must be"):
        buckets([1, 2], size, threshold)

"""When an utterance begins and ends."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("faster_whisper")

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "dataflows" / "assistant"))

import ears

FRAME = np.ones(ears.FRAME, np.int16)


def turn_of(probabilities, turn_ms=320, barge_in_ms=96):
    """Where an utterance ended, with its length in frames."""
    turn = ears.Turn(turn_ms, barge_in_ms)
    ended = {}
    for at, probability in enumerate(probabilities):
        utterance = turn.take(FRAME, probability)
        if utterance is not None:
            ended[at] = len(utterance) // ears.FRAME
    return ended, turn


def test_an_utterance_ends_after_the_silence_and_has_what_came_before_it():
    ended, turn = turn_of([0] * 50 + [0.9] * 20 + [0] * 30)
    assert list(ended) == [79]
    assert 40 <= ended[79] <= 42  # 10 before, 20 spoken, 10 silent
    assert not turn.is_speaking


def test_a_click_is_no_speech():
    assert turn_of([0] * 20 + [0.9] * 2 + [0] * 40 + [0.9] * 2 + [0] * 40)[0] == {}


def test_silence_is_not_kept():
    _, turn = turn_of([0] * 5000)
    assert len(turn._frames) <= ears.BEFORE + 1


def test_speech_without_end_is_cut():
    ended, _ = turn_of([0.9] * 2000)
    assert set(ended.values()) == {-(-ears.LONGEST_S * ears.RATE // ears.FRAME)}


def test_an_utterance_says_how_much_of_it_was_speech():
    _, turn = turn_of([0] * 50 + [0.9] * 20 + [0] * 30)
    assert turn.spoken_ms == pytest.approx(20 * 32)

"""What is kept of the audio that left: its sentences, whatever silence follows them."""

from __future__ import annotations

import numpy as np

from dora_mlx_tts.node.turns.sent_audio import SentAudio
from dora_mlx_tts.synthesis.records import Fragment

RATE = 1000


def fragment(text: str, *, is_final: bool = False) -> Fragment:
    return Fragment(np.zeros(RATE, np.float32), RATE, text, 0, 0, is_final, 0.0, 0)


def test_a_closing_silence_does_not_take_the_sentence_away():
    audio = SentAudio()
    audio.add(fragment("Hello there."), 0.0)
    audio.add(fragment("", is_final=True), 1.0)
    assert audio.text == "Hello there."


def test_a_growing_sentence_counts_as_far_as_it_is_known():
    audio = SentAudio()
    audio.add(fragment("Hello"), 0.0)
    audio.add(fragment("Hello there."), 1.0)
    assert audio.text == "Hello there."

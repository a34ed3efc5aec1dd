"""Sentences decoded together say what they say alone."""

from __future__ import annotations

import numpy as np
import pytest

from dora_mlx_tts.errors import SynthesisError
from dora_mlx_tts.synthesis.synthesizer import Synthesizer

SENTENCES = [
    "The morning train was late again today.",
    "Please call me back before five o'clock, if you can find the time.",
    "How are you today, my dear old friend?",
]
TEXT = " ".join(SENTENCES)
OPTIONS = {"seed": 4, "mode": "throughput"}


def test_together_is_as_one_by_one(synthesizer: Synthesizer) -> None:
    together = list(synthesizer.stream(TEXT, batch_size=3, **OPTIONS))
    alone = list(synthesizer.stream(TEXT, batch_size=1, **OPTIONS))
    assert [f.text for f in together] == [f.text for f in alone] == SENTENCES
    for one, other in zip(together, alone, strict=True):
        assert one.tokens == other.tokens
        np.testing.assert_allclose(one.samples, other.samples, atol=1e-4)


def test_a_sentence_that_fails_is_tried_again_alone(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = synthesizer.prepare("starter-en").networks.t2s
    step, calls = network.step, 0

    def stuck(tokens, cache):
        nonlocal calls
        calls += 1
        logits = np.array(step(tokens, cache))
        if calls < 20:
            logits[0] = -50.0
            logits[0, 7] = 50.0
        return logits

    monkeypatch.setattr(network, "step", stuck)
    before = synthesizer.stats
    fragments = list(synthesizer.stream(TEXT, batch_size=3, **OPTIONS))
    after = synthesizer.stats
    assert [f.text for f in fragments] == SENTENCES
    assert after.restarts == before.restarts + 1
    assert after.spoken == before.spoken + 3
    calls = 0
    with pytest.raises(SynthesisError, match="1 attempts"):
        list(synthesizer.stream(TEXT, batch_size=3, attempts=1, **OPTIONS))


def test_cancelled_while_decoding_together(synthesizer: Synthesizer) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 30

    assert list(synthesizer.stream(TEXT, cancelled=cancelled, **OPTIONS)) == []
    assert asked == 31

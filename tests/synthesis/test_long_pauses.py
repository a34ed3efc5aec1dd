"""Pauses of a text: long ones leave in pieces, and there is a limit for all of them."""

from __future__ import annotations

import numpy as np
import pytest

from dora_mlx_tts.errors import TextError
from dora_mlx_tts.synthesis.script import _blocks, check_pauses
from dora_mlx_tts.text.sentences.pieces import whole_text

RATE = 1000
SOUND = np.ones(500, np.float32)


@pytest.mark.parametrize(("before", "after"), [(0.0, 0.0), (0.5, 1.5), (10.0, 0.0), (3.0, 59.5)])
def test_silence_leaves_in_fragments_of_ordinary_length(before: float, after: float) -> None:
    blocks = _blocks(before, SOUND, after, RATE)
    assert max(map(len, blocks)) <= 2.5 * RATE
    joined = np.concatenate(blocks)
    assert len(joined) == (before + after) * RATE + len(SOUND)
    assert joined.nonzero()[0].tolist() == list(range(int(before * RATE), int(before * RATE) + 500))


def test_short_pauses_stay_with_their_sound() -> None:
    assert len(_blocks(1.0, SOUND, 1.0, RATE)) == 1


@pytest.mark.parametrize(
    "text",
    ["Hi. " + "{10s}" * 3990, "<speak>Hi." + '<break time="10s"/>' * 900 + "</speak>"],
)
def test_a_text_that_is_mostly_silence_is_refused(text: str) -> None:
    with pytest.raises(TextError, match="at most 120 s in sum"):
        check_pauses(whole_text(text).sentences)
    check_pauses(whole_text("Hi. " + "{10s}" * 12).sentences)

"""The end of a sentence that cannot continue after some of it was heard: at a word's end, without a click.

`SentenceEdges` lets the last 10 ms of it fall to silence, as of every sentence.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dora_mlx_tts.audio.finish import fade
from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.synthesis.edges import FALL_S
from dora_mlx_tts.synthesis.records import WordTiming


def cut_at_word(
    samples: Samples, words: Sequence[WordTiming], heard_s: float, rate: int
) -> tuple[Samples, tuple[WordTiming, ...]]:
    """What is left of a sentence's sound, [n], up to the end of the word that is being said.

    Args:
        samples: that follow what was heard.
        words: that end in them; times from the sentence's beginning.
        heard_s: where the samples begin.
        rate: samples per second.

    Returns:
        The samples, all of them where no word ends far enough from their beginning for a fade, and the
        words that end in them.
    """
    for number, word in enumerate(words, start=1):
        size = round((word.end_s - heard_s) * rate)
        if size >= FALL_S * rate:
            return samples[:size], tuple(words[:number])
    return samples, tuple(words)


def falling(last: float, rate: int) -> Samples:
    """10 ms from the `last` sample that was heard to silence, where no sound follows."""
    return fade(np.full(round(FALL_S * rate), last, np.float32), rate, fall_s=FALL_S)

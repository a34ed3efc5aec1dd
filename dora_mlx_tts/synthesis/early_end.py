"""Ends a sentence that cannot continue after some of it was heard: at the end of a word, without a click.

`SentenceEdges` fades out the last 10 ms, as it does for every sentence.
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
    """The remaining audio of a sentence, [n], up to the end of the word being said.

    Args:
        samples: the audio after what was heard.
        words: the words that end in it; times from the sentence's beginning.
        heard_s: start time of the samples.
        rate: samples per second.

    Returns:
        The samples (all of them if no word ends far enough from their beginning for a fade) and the words that
        end in them.
    """
    for number, word in enumerate(words, start=1):
        size = round((word.end_s - heard_s) * rate)
        if size >= FALL_S * rate:
            return samples[:size], tuple(words[:number])
    return samples, tuple(words)


def falling(last: float, rate: int) -> Samples:
    """A 10 ms fade from the `last` sample that was heard to silence, if no audio follows."""
    return fade(np.full(round(FALL_S * rate), last, np.float32), rate, fall_s=FALL_S)

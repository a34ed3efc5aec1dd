"""The length of the pause after a sentence: by its place in the text, with some variation.

Nobody speaks with equal pauses. Each one is a share of `fragment_interval`, or has its own setting, and varies
by a random factor that depends on the seed and the sentence.
"""

from __future__ import annotations

import zlib
from typing import Final, Literal

import numpy as np

from dora_mlx_tts.config.settings import SpeechSettings
from dora_mlx_tts.text.punctuation import CLAUSE_MARKS, CLOSERS
from dora_mlx_tts.text.spoken import SpokenSentence

Place = Literal["comma", "sentence", "question", "item", "paragraph"]

SHARES: Final[dict[Place, float]] = {
    "comma": 0.5,
    "sentence": 1.0,
    "question": 1.3,
    "item": 1.2,
    "paragraph": 2.0,
}
"""Share of `fragment_interval`, for places without a separate setting."""

_QUESTION_MARKS: Final = frozenset("?？⁇⁈")


def place_after(text: str) -> Place:
    """Where a piece of text ends."""
    bare = text.rstrip("".join(CLOSERS) + " ")
    if not bare:
        return "sentence"
    if bare[-1] in CLAUSE_MARKS:
        return "comma"
    return "question" if bare[-1] in _QUESTION_MARKS else "sentence"


def pause_after_s(sentence: SpokenSentence, settings: SpeechSettings) -> float:
    """Seconds of silence after a sentence."""
    return _seconds(place_after(sentence.text), settings) * _factor(sentence, settings)


def pause_before_s(sentence: SpokenSentence, settings: SpeechSettings) -> float:
    """Additional seconds that a sentence on a new line waits beyond the pause of its predecessor."""
    if not sentence.begins:
        return 0.0
    more = _seconds(sentence.begins, settings) - _seconds("sentence", settings)
    return max(0.0, more) * _factor(sentence, settings)


def _seconds(place: Place, settings: SpeechSettings) -> float:
    own = {
        "comma": settings.pause_comma,
        "sentence": None,
        "question": settings.pause_question,
        "item": settings.pause_item,
        "paragraph": settings.pause_paragraph,
    }[place]
    return settings.fragment_interval * SHARES[place] if own is None else own


def _factor(sentence: SpokenSentence, settings: SpeechSettings) -> float:
    """A factor around 1, drawn for this seed and sentence."""
    seed = [] if settings.seed is None else [settings.seed, zlib.crc32(sentence.text.encode())]
    draw = np.random.default_rng(seed or None)
    return 1 + settings.pause_spread * float(draw.uniform(-1, 1))

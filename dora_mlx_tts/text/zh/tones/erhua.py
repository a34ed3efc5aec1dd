"""Final 儿: a syllable of its own (女儿) or a colouring of the syllable before it (玩儿)."""

from __future__ import annotations

import re

from dora_mlx_tts.text.zh.syllable import NEUTRAL
from dora_mlx_tts.text.zh.tones.rules import ToneWords
from dora_mlx_tts.text.zh.tones.spoken import Spoken

_FULL_TAGS = frozenset({"a", "j", "nr"})
_DAY = re.compile("[今明昨后前]儿(?=个)")


def erhua(word: Spoken, words: ToneWords) -> Spoken:
    """Give a colouring 儿 the tone of the syllable before it.

    The symbols of the networks know no merged syllable, so 儿 stays one with `EE er`.
    """
    if day := _DAY.match(word.text):
        return _follow(word, day.end() - 1).toned(day.end(), NEUTRAL)
    if word.text[-1] != "儿":
        return word
    word = word.toned(-1, 2) if word.tone(-1) == 1 else word
    if word.text not in words.erhua and (word.text in words.full_er or word.tag in _FULL_TAGS):
        return word
    if len(word) == 1 or word.text[-2:] in words.full_er:
        return word
    return _follow(word, len(word) - 1)


def _follow(word: Spoken, at: int) -> Spoken:
    return word.toned(at, word.tone(at - 1)) if word.pinyin[at].startswith("er") else word

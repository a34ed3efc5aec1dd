"""Third tones in a row become second tones, by the structure of the word."""

from __future__ import annotations

import re

from dora_mlx_tts.text.zh.tones.neutral import border_of
from dora_mlx_tts.text.zh.tones.spoken import THIRD, Spoken

_NUMBERED = re.compile("[一二两三四五六七八九十几](?:等[奖品]|把手)")
"""A number before what it counts stands alone: 一 等奖."""
_TWO, _THREE, _FOUR = 2, 3, 4


def third(word: Spoken) -> Spoken:
    """Apply the rule to words of two, three and four syllables."""
    size = len(word)
    if size == _TWO:
        return _pair(word, 0)
    if size == _THREE:
        return _three(word)
    if size == _FOUR:
        return _pair(_pair(word, 0), 2)
    return word


def _pair(word: Spoken, at: int) -> Spoken:
    return word.toned(at, 2) if word.all_third(at, at + 2) else word


def _three(word: Spoken) -> Spoken:
    border = 1 if _NUMBERED.fullmatch(word.text) else border_of(word.text)
    if border == _THREE:  # it has no parts
        return word
    if word.all_third(0, _THREE):
        return word.toned(1, 2) if border == 1 else word.toned(0, 2).toned(1, 2)
    paired = _pair(word, 0) if border == _TWO else _pair(word, 1)
    if paired is not word:
        return paired
    touching = word.tone(border - 1) == word.tone(border) == THIRD
    return word.toned(border - 1, 2) if touching and not word.all_third(border, _THREE) else word

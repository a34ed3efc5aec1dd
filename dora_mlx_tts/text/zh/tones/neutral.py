"""Syllables without a tone of their own: particles, suffixes, doubled words, listed words."""

from __future__ import annotations

from functools import lru_cache

from dora_mlx_tts.text.zh.readings import phrase_reading
from dora_mlx_tts.text.zh.segment.dictionary import word_list
from dora_mlx_tts.text.zh.segment.words import shortest_part
from dora_mlx_tts.text.zh.syllable import NEUTRAL
from dora_mlx_tts.text.zh.tones.rules import ToneWords
from dora_mlx_tts.text.zh.tones.spoken import Spoken

_FINAL_PARTICLES = frozenset("吧呢啊呐嘛哟喽啰喔诶的地得")
_PARTICLES = _FINAL_PARTICLES | frozenset("哈噻吖嗨哦哒额滴哩耶")
"""The second set ends nouns as often as sentences (金额, 水滴): neutral only on their own."""
_ASPECT = {"了": "ul", "着": "uz", "过": "ug"}
_FULL_READINGS = ("dei", "di4", "liao", "zhao")
"""Readings in which a structural or aspect particle is a word of its own."""
_PLACE_TAGS = frozenset({"s", "l", "f"})
_DIRECTIONS = frozenset("上下进出回过起开")
_COUNTING = frozenset("零〇一二三四五六七八九十百千万亿几有两半多各整每做是")
_PAIR = 2
_IDIOM = 4


def reduplication(word: Spoken, words: ToneWords) -> Spoken:
    """The second of two equal characters in a noun, verb or adjective: 妈妈, 试试."""
    if word.tag[:1] not in ("n", "v", "a") or word.text in words.full_tone:
        return word
    for i in range(1, len(word)):
        if word.text[i] == word.text[i - 1] and not _is_apart(word.text, i):
            word = word.toned(i, NEUTRAL)
    return word


def _is_apart(text: str, i: int) -> bool:
    """Whether equal characters are the seam of two words (银行 + 行长) or end an idiom (人才济济)."""
    if len(text) == _IDIOM and i == _IDIOM - 1:
        return text[0] != text[1]
    dictionary = word_list()
    left, right = text[i - _PAIR : i] if i >= _PAIR else "", text[i : i + _PAIR]
    return len(left) == len(right) == _PAIR and left in dictionary and right in dictionary


def repeats_previous(word: Spoken) -> bool:
    """Whether a single verb repeats the last character of the word before (再说|说, not 空调|调)."""
    if len(word) > 1 or word.tag != "v" or not word.before.endswith(word.text):
        return False
    return len(word.previous) == 1 or not word.previous.tag.startswith("n")


def neutral(word: Spoken, words: ToneWords) -> Spoken:
    """Last syllables without tone, by the first rule that fits."""
    if word.text in words.full_tone:
        return word
    if _is_particle(word) or _is_suffix(word):
        word = word.toned(-1, NEUTRAL)
    elif (at := _measure(word.text)) >= 0:
        word = word.toned(at, NEUTRAL)
    elif _listed(word.text, words):
        word = word.toned(-1, NEUTRAL)
    return _neutral_parts(word, words)


def _is_particle(word: Spoken) -> bool:
    last = word.text[-1]
    if word.pinyin[-1].startswith(_FULL_READINGS):
        return False
    if _PARTICLES.issuperset(word.text):
        return word.pinyin != ("de2",)  # 得 as a verb, found by its neighbours
    if last in _FINAL_PARTICLES:
        return phrase_reading(word.text) is None
    return len(word) == 1 and _ASPECT.get(last) == word.tag


def _is_suffix(word: Spoken) -> bool:
    if len(word) == 1:
        return False
    last, tag = word.text[-1], word.tag
    if last in "们子":
        return tag in ("r", "n")
    if last in "上下里":
        return tag in _PLACE_TAGS
    return last in "来去" and word.text[-2] in _DIRECTIONS


def _measure(text: str) -> int:
    """Position of 个 as a measure word, or -1."""
    at = text.find("个")
    return at if text == "个" or (at >= 1 and text[at - 1] in _COUNTING) else -1


def _listed(text: str, words: ToneWords) -> bool:
    return text in words.neutral or text[-2:] in words.neutral


def _neutral_parts(word: Spoken, words: ToneWords) -> Spoken:
    """Both halves of a longer word are looked up as well."""
    if len(word) <= _PAIR:
        return word
    border = border_of(word.text)
    for start, end in ((0, border), (border, len(word))):
        if start < end and _listed(word.text[start:end], words):
            word = word.toned(end - 1, NEUTRAL)
    return word


@lru_cache(maxsize=4096)
def border_of(text: str) -> int:
    """Where a word falls into two parts: behind or before its shortest part."""
    part = shortest_part(text)
    return len(part) if text.startswith(part) else len(text) - len(part)

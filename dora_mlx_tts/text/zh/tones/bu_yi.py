"""Tones of 不 and 一, which depend on what follows."""

from __future__ import annotations

import re

from dora_mlx_tts.text.zh.syllable import NEUTRAL
from dora_mlx_tts.text.zh.tones.spoken import Spoken

_FOURTH = 4
_TRIO = 3
"""Length of 看不懂 and 看一看."""
_DIGITS = "零〇一二三四五六七八九"
_NUMERALS = _DIGITS + "十百千万亿兆两"

_COMPLEMENT = re.compile(
    r"不(?:[了到起上下出来去完好动懂见着住开清成掉过及够准中透惯倒定得会]|[出起下上过回进]来|[下上过进出回]去)"
)
_SURE_COMPLEMENT = re.compile(r"不(?:[了住清动懂见着完成惯]|[出起下上过回进]来|[下上过进出回]去)")
"""These are no predicates, so they complete a verb of any length (联系不上 may be, 超市不下 is not)."""
_MEASURED = frozenset("率量数额价费度龄长高重")
"""What falls short of a figure (失误率不到百分之一) is no verb, whatever the dictionary calls it."""
_ORDINAL_BEFORE = re.compile(f"(?:第[{_DIGITS}十百]*|初|周|星期|礼拜|分之)$")
_LABEL_AFTER = re.compile(
    f"一(?:号|楼|月(?!之|亮)|等[奖功品]|年级|加|减[{_DIGITS}]|乘|除以|等于|比[{_DIGITS}]"
    f"|点[{_DIGITS}]+点)"
)
_POWERS = "百千万亿兆"
_ADVERBS = (
    *(
        "一起",
        "一定",
        "一样",
        "一直",
        "一下",
        "一般",
        "一旦",
        "一共",
        "一同",
        "一切",
        "一些",
        "一会",
    ),
    *(
        "一致",
        "一律",
        "一向",
        "一再",
        "一早",
        "一旁",
        "一贯",
        "一齐",
        "一并",
        "一概",
        "一连",
        "一生",
    ),
)
"""Words whose 一 is never the end of a number that stands before them (周四一起去)."""


def bu(word: Spoken) -> Spoken:
    """不: neutral between a verb and its complement or in A不A, second tone before a fourth."""
    text = word.text
    if len(text) == _TRIO and text[1] == "不":
        return word.toned(1, NEUTRAL)
    if text[1:2] == "不" and (text[0] == text[2:3] or _COMPLEMENT.fullmatch(text[1:])):
        return word.toned(1, NEUTRAL)
    if text[0] == "不" and _asks_or_complements(word):
        return word.toned(0, NEUTRAL)
    for i, char in enumerate(text[:-1]):
        if char == "不" and word.tone(i + 1) == _FOURTH:
            word = word.toned(i, 2)
    return word


def _asks_or_complements(word: Spoken) -> bool:
    if len(word) > 1 and word.before.endswith((word.text[1], word.text[1:])):
        return True  # 去不去, 可不可以, 喜欢不喜欢
    verb = word.previous
    if verb.tag != "v" or verb.text[-1] in _MEASURED:
        return False
    complement = _COMPLEMENT if len(verb) == 1 else _SURE_COMPLEMENT
    return complement.fullmatch(word.text) is not None


def yi(word: Spoken) -> Spoken:
    """一: first tone in ordinals, digits and alone; neutral in A一A; else by what follows."""
    text = word.text
    if "一" not in text or all(c in _NUMERALS for c in text if c != "一"):
        return _yi_in_number(word)
    if len(text) == _TRIO and text[1] == "一" and text[0] == text[2]:
        return word.toned(1, NEUTRAL)
    for i, char in enumerate(text[:-1]):
        if char == "一" and not _keeps_first_tone(word, i):
            word = word.toned(i, 2 if word.tone(i + 1) == _FOURTH else 4)
    return word


def _keeps_first_tone(word: Spoken, i: int) -> bool:
    before, after = word.before + word.text[:i], word.text[i:] + word.after
    if after[1] in _POWERS or word.text.startswith(_ADVERBS, i):
        return False
    if _ORDINAL_BEFORE.search(before) or _LABEL_AFTER.match(after) or after[1] in _DIGITS:
        return True
    return (after[:2], before[-1:]) in (("一日", "月"), ("一点", "点"))  # a date, a version


def _yi_in_number(word: Spoken) -> Spoken:
    """In a written number only 一百, 一千, 一万, 一亿 change."""
    text = word.text + word.after[:1]
    for i, char in enumerate(word.text):
        if char == "一" and text[i + 1 : i + 2] and text[i + 1] in _POWERS:
            word = word.toned(i, 2 if text[i + 1] in "万亿兆" else 4)
    return word

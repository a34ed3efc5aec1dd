"""Simplified characters as the traditional ones of Hong Kong, which dictionaries are written in."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from dora_mlx_tts.errors import LanguageError

if TYPE_CHECKING:
    import opencc

_OWN = frozenset("吓郁晒揾")
"""Characters that are words of Cantonese, but in Mandarin the simplified form of others."""

_WORDS = {
    **{doubled: doubled for doubled in ("借借", "仇仇", "克克", "幸幸", "板板")},
    "录录": "錄錄", "尽尽": "盡盡", "当当": "當當", "复复": "復復", "系系": "係係",
    **{f"{first}涌": f"{first}涌" for first in "葵东河大蓝西石打城深"},
    "鱼涌": "魚涌", "东涌": "東涌", "蓝涌": "藍涌", "个钟": "個鐘", "分钟": "分鐘", "点钟": "點鐘",
    "郁郁": "鬱鬱", "忧郁": "憂鬱", "抑郁": "抑鬱", "郁闷": "鬱悶", "沉郁": "沉鬱", "阴郁": "陰鬱", "忧忧郁郁": "憂憂鬱鬱",
    "郁结": "鬱結", "郁金香": "鬱金香", "葱郁": "葱鬱", "郁葱": "鬱葱", "子丑": "子丑", "丑时": "丑時",
    "吓人": "嚇人", "吓亲": "嚇親", "吓坏": "嚇壞", "吓死": "嚇死", "吓唬": "嚇唬", "吓到": "嚇到",
    "吓一跳": "嚇一跳", "惊吓": "驚嚇", "恐吓": "恐嚇",
}  # fmt: skip
"""Words that OpenCC writes as others: a doubled verb as a rare word (借借 藉藉), an inlet as a wave."""
_COUNTED = re.compile("(?<=[嗰呢边哪几每成半])只(?![系是有能会可要不好得])")
"""A measure word behind a pronoun that OpenCC does not know; it is read unlike 只, only."""
_ANY_WORD = re.compile("|".join(sorted(_WORDS, key=len, reverse=True)))


@cache
def _converter() -> opencc.OpenCC:
    try:
        import opencc  # noqa: PLC0415 (its tables are only needed for simplified characters)
    except ImportError as error:
        raise LanguageError(
            "Cantonese text in simplified characters needs the package 'opencc'; it comes with "
            "the extra 'yue': pip install 'dora-mlx-tts[yue]'"
        ) from error
    return opencc.OpenCC("s2hk")


def _encodes(char: str, codec: str) -> bool:
    try:
        char.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


@cache
def is_simplified(char: str) -> bool:
    """Whether a character is written in China, and in Hong Kong as another one."""
    in_china_only = _encodes(char, "gb2312") and not _encodes(char, "big5")
    return in_china_only and char not in _OWN and _one_for_one(char) != char


def is_traditional(char: str) -> bool:
    """Whether a character is written in Hong Kong but not in China."""
    return _encodes(char, "big5") and not _encodes(char, "gb2312")


def traditional(text: str, written: str) -> str:
    """`text` in traditional characters, as many as before.

    Where the user wrote traditional characters in `written` and no simplified one, a character
    like 后 is what it is, and only those change that are of the simplified script alone.
    """
    simplified = {char for char in {*text} if is_simplified(char)}
    all_change = any(map(is_simplified, {*written})) or not any(map(is_traditional, {*written}))
    if not simplified and not all_change:
        return text
    converted = str(_converter().convert(text))
    if len(converted) != len(text):
        converted = "".join(_one_for_one(char) for char in text)
    converted = _with_words(text, converted)
    return "".join(
        new if old in simplified or (all_change and (old not in _OWN or new in "嚇鬱")) else old
        for old, new in zip(text, converted, strict=True)
    )


def _with_words(text: str, converted: str) -> str:
    """`converted` with what `_WORDS` says, and 吓 and 郁 as they are outside them."""
    result = [old if old in _OWN else new for old, new in zip(text, converted, strict=True)]
    for match in _ANY_WORD.finditer(text):
        result[match.start() : match.end()] = _WORDS[match[0]]
    for match in _COUNTED.finditer(text):
        result[match.start()] = "隻"
    return "".join(result)


def _one_for_one(char: str) -> str:
    new = str(_converter().convert(char))
    return new if len(new) == 1 else char

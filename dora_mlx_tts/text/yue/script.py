"""Simplified characters as the traditional ones of Hong Kong, which dictionaries are written in."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from dora_mlx_tts.errors import LanguageError

if TYPE_CHECKING:
    import opencc

_OWN = frozenset("吓郁晒揾")
"""Characters that are words of Cantonese, but in Mandarin the simplified form of others."""


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
    return "".join(
        new if old in simplified or (all_change and old not in _OWN) else old
        for old, new in zip(text, converted, strict=True)
    )


def _one_for_one(char: str) -> str:
    new = str(_converter().convert(char))
    return new if len(new) == 1 else char

"""Join words that are spoken as one before the tone rules look at them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from dora_mlx_tts.text.zh.segment.words import Word

_LONGEST_GROUP = 3
_TWICE = 2


Read = Callable[[int, str], Sequence[str]]
"""Dictionary pinyin of the characters of a word that starts at a position of the clause."""


def merge(words: list[Word], read: Read, *, third_tones: bool = True) -> list[Word]:
    """All joins in order: 不, 一, equal words, third tones, 儿."""
    words = _merge_equal(_merge_lone_yi(_merge_verb_yi_verb(_merge_bu(words))))
    if third_tones:
        words = _merge_third(words, read, _both_third)
        words = _merge_third(words, read, _third_meets_third)
    return _merge_er(words)


def _merge_bu(words: list[Word]) -> list[Word]:
    """不 and the word it denies."""
    result: list[Word] = []
    denied = False
    for word in words:
        if word.text == "不" and not word.fixed:
            if denied:
                result.append(word)
            denied = True
            continue
        joined = denied and not word.fixed
        if denied and not joined:
            result.append(Word("不", "d"))
        result.append(Word("不" + word.text, word.tag) if joined else word)
        denied = False
    if denied:
        result.append(Word("不", "d"))
    return result


def _merge_verb_yi_verb(words: list[Word]) -> list[Word]:
    """看 一 看."""
    result: list[Word] = []
    at = 0
    while at < len(words):
        trio = words[at : at + 3]
        if (
            len(trio) > _TWICE
            and trio[1].text == "一"
            and trio[0] == trio[2]
            and trio[0].tag == "v"
        ):
            result.append(Word(f"{trio[0].text}一{trio[0].text}", "v"))
            at += 3
        else:
            result.append(words[at])
            at += 1
    return result


def _merge_lone_yi(words: list[Word]) -> list[Word]:
    """一 and what it counts; the result stays a numeral."""
    result: list[Word] = []
    for word in words:
        if result and result[-1].text == "一" and not word.fixed and not result[-1].fixed:
            result[-1] = replace(result[-1], text="一" + word.text)
        else:
            result.append(word)
    return result


def _merge_equal(words: list[Word]) -> list[Word]:
    """Neighbours that are equal: 试 试, 高兴 高兴."""
    result: list[Word] = []
    for word in words:
        if result and result[-1].text == word.text and not word.fixed:
            result[-1] = replace(result[-1], text=word.text * _TWICE)
        else:
            result.append(word)
    return result


def _merge_third(
    words: list[Word], read: Read, meet: Callable[[Sequence[str], Sequence[str]], bool]
) -> list[Word]:
    """Short neighbours whose third tones meet."""
    result: list[Word] = []
    just_merged = False
    at = 0
    left: Sequence[str] = ()
    for word in words:
        right = read(at, word.text)
        at += len(word)
        just_merged = (
            bool(result)
            and not just_merged
            and not (word.fixed or result[-1].fixed)
            and len(result[-1]) + len(word) <= _LONGEST_GROUP
            and not _is_doubled(result[-1].text)
            and meet(left, right)
        )
        if just_merged:
            result[-1] = replace(result[-1], text=result[-1].text + word.text)
        else:
            result.append(word)
        left = right
    return result


def _is_doubled(text: str) -> bool:
    return len(text) == _TWICE and text[0] == text[1]


def _both_third(left: Sequence[str], right: Sequence[str]) -> bool:
    return all(p.endswith("3") for p in (*left, *right))


def _third_meets_third(left: Sequence[str], right: Sequence[str]) -> bool:
    return left[-1].endswith("3") and right[0].endswith("3")


def _merge_er(words: list[Word]) -> list[Word]:
    """儿 belongs to the word before it."""
    result: list[Word] = []
    for word in words:
        if result and word.text == "儿" and not (word.fixed or result[-1].fixed):
            result[-1] = replace(result[-1], text=result[-1].text + word.text)
        else:
            result.append(word)
    return result

"""The words of an unfinished sentence that may be spoken: those whose reading no later word can change.

A word counts once the next one begins. Some need more text after them: figures may get a unit, abbreviations a
name, homographs their context, Latin words next to Chinese the rest of their phrase. The first word that lacks
what it needs ends the known part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from dora_mlx_tts.text.en.homographs.homographs import context_needed

_HAN: Final = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TOKEN: Final = re.compile(
    rf"[{_HAN}]|[^\W{_HAN}](?:[^\s{_HAN}，。！？、；：]*[^\W{_HAN}]|)[.%‰°]?"
)
_NOT_GROWN: Final = re.compile(r"[\u3040-\u30ff\uac00-\ud7ff]")
"""Kana and Hangul, whose words are found in the whole sentence."""

_FIGURE: Final = re.compile(r"[\d%‰°$€£¥￥#@]|[IVX]{2,}\b")
_LABELS: Final = frozenset({"no", "nr", "number", "chapter", "page", "version", "part"})
_ABBREVIATION: Final = re.compile(r"(?:\w+\.)+\w*|[A-Z]{2,}|[^aeiouyAEIOUY\W\d]{2,}\.?")
_MARKS_BEHIND: Final = re.compile("[,;:，；：、。！？]*")
_MARK: Final = re.compile("[，。；！？]|[,;] ")
_FIGURE_NEEDS: Final = 2
_HAN_FIGURE_NEEDS: Final = 4
_ABBREVIATION_NEEDS: Final = 2
_COUNT: Final = re.compile(r"\d{1,3}(?:,\d{3})*")
"""A plain number, whose reading is settled by what is counted."""
_JOINED: Final = re.compile(r"[.,:/+\-−–~×&@]$|[$€£¥￥#]\s*$")
"""What makes a number behind it part of something else."""
_COUNTED: Final = re.compile("[a-z]{3,}")
_NOT_COUNTED: Final = frozenset(
    [
        "and",
        "for",
        "from",
        "over",
        "plus",
        "minus",
        "point",
        "times",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ]
)
_MEASURES: Final = frozenset(
    "个位名本张条件台辆匹头座栋层楼封篇首部支枚颗粒棵株朵根块把双对副套批群瓶杯碗盘袋包箱桶盒只次种项步道家间所户"
    "天周月号日岁点分秒元角度倍米斤克"
)
_MEASURE_NEEDS: Final = 2
"""Chinese characters that settle a plain number: a measure word, and one that is no figure."""
_PHRASE: Final = 3
"""Number of Latin words after which a Latin word next to Chinese no longer waits for the end of its phrase."""
_TO_THE_END: Final = 12
"""Words expected until the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or a Han character, of an unfinished sentence.

    Attributes:
        text: the word as written.
        start: index of its first character.
        end: index after its last character.
    """

    text: str
    start: int
    end: int

    @property
    def is_han(self) -> bool:
        """Whether it is one Han character."""
        return re.match(f"[{_HAN}]", self.text) is not None


@dataclass(frozen=True, slots=True)
class KnownPart:
    """How far an unfinished sentence is known.

    Attributes:
        words: those that may be spoken now, in order.
        complete: those, and the words after them that are written to their end, though their reading may change.
        missing: expected number of words to come until one more may be spoken; at least 1.
        end: index after those that may be spoken and the mark behind them.
    """

    words: list[Word]
    complete: list[Word]
    missing: int
    end: int = 0


def words_of(text: str) -> list[Word]:
    """Words of a text, in order; a Han character is a word."""
    return [Word(match.group(), *match.span()) for match in _TOKEN.finditer(text)]


def can_grow(text: str, language: str) -> bool:
    """Whether the words of a sentence can be determined before its end: in English and Mandarin."""
    return language in {"auto", "zh", "en", "all_zh"} and not _NOT_GROWN.search(text)


def known_part(text: str) -> KnownPart:
    """How far an unfinished sentence is known."""
    words = words_of(text)
    if not words:
        return KnownPart([], [], 1)
    count = len(words) - 1  # the last one may go on
    settled = (_is_settled(text, words, number, count) for number in range(count))
    number = next((number for number, is_settled in enumerate(settled) if not is_settled), count)
    needed = _words_needed(text, words, number)
    missing = _TO_THE_END if needed is None else max(1, number + needed + 1 - count)
    known = words[: _before_label(text, words, number)]
    is_followed = len(known) < count
    mark = _MARKS_BEHIND.match(text, known[-1].end) if known and is_followed else None
    end = mark.end() if mark else known[-1].end if known else 0
    return KnownPart(known, words[:count], missing, end)


def known_words(text: str) -> list[Word]:
    """The words of an unfinished sentence that may be spoken now, in order."""
    return known_part(text).words


def _is_settled(text: str, words: list[Word], number: int, count: int) -> bool:
    """Whether the complete words after one, up to `count`, are enough to settle its reading."""
    after = words[number + 1 : count]
    if _is_figure(text, words, number):
        return _is_figure_settled(text, words[number], after)
    needed = _words_needed(text, words, number)
    return needed is not None and len(after) >= needed


def _words_needed(text: str, words: list[Word], number: int) -> int | None:
    """Words that must be complete after one to settle its reading; None where only the end of the sentence does."""
    word, after = words[number], words[number + 1 : number + 1 + _PHRASE]
    if word.is_han:
        return 0
    beside_han = any(one.is_han for one in words)
    if _is_figure(text, words, number):
        if after and _is_count(text, word, after[0]):
            return _MEASURE_NEEDS if after[0].is_han else 1
        han_follows = after[0].is_han if after else beside_han
        return _HAN_FIGURE_NEEDS if han_follows else _FIGURE_NEEDS
    needed = context_needed(word.text)
    if needed is None:
        return None
    if _ABBREVIATION.fullmatch(word.text):
        needed = max(needed, _ABBREVIATION_NEEDS)
    if beside_han and not any(one.is_han for one in after):
        needed = max(needed, _PHRASE)
    return needed


def _is_figure_settled(text: str, figure: Word, after: list[Word]) -> bool:
    """Whether no unit or date can follow: a mark and a word came, or several words."""
    if not after or _FIGURE.search(after[0].text):
        return False
    if _is_count(text, figure, after[0]):
        return not after[0].is_han or (len(after) > 1 and not _FIGURE.search(after[1].text))
    plain = [one for one in after if not _FIGURE.search(one.text)]
    mark = _MARK.search(text, figure.end)
    if mark and any(one.start >= mark.end() for one in plain):
        return _FIGURE.search(next(one.text for one in after if one.start >= mark.end())) is None
    return len(plain) >= (_HAN_FIGURE_NEEDS if plain[0].is_han else _FIGURE_NEEDS)


def _is_count(text: str, figure: Word, after: Word) -> bool:
    """Whether a plain number says how many there are of what follows, however the sentence goes on."""
    if _JOINED.search(text[: figure.start]) or not _COUNT.fullmatch(figure.text):
        return False
    if text[figure.end : after.start].strip():
        return False
    if after.is_han:
        return after.text in _MEASURES
    return bool(_COUNTED.fullmatch(after.text)) and after.text not in _NOT_COUNTED


def _is_figure(text: str, words: list[Word], number: int) -> bool:
    word = words[number]
    before = text[words[number - 1].end if number else 0 : word.start]
    return bool(_FIGURE.search(word.text) or _FIGURE.search(before))


def _before_label(text: str, words: list[Word], number: int) -> int:
    """The number of words before an unsettled one; a label that a figure hangs on goes with it."""
    if number and _is_figure(text, words, number):
        before = words[number - 1]
        if before.text.rstrip(".").lower() in _LABELS or before.text == "第":
            return number - 1
    return number

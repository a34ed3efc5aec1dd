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
_MARK: Final = re.compile("[，。；！？]|[,;] ")
_FIGURE_NEEDS: Final = 2
_HAN_FIGURE_NEEDS: Final = 4
_ABBREVIATION_NEEDS: Final = 2
_PHRASE: Final = 3
"""Number of Latin words after which a Latin word next to Chinese no longer waits for the end of its phrase."""


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


def words_of(text: str) -> list[Word]:
    """Words of a text, in order; a Han character is a word."""
    return [Word(match.group(), *match.span()) for match in _TOKEN.finditer(text)]


def can_grow(text: str, language: str) -> bool:
    """Whether the words of a sentence can be determined before its end: in English and Mandarin."""
    return language in {"auto", "zh", "en", "all_zh"} and not _NOT_GROWN.search(text)


def known_words(text: str) -> list[Word]:
    """The words of an unfinished sentence that may be spoken now, in order."""
    words = words_of(text)
    beside_han = any(word.is_han for word in words)
    count = len(words) - 1  # the last one may go on
    for number in range(count):
        after = words[number + 1 : count]
        if not _is_settled(text, words, number, after, beside_han=beside_han):
            return words[: _before_label(text, words, number)]
    return words[: _before_label(text, words, count)] if words else []


def waits_longer(word: Word) -> bool:
    """Whether the word after it does not make a word known: figures, abbreviations and homographs."""
    needed = None if word.is_han else context_needed(word.text)
    is_plain = word.is_han or (needed is not None and needed <= 1)
    return not is_plain or bool(_FIGURE.search(word.text) or _ABBREVIATION.fullmatch(word.text))


def _is_settled(
    text: str, words: list[Word], number: int, after: list[Word], *, beside_han: bool
) -> bool:
    """Whether the words `after` one are enough to settle its reading."""
    word = words[number]
    if word.is_han:
        return True
    if _is_figure(text, words, number):
        return _is_figure_settled(text, word, after)
    needed = context_needed(word.text)
    if needed is None:
        return False
    if _ABBREVIATION.fullmatch(word.text):
        needed = max(needed, _ABBREVIATION_NEEDS)
    if beside_han and not any(one.is_han for one in words[number + 1 : number + 1 + _PHRASE]):
        needed = max(needed, _PHRASE)
    return len(after) >= needed


def _is_figure_settled(text: str, figure: Word, after: list[Word]) -> bool:
    """Whether no unit or date can follow: a mark and a word came, or several words."""
    if not after or _FIGURE.search(after[0].text):
        return False
    plain = [one for one in after if not _FIGURE.search(one.text)]
    mark = _MARK.search(text, figure.end)
    if mark and any(one.start >= mark.end() for one in plain):
        return _FIGURE.search(next(one.text for one in after if one.start >= mark.end())) is None
    return len(plain) >= (_HAN_FIGURE_NEEDS if plain[0].is_han else _FIGURE_NEEDS)


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

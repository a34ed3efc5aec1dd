"""Phones of normalized Korean."""

from __future__ import annotations

from collections.abc import Iterator

from dora_mlx_tts.text.aligned import CharSpan
from dora_mlx_tts.text.ko.pronounce import rules
from dora_mlx_tts.text.ko.pronounce.grammar import tense_after
from dora_mlx_tts.text.ko.pronounce.hangul import DIVIDED, Syllable, is_syllable
from dora_mlx_tts.text.ko.pronounce.words import respell
from dora_mlx_tts.text.phonemes import Pronunciation

BLANK = "空"
MARKS = frozenset(",.!?…-")
_JAMO = frozenset("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅓㅔㅗㅜㅡㅣ")

_Unit = Syllable | tuple[str, int]
"""A syllable, or another character and its place."""


def pronounce(text: str) -> Pronunciation:
    """Phones of `text`; one that ends in a letter gets a stop, as in the reference."""
    units = _units(text)
    _apply_rules(text, units)
    symbols: list[str] = []
    spans: list[CharSpan] = []
    for symbol, at in _phones(units):
        symbols.append(symbol)
        spans.append((at, at + 1))
    if symbols and symbols[-1] in _JAMO:
        symbols.append(".")
        spans.append(spans[-1])
    return Pronunciation(tuple(symbols), tuple(spans))


def _units(text: str) -> list[_Unit]:
    spelled = respell(text)
    return [
        Syllable.of(char, i) if is_syllable(char) else (char, i) for i, char in enumerate(spelled)
    ]


def _apply_rules(text: str, units: list[_Unit]) -> None:
    tense = tense_after(text)
    for unit in units:
        if isinstance(unit, Syllable):
            rules.within(unit)
    for i, unit in enumerate(units):
        if not isinstance(unit, Syllable):
            continue
        blank = i + 1 < len(units) and units[i + 1] == (" ", i + 1)
        following = units[i + 1 + blank] if i + 1 + blank < len(units) else None
        if isinstance(following, Syllable):
            rules.between(unit, following, blank=blank, tense=i in tense)
        else:
            rules.at_end(unit)


def _phones(units: list[_Unit]) -> Iterator[tuple[str, int]]:
    for unit in units:
        if isinstance(unit, Syllable):
            letters, at = unit.onset + unit.vowel + unit.coda, unit.at
        else:
            letters, at = unit
        for letter in letters:
            for part in DIVIDED.get(letter, letter):
                symbol = BLANK if part == " " else part
                if symbol in _JAMO or symbol in MARKS or symbol == BLANK:
                    yield symbol, at

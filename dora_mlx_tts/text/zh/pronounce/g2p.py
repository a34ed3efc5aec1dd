"""From normalized text to phones: words, readings, tone rules, symbols."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Protocol

from dora_mlx_tts.text.phonemes import Pronunciation
from dora_mlx_tts.text.spoken import Reading
from dora_mlx_tts.text.zh.pronounce.lexicon import UserWords, corrections
from dora_mlx_tts.text.zh.pronounce.network import network
from dora_mlx_tts.text.zh.readings import dictionary_reading, phrase_reading
from dora_mlx_tts.text.zh.segment.dictionary import word_list
from dora_mlx_tts.text.zh.segment.words import Word
from dora_mlx_tts.text.zh.syllable import NEUTRAL, symbols_of
from dora_mlx_tts.text.zh.tones.bu_yi import bu, yi
from dora_mlx_tts.text.zh.tones.erhua import erhua
from dora_mlx_tts.text.zh.tones.merge import merge
from dora_mlx_tts.text.zh.tones.neutral import neutral, reduplication, repeats_previous
from dora_mlx_tts.text.zh.tones.rules import MandarinRules, tone_words
from dora_mlx_tts.text.zh.tones.spoken import CONTEXT, NO_WORD, Spoken
from dora_mlx_tts.text.zh.tones.third import third

MARKS = {**{mark: mark for mark in "!?…,.-"}, "￥": "SP2", "^": "SP3"}
"""Punctuation that has a symbol of its own, and the reference's signs of longer pauses."""

Within = tuple[str, int]
"""A text, and where in it a clause begins."""

_BY_RULE = frozenset("一不地得子儿")
"""Characters the network leaves to the tone rules and to the rules of grammar."""
_ENOUGH = 9
"""Characters of a text from which on the network is trusted inside words no dictionary lists."""
_SURE, _SURE_IN_WORD = 0.6, 0.8
"""Probabilities from which on the network's reading counts."""

_SIGNS = re.escape("".join(MARKS))
_PIECE = re.compile(rf"[{_SIGNS}]|[^{_SIGNS}]+")


class Polyphones(Protocol):
    """Reads characters with several readings from their context."""

    def read(self, clause: str) -> Sequence[str | None]:
        """Pinyin of every character of `clause` that the model decides, None elsewhere."""


@dataclass(frozen=True, slots=True)
class MandarinReader:
    """Reads clauses of Hanzi aloud."""

    rules: MandarinRules = field(default_factory=MandarinRules)
    user_words: UserWords = field(default_factory=lambda: UserWords({}))
    polyphones: Polyphones | None = None

    def pronounce(self, norm_text: str, given: Sequence[Reading] = ()) -> Pronunciation:
        """Phones of a normalized text, two a Hanzi and one a mark; `given` readings hold."""
        symbols: list[str] = []
        counts: list[int] = []
        for match in _PIECE.finditer(norm_text):
            piece, stop = match.group(), norm_text.startswith(".", match.end())
            if piece in MARKS:
                units: Iterable[tuple[str, ...]] = [(MARKS[piece],)]
            else:
                start, end = match.span()
                inside = [g.moved(-start) for g in given if start <= g.start and g.end <= end]
                units = self._clause(
                    piece, before_stop=stop, given=inside, within=(norm_text, start)
                )
            for unit in units:
                symbols.extend(unit)
                counts.append(len(unit))
        spans = tuple((i, i + 1) for i, n in enumerate(counts) for _ in range(n))
        return Pronunciation(tuple(symbols), spans, tuple(counts))

    def pinyin(
        self,
        clause: str,
        *,
        before_stop: bool = False,
        given: Sequence[Reading] = (),
        within: Within | None = None,
    ) -> list[str]:
        """Surface pinyin of every character of a clause without marks."""
        words = self.words(clause, before_stop=before_stop, given=given, within=within)
        return [p for word in words for p in word.pinyin]

    def words(
        self,
        clause: str,
        *,
        before_stop: bool = False,
        given: Sequence[Reading] = (),
        within: Within | None = None,
    ) -> Iterator[Spoken]:
        """The words of a clause with their surface pinyin; `within` is the text it is a part of."""
        at, previous = 0, NO_WORD
        words = list(self.user_words.segment(clause, before_stop=before_stop))
        told = {i: unit for g in given for i, unit in enumerate(g.units, g.start) if i < g.end}
        changed = {**self._changes(clause, words, within or (clause, 0)), **told}

        def read(start: int, text: str) -> tuple[str, ...]:
            return tuple(changed.get(i, p) for i, p in enumerate(_base_reading(text), start))

        for word in merge(words, read, third_tones=self.rules.third_across_words):
            end = at + len(word)
            before, after = clause[max(0, at - CONTEXT) : at], clause[end : end + CONTEXT]
            pinyin = word.fixed or read(at, word.text)
            spoken = Spoken(
                word.text, word.tag, pinyin, before, after, previous, word.fixed is not None
            )
            if not spoken.fixed and "" not in pinyin:
                spoken = self._tones(spoken)
            if told:
                surface = (told.get(i, p) for i, p in enumerate(spoken.pinyin, at))
                spoken = replace(spoken, pinyin=tuple(surface))
            yield spoken
            at, previous = end, word

    def _changes(self, clause: str, words: Sequence[Word], within: Within) -> dict[int, str]:
        """Readings other than the dictionary's: a model's outside known words, then this package's own rules."""
        if self.polyphones:
            decided = _outside_words(self.polyphones.read(clause), words)
            return corrections(clause, words, decided) if self.rules.context else decided
        if not self.rules.context:
            return {}
        return _from_network(clause, words, within) | corrections(clause, words)

    def _clause(
        self, clause: str, *, before_stop: bool, given: Sequence[Reading], within: Within
    ) -> Iterator[tuple[str, ...]]:
        for pinyin in self.pinyin(clause, before_stop=before_stop, given=given, within=within):
            yield symbols_of(pinyin) or ()

    def _tones(self, word: Spoken) -> Spoken:
        rules, words = self.rules, tone_words(self.rules)
        steps = (
            (rules.bu, bu),
            (rules.yi, yi),
            (rules.reduplication, partial(reduplication, words=words)),
            (rules.neutral, partial(neutral, words=words)),
            (rules.third, third),
            (rules.erhua, partial(erhua, words=words)),
        )
        if rules.reduplication and repeats_previous(word):
            return word.toned(0, NEUTRAL)
        for wanted, step in steps:
            word = step(word) if wanted else word
        return word


def _unknown(words: Sequence[Word]) -> Iterator[tuple[int, Word]]:
    """Positions, and their words, of the characters outside words that a dictionary lists."""
    at = 0
    for word in words:
        if word.fixed is None and not _is_listed(word.text):
            yield from ((i, word) for i in range(at, at + len(word)))
        at += len(word)


@lru_cache(maxsize=8192)
def _is_listed(word: str) -> bool:
    """Whether a dictionary lists a word of several characters, or the two that it is made of (银行行长)."""
    if len(word) == 1 or phrase_reading(word) is not None:
        return len(word) > 1
    return any(
        phrase_reading(word[:cut]) is not None and phrase_reading(word[cut:]) is not None
        for cut in range(2, len(word) - 1)
    )


def _outside_words(readings: Sequence[str | None], words: Sequence[Word]) -> dict[int, str]:
    return {i: p for i, _ in _unknown(words) if (p := readings[i])}


def _from_network(clause: str, words: Sequence[Word], within: Within) -> dict[int, str]:
    """What the network is sure of; in a word of several characters it needs a longer text."""
    model, (text, start) = network(), within
    long = len(text) >= _ENOUGH
    wanted = {
        i: len(word)
        for i, word in _unknown(words)
        if clause[i] not in _BY_RULE
        and clause[i] in model
        and (long or len(word) == 1 or word.text not in word_list())
    }
    if not wanted:
        return {}
    found = model.read(text, [start + i for i in wanted])
    limits = {i: _SURE if size == 1 else _SURE_IN_WORD for i, size in wanted.items()}
    return {at - start: p for at, (p, odds) in found.items() if odds >= limits[at - start]}


@lru_cache(maxsize=8192)
def _base_reading(word: str) -> tuple[str, ...]:
    """Dictionary reading with 一 and 不 in their own tones, 得 a particle; empty where there is none."""
    if word == "得":
        return ("de5",)
    return tuple(
        {"一": "yi1", "不": "bu4"}.get(char) or pinyin or ""
        for char, pinyin in zip(word, dictionary_reading(word), strict=True)
    )

"""From normalized text to phones: words, readings, tone rules, symbols."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Final, Protocol

from dora_mlx_tts.text.phonemes import Pronunciation
from dora_mlx_tts.text.spoken import Reading
from dora_mlx_tts.text.zh.pronounce.lexicon import UserWords, corrections, phrase_syllables
from dora_mlx_tts.text.zh.pronounce.network import Told, network
from dora_mlx_tts.text.zh.readings import dictionary_reading, phrase_reading
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

_BY_RULE = frozenset("一不子儿")
"""Characters the network leaves to the tone rules and to the rules of grammar."""
_SURE: Final = (0.6, 0.95, 0.95)
"""Probabilities from which on the network's reading counts, against each source of `Told`."""

_SIGNS = re.escape("".join(MARKS))
_PIECE = re.compile(rf"[{_SIGNS}]|[^{_SIGNS}]+")


class Polyphones(Protocol):
    """Reads characters with several readings from their context."""

    def read(self, clause: str) -> Sequence[str | None]:
        """Pinyin of every character of `clause` that the model decides, None elsewhere."""


@dataclass(frozen=True, slots=True)
class _Clause:
    """A part of a text without marks, its place there, and its words."""

    start: int
    text: str
    words: Sequence[Word]

    def places(self) -> Iterator[tuple[int, Word]]:
        """Place in the text, and word, of the beginning of every word."""
        at = self.start
        for word in self.words:
            yield at, word
            at += len(word)


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
        for piece in self._read(norm_text, given):
            units = [(MARKS[piece],)] if isinstance(piece, str) else map(_symbols, piece.pinyin)
            for unit in units:
                symbols.extend(unit)
                counts.append(len(unit))
        spans = tuple((i, i + 1) for i, n in enumerate(counts) for _ in range(n))
        return Pronunciation(tuple(symbols), spans, tuple(counts))

    def pinyin(self, clause: str) -> list[str]:
        """Surface pinyin of every character of a text; of a mark, the mark."""
        read = self._read(clause, ())
        return [p for piece in read for p in ([piece] if isinstance(piece, str) else piece.pinyin)]

    def _read(self, norm_text: str, given: Sequence[Reading]) -> Iterator[Spoken | str]:
        """The words of a text with their surface pinyin, and its marks."""
        pieces = [self._divided(norm_text, match) for match in _PIECE.finditer(norm_text)]
        clauses = [piece for piece in pieces if isinstance(piece, _Clause)]
        told = {i: unit for g in given for i, unit in enumerate(g.units, g.start) if i < g.end}
        changed = {**self._changes(norm_text, clauses), **told}
        for piece in pieces:
            if isinstance(piece, _Clause):
                yield from self._words(piece, changed, told)
            else:
                yield piece

    def _divided(self, norm_text: str, match: re.Match[str]) -> _Clause | str:
        piece = match.group()
        if piece in MARKS:
            return piece
        stop = norm_text.startswith(".", match.end())
        words = list(self.user_words.segment(piece, before_stop=stop))
        return _Clause(match.start(), piece, words)

    def _words(
        self, clause: _Clause, changed: Mapping[int, str], told: Mapping[int, str]
    ) -> Iterator[Spoken]:
        at, previous = 0, NO_WORD
        text, start = clause.text, clause.start

        def read(at: int, word: str) -> tuple[str, ...]:
            return tuple(changed.get(i, p) for i, p in enumerate(_base_reading(word), start + at))

        for word in merge(list(clause.words), read, third_tones=self.rules.third_across_words):
            end = at + len(word)
            before, after = text[max(0, at - CONTEXT) : at], text[end : end + CONTEXT]
            pinyin = word.fixed or read(at, word.text)
            spoken = Spoken(
                word.text, word.tag, pinyin, before, after, previous, word.fixed is not None
            )
            if not spoken.fixed and "" not in pinyin:
                spoken = self._tones(spoken)
            if told:
                surface = (told.get(i, p) for i, p in enumerate(spoken.pinyin, start + at))
                spoken = replace(spoken, pinyin=tuple(surface))
            yield spoken
            at, previous = end, word

    def _changes(self, text: str, clauses: Sequence[_Clause]) -> dict[int, str]:
        """Readings other than the dictionary's, by place in the text.

        This package's own rules decide, and the network where it is sure that they are wrong; a
        model of the user's decides outside known words before the rules.
        """
        changes: dict[int, str] = {}
        phrases: dict[int, str] = {}
        for clause in clauses:
            decided = self._decided(clause)
            if self.rules.context:
                decided = corrections(clause.text, clause.words, decided)
                own = phrase_syllables(clause.words)
                phrases.update((clause.start + at, pinyin) for at, pinyin in own.items())
            changes.update((clause.start + at, pinyin) for at, pinyin in decided.items())
        changes.update(phrases)
        if self.rules.context and not self.polyphones:
            changes.update(_from_network(text, clauses, changes, phrases.keys()))
        return changes

    def _decided(self, clause: _Clause) -> dict[int, str]:
        if not self.polyphones:
            return {}
        readings = self.polyphones.read(clause.text)
        unknown = (
            i - clause.start + k
            for i, word in clause.places()
            if word.fixed is None and not _is_listed(word.text)
            for k in range(len(word))
        )
        return {i: pinyin for i in unknown if (pinyin := readings[i])}

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


@lru_cache(maxsize=8192)
def _is_listed(word: str) -> bool:
    """Whether a dictionary lists a word of several characters, or the two that it is made of (银行行长)."""
    if len(word) == 1 or phrase_reading(word) is not None:
        return len(word) > 1
    return any(
        phrase_reading(word[:cut]) is not None and phrase_reading(word[cut:]) is not None
        for cut in range(2, len(word) - 1)
    )


def _from_network(
    text: str, clauses: Sequence[_Clause], changes: Mapping[int, str], settled: Collection[int]
) -> dict[int, str]:
    """Where the network is sure of another reading than the dictionaries and the rules.

    The characters at the places `settled` keep theirs.
    """
    told = dict(_told(clauses, changes))
    wanted = [
        at
        for at in told
        if text[at] in network() and text[at] not in _BY_RULE and at not in settled
    ]
    if not wanted:
        return {}
    return {
        at: pinyin
        for at, (pinyin, odds) in _answers(text, tuple(told.items()), tuple(wanted)).items()
        if odds >= _SURE[told[at].source] and not _is_alike(pinyin, told[at].reading)
    }


@lru_cache(maxsize=64)
def _answers(
    text: str, told: tuple[tuple[int, Told], ...], wanted: tuple[int, ...]
) -> Mapping[int, tuple[str, float]]:
    """What the network says; sentences come again, and one is read more than once."""
    return network().read(text, dict(told), wanted)


def _told(clauses: Sequence[_Clause], changes: Mapping[int, str]) -> Iterator[tuple[int, Told]]:
    for clause in clauses:
        for start, word in clause.places():
            last = len(word) - 1
            source = int(_is_listed(word.text))
            for i, pinyin in enumerate(word.fixed or _base_reading(word.text)):
                place = "S" if not last else "B" if i == 0 else "E" if i == last else "M"
                if word.fixed or start + i not in changes:
                    yield start + i, Told(place, word.tag, pinyin, source)
                else:
                    yield start + i, Told(place, word.tag, changes[start + i], 2)


def _is_alike(left: str, right: str) -> bool:
    """Whether two syllables differ in nothing, or in a neutral tone, which the tone rules know better."""
    return left[:-1] == right[:-1] and (left == right or str(NEUTRAL) in (left[-1], right[-1]))


def _symbols(pinyin: str) -> tuple[str, ...]:
    return symbols_of(pinyin) or ()


@lru_cache(maxsize=8192)
def _base_reading(word: str) -> tuple[str, ...]:
    """Dictionary reading with 一 and 不 in their own tones, 得 a particle; empty where there is none."""
    if word == "得":
        return ("de5",)
    return tuple(
        {"一": "yi1", "不": "bu4"}.get(char) or pinyin or ""
        for char, pinyin in zip(word, dictionary_reading(word), strict=True)
    )

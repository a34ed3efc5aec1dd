"""The output of the text front end for synthesis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dora_mlx_tts.text.aligned import AlignedText, CharSpan
from dora_mlx_tts.text.spoken import Reading


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """Phones of one normalized text in one language.

    Attributes:
        symbols: phone symbols, all of them in the symbol table of the reference.
        spans: for each symbol the interval of the *normalized* text it came from.
        word2ph: symbols per character of the normalized text, if the language has one group of phones per
            character (zh, yue); their sum is the number of symbols. Otherwise None.
    """

    symbols: tuple[str, ...]
    spans: tuple[CharSpan, ...]
    word2ph: tuple[int, ...] | None = None


class Language(Protocol):
    """One language of the front end. Both steps are pure and hold no state between calls."""

    code: str

    def normalize(self, text: str) -> AlignedText:
        """Write out numbers, signs and abbreviations as words, keeping the alignment with `text`."""

    def pronounce(self, norm_text: str) -> Pronunciation:
        """Phones of a text that `normalize` returned."""


@runtime_checkable
class TakesReadings(Protocol):
    """A language that accepts readings for words of a text."""

    alphabet: str

    def pronounce_as(self, norm_text: str, given: Sequence[Reading]) -> Pronunciation:
        """As `Language.pronounce`, but with these readings, by offsets in `norm_text`."""


@dataclass(frozen=True, slots=True)
class LanguageSpan:
    """A stretch of text in one language and its reading."""

    language: str
    text: str
    norm_text: str
    symbols: tuple[str, ...]
    word2ph: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Phonemes:
    """One sentence, ready for the networks.

    Attributes:
        text: the sentence as it was given.
        norm_text: all spans' normalized texts joined.
        symbols: phone symbols.
        ids: `symbols` as rows of the symbol table, int32 [n].
        char_spans: for each phone the interval of `text` it came from.
        spans: the language spans in order.
        features: BERT features [n, 1024], or None if every row would be zero.
    """

    text: str
    norm_text: str
    symbols: tuple[str, ...]
    ids: NDArray[np.int32]
    char_spans: tuple[CharSpan, ...]
    spans: tuple[LanguageSpan, ...]
    features: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.symbols)

    @property
    def word2ph(self) -> tuple[int, ...] | None:
        """Phones per character over all spans, or None when a span has no such division."""
        parts = [span.word2ph for span in self.spans]
        if any(part is None for part in parts):
            return None
        return tuple(n for part in parts if part is not None for n in part)

"""English in the front end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.pipeline import normalize
from dora_mlx_tts.text.en.pronounce.g2p import G2P
from dora_mlx_tts.text.phonemes import Pronunciation
from dora_mlx_tts.text.spoken import Reading

FEWEST_PHONES = 4
"""A shorter reading gets a comma in front, as in the reference: the networks stumble over less."""


class English:
    """Normalization and pronunciation of English text."""

    code = "en"
    alphabet = "arpabet"

    def __init__(
        self,
        overrides: Mapping[str, Sequence[str]] | None = None,
        *,
        fewest_phones: int = FEWEST_PHONES,
    ) -> None:
        """Args: overrides gives words (any case) their ARPAbet; fewest_phones 0 adds no comma."""
        self._g2p = G2P(overrides)
        self._kept = frozenset(word.lower() for word in overrides or ())
        self._fewest_phones = fewest_phones

    def normalize(self, text: str) -> AlignedText:
        """Write out numbers, signs and abbreviations as words."""
        return normalize(AlignedText.of(text), self._kept)

    def pronounce(self, norm_text: str) -> Pronunciation:
        """ARPAbet and pause marks of a normalized text."""
        return self.pronounce_as(norm_text, ())

    def pronounce_as(self, norm_text: str, given: Sequence[Reading]) -> Pronunciation:
        """As `pronounce`, with ARPAbet that holds for some words."""
        symbols, spans = self._g2p(norm_text, given)
        if len(symbols) < self._fewest_phones:
            symbols.insert(0, ",")
            spans.insert(0, (0, min(1, len(norm_text))))
        return Pronunciation(tuple(symbols), tuple(spans))

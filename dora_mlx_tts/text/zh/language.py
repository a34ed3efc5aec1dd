"""Mandarin as a language of the front end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.phonemes import Pronunciation
from dora_mlx_tts.text.spoken import Reading
from dora_mlx_tts.text.zh.normalize.pipeline import normalize
from dora_mlx_tts.text.zh.pronounce.g2p import MandarinReader
from dora_mlx_tts.text.zh.pronounce.lexicon import UserWords
from dora_mlx_tts.text.zh.pronounce.polyphone import OptionalPolyphones
from dora_mlx_tts.text.zh.tones.rules import MandarinRules


class Mandarin:
    """Mandarin: normalization and phones."""

    code = "zh"
    alphabet = "pinyin"

    def __init__(
        self,
        rules: MandarinRules | None = None,
        pronunciations: Mapping[str, str | Sequence[str]] | None = None,
        polyphone_folder: str | Path | None = None,
    ) -> None:
        """Set how to read.

        Args:
            rules: tone rules and their word lists.
            pronunciations: readings of own words, `{"重庆": "chong2 qing4"}`; they are spoken as
                written, no tone rule changes them. One of a single character counts where the
                character stands alone as a word.
            polyphone_folder: files of the G2PW model (see `polyphone.py`); none by default.

        Raises:
            SettingError: a reading does not fit its word.
        """
        polyphones = OptionalPolyphones(polyphone_folder) if polyphone_folder else None
        self._reader = MandarinReader(
            rules or MandarinRules(), UserWords(pronunciations or {}), polyphones
        )

    def normalize(self, text: str) -> AlignedText:
        """Write out numbers, units, dates and signs; only Hanzi and `! ? … , .` remain."""
        return normalize(text)

    def pronounce(self, norm_text: str) -> Pronunciation:
        """Phones of a normalized text: two a Hanzi, one a mark."""
        return self._reader.pronounce(norm_text)

    def pronounce_as(self, norm_text: str, given: Sequence[Reading]) -> Pronunciation:
        """As `pronounce`, with pinyin that holds for some characters: one syllable each."""
        return self._reader.pronounce(norm_text, given)

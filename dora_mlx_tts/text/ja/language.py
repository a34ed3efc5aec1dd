"""Japanese as a language of the front end."""

from __future__ import annotations

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.ja.g2p import JapaneseReader
from dora_mlx_tts.text.ja.normalize import normalize
from dora_mlx_tts.text.phonemes import Pronunciation
from dora_mlx_tts.text.symbols import Version


class Japanese:
    """Japanese: normalization, and phones by the package haqumei (OpenJTalk's rules)."""

    code = "ja"

    def __init__(self, version: Version = "v2") -> None:
        """Set the models' inventory: that of v1 has no accent marks, UNK stands for them.

        Raises:
            LanguageError: the extra `ja` is not installed.
        """
        self._reader = JapaneseReader(accents=version != "v1")

    def normalize(self, text: str) -> AlignedText:
        """Write out what the engine does not read: units, dates, telephone numbers, signs."""
        return normalize(AlignedText.of(text))

    def pronounce(self, norm_text: str) -> Pronunciation:
        """Phones of a normalized text, with rise `[`, fall `]` and UNK between accent phrases."""
        return self._reader.pronounce(norm_text)

"""Korean as a language of the front end."""

from __future__ import annotations

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.ko.normalize.pipeline import normalize
from dora_mlx_tts.text.ko.pronounce.g2p import pronounce
from dora_mlx_tts.text.phonemes import Pronunciation


class Korean:
    """Korean: normalization and phones, by rules and word lists alone."""

    code = "ko"

    def normalize(self, text: str) -> AlignedText:
        """Write out numbers, units, Latin letters and signs; only Hangul and marks remain."""
        return normalize(AlignedText.of(text))

    def pronounce(self, norm_text: str) -> Pronunciation:
        """Phones of a normalized text: jamo, diphthongs divided, a sign for each blank."""
        return pronounce(norm_text)

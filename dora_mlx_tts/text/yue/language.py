"""Cantonese as a language of the front end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dora_mlx_tts.text.aligned import AlignedText, CharSpan
from dora_mlx_tts.text.phonemes import Pronunciation
from dora_mlx_tts.text.spoken import Reading
from dora_mlx_tts.text.yue.jyutping import JyutpingReader
from dora_mlx_tts.text.yue.normalize import normalize
from dora_mlx_tts.text.yue.syllable import phones
from dora_mlx_tts.text.zh.normalize.script import simplify

MARKS = frozenset("!?….,-")
"""Marks that are phones of their own."""


class Cantonese:
    """Cantonese: normalization and phones, by the dictionary of the package ToJyutping."""

    code = "yue"
    alphabet = "jyutping"

    def __init__(
        self, pronunciations: Mapping[str, str] | None = None, *, as_reference: bool = False
    ) -> None:
        """Set how to read.

        Args:
            pronunciations: Jyutping of own words, in traditional characters:
                `{"行長": "hong4 zoeng2"}`.
            as_reference: look words up in simplified characters as the reference does, which
                gives 幾多錢 and 一種 the readings it has for 几 and 种.

        Raises:
            LanguageError: the extra `yue` is not installed.
            SettingError: a reading does not fit its word.
        """
        self._reader = JyutpingReader(pronunciations or {}, corrected=not as_reference)
        self._as_reference = as_reference

    def normalize(self, text: str) -> AlignedText:
        """Write out numbers and signs; only traditional Hanzi and `! ? … , .` remain."""
        return normalize(text)

    def pronounce(self, norm_text: str) -> Pronunciation:
        """Phones of a normalized text: two a syllable, one a mark."""
        return self.pronounce_as(norm_text, ())

    def pronounce_as(self, norm_text: str, given: Sequence[Reading]) -> Pronunciation:
        """As `pronounce`, with Jyutping that holds for some characters: one syllable each."""
        own = {g.start + k: unit for g in given for k, unit in enumerate(g.units)}
        looked_up = norm_text
        if self._as_reference:
            looked_up = simplify(AlignedText.of(norm_text)).text
        symbols: list[str] = []
        spans: list[CharSpan] = []
        word2ph: list[int] = []
        for i, (char, reading) in enumerate(self._reader.read(looked_up)):
            found = [
                p for syllable in ([own[i]] if i in own else reading) for p in phones(syllable)
            ]
            if char in MARKS:
                found = [char]
            symbols.extend(found)
            spans.extend([(i, i + 1)] * len(found))
            word2ph.append(len(found))
        return Pronunciation(tuple(symbols), tuple(spans), tuple(word2ph))

"""A word with its pinyin and what stands around it: what every tone rule looks at."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dora_mlx_tts.text.zh.segment.words import Word
from dora_mlx_tts.text.zh.syllable import tone_of, with_tone

THIRD = 3
NO_WORD = Word("", "")
CONTEXT = 16
"""Characters on either side of a word that a rule may look at."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word of a clause.

    Attributes:
        text: the characters.
        tag: part of speech.
        pinyin: one syllable per character.
        before: what precedes this word in its clause, up to `CONTEXT` characters.
        after: what follows it, up to `CONTEXT` characters.
        previous: the word before; empty at the start.
        fixed: the reading was set by the user; no rule changes it.
    """

    text: str
    tag: str
    pinyin: tuple[str, ...]
    before: str = ""
    after: str = ""
    previous: Word = NO_WORD
    fixed: bool = False

    def __len__(self) -> int:
        return len(self.text)

    def tone(self, i: int) -> int:
        """Tone of syllable `i`."""
        return tone_of(self.pinyin[i])

    def toned(self, i: int, tone: int) -> Spoken:
        """The word with syllable `i` in another tone."""
        i %= len(self.pinyin)
        syllables = (*self.pinyin[:i], with_tone(self.pinyin[i], tone), *self.pinyin[i + 1 :])
        return replace(self, pinyin=syllables)

    def all_third(self, start: int, end: int) -> bool:
        """Whether all syllables in `start:end` are third tones (and there is one)."""
        return start < end and all(tone_of(p) == THIRD for p in self.pinyin[start:end])

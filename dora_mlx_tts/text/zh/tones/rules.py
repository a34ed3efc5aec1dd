"""Which tone rules apply, and the word lists they look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from dora_mlx_tts.text.zh.readings import load_data


@dataclass(frozen=True, slots=True)
class MandarinRules:
    """Switches of the tone rules and words to add to their lists.

    Attributes:
        bu: 不 before a fourth tone, and between two halves of a question or a complement.
        yi: 一 by what follows, kept in ordinals, numbers and at the end of a word.
        neutral: words whose last syllable has no tone of its own (朋友, 桌子).
        reduplication: the second syllable of doubled nouns, verbs and adjectives (妈妈, 试试).
        third: third tones in a row.
        third_across_words: short neighbouring words share one group of third tones (很好, 我想).
        context: readings of characters by the words around them (还钱, 很长).
        erhua: a final 儿 takes the tone of the syllable before it.
        neutral_words: more words with a neutral last syllable.
        full_tone_words: more words that keep their last tone although a rule would take it.
        erhua_words: more words in which 儿 always follows the syllable before it.
        full_er_words: more words in which 儿 is a syllable of its own (女儿).
    """

    bu: bool = True
    yi: bool = True
    neutral: bool = True
    reduplication: bool = True
    third: bool = True
    third_across_words: bool = True
    erhua: bool = True
    context: bool = True
    neutral_words: frozenset[str] = field(default_factory=frozenset)
    full_tone_words: frozenset[str] = field(default_factory=frozenset)
    erhua_words: frozenset[str] = field(default_factory=frozenset)
    full_er_words: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        for name in ("neutral_words", "full_tone_words", "erhua_words", "full_er_words"):
            object.__setattr__(self, name, frozenset(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class ToneWords:
    """Word lists of the tone rules: this package's and the caller's."""

    neutral: frozenset[str]
    full_tone: frozenset[str]
    erhua: frozenset[str]
    full_er: frozenset[str]


@cache
def tone_words(rules: MandarinRules) -> ToneWords:
    """The lists in `tones.json` with the additions of `rules`."""
    own: dict[str, Iterable[str]] = load_data("tones.json")
    full_tone = frozenset(own["full_tone"]) | rules.full_tone_words
    return ToneWords(
        neutral=(frozenset(own["neutral"]) - rules.full_tone_words) | rules.neutral_words,
        full_tone=full_tone - rules.neutral_words,
        erhua=frozenset(own["erhua"]) | rules.erhua_words,
        full_er=(frozenset(own["full_er"]) - rules.erhua_words) | rules.full_er_words,
    )

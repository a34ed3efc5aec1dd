"""English words to ARPAbet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from dora_mlx_tts.text.aligned import CharSpan
from dora_mlx_tts.text.en.homographs import homographs
from dora_mlx_tts.text.en.pronounce.derivation import (
    WORDLIKE_PREFIXES,
    agent,
    compound,
    prefixed,
    suffixed,
)
from dora_mlx_tts.text.en.pronounce.letters import LETTER_NAMES, spell
from dora_mlx_tts.text.en.pronounce.lexicon import Phones, PronouncingDictionary
from dora_mlx_tts.text.en.pronounce.morphology import attach, inflected, split_contraction
from dora_mlx_tts.text.en.pronounce.oov import letter_to_sound
from dora_mlx_tts.text.en.pronounce.segmenter import segment, word_count
from dora_mlx_tts.text.en.tokens import Token, parts, tokens
from dora_mlx_tts.text.en.words import word_set
from dora_mlx_tts.text.spoken import Reading

SPELLED_LENGTH = 3
"""Unknown words up to this length are read as letters, as the reference does."""
_SYLLABLE = re.compile(r"[bcdfghjklmnprstvwz][aeiouy][bdfgklmnprtvxz]")
"""Unknown words of three letters that are read as one syllable: Tik, Tok."""
LONGEST_WORD = 64
"""A longer run of letters is no word: it is read as letters."""
CACHED_WORDS = 8192
ENDINGS = word_set("ed ing es er ers est ly able ish ism ist en")
"""Words, too; at the end of a longer one they are sounded as endings."""
MOST_PARTS = 2
"""Endings and prefixes within a word in which an ending or a prefix is looked for: re-watch-ing."""


class G2P:
    """Pronounces normalized text word by word.

    Order: overrides, homographs by context, dictionary, letters, compounds, endings and prefixes, and at
    last the letter-to-sound model.
    """

    def __init__(self, overrides: Mapping[str, Sequence[str]] | None = None) -> None:
        self._overridden = frozenset(word.lower() for word in overrides or ())
        self._lexicon = PronouncingDictionary(overrides)
        self._cached = lru_cache(CACHED_WORDS)(self._by_spelling)

    def __call__(
        self, text: str, given: Sequence[Reading] = ()
    ) -> tuple[list[str], list[CharSpan]]:
        """Symbols of a text and for each the interval of its word or mark; `given` ones hold."""
        symbols: list[str] = []
        spans: list[CharSpan] = []
        line = list(tokens(text))
        words = [list(parts(token)) for token in line]
        flat = [part for compound in words for part in compound]
        first = 0
        for index, token in enumerate(line):
            told = next((g for g in given if g.start <= token.start < g.end), None)
            if told is not None:  # the first word of a phrase says it all
                is_first = not index or line[index - 1].start < told.start
                phones: Phones = told.units if is_first else ()
            else:
                phones = (token.text,) if token.is_mark else self._in_context(token, flat, first)
            first += len(words[index])
            symbols.extend(phones)
            said = (token.start, token.end) if told is None else (told.start, told.end)
            spans.extend([said] * len(phones))
        return symbols, spans

    def word(self, word: str) -> Phones:
        """Reading of a single word, whatever stands around it."""
        return self._cached(word.lower())

    def _in_context(self, token: Token, flat: list[Token], first: int) -> Phones:
        """Reading of a token whose parts stand in `flat` from the place `first` on."""
        word = token.word
        if word in self._overridden:
            return self.word(word)
        if token.text == "A":  # a capital stands for the letter, as in the reference
            return LETTER_NAMES["a"]
        found = homographs.reading(flat, first) if "-" not in word else None
        if found is not None:
            return found
        quoted = token.text.lower()
        if quoted != word:  # 'em, goin' — known with their apostrophe; else it is a quotation mark
            for form in (quoted, quoted.removesuffix("'"), quoted.removeprefix("'")):
                phones = self._lexicon.get(form) if form != word else None
                if phones is not None:
                    return phones
        return self._hyphenated(token, flat, first) if "-" in word else self.word(word)

    def _hyphenated(self, token: Token, flat: list[Token], first: int) -> Phones:
        text = token.text.strip("'")
        whole = self._lexicon.get(text.lower())
        if whole is not None:
            return whole
        phones: list[str] = []
        for number, part in enumerate(text.split("-")):
            if number and part[0].isupper():  # audible border between names, as in the reference
                phones.append("-")
            is_prefix = not number and part.lower() in WORDLIKE_PREFIXES
            if part == "A":
                phones.extend(LETTER_NAMES["a"])
            elif is_prefix:
                phones.extend(WORDLIKE_PREFIXES[part.lower()])
            else:
                phones.extend(self._part(part, flat, first + number))
        return tuple(phones)

    def _part(self, part: str, flat: list[Token], place: int) -> Phones:
        known = part.lower() in self._overridden
        found = None if known else homographs.reading(flat, place)
        return found or self.word(part)

    def _by_spelling(self, word: str) -> Phones:
        known = self._lexicon.get(word)
        if known is not None:
            return known
        is_short = len(word) <= SPELLED_LENGTH and word.isalpha() and not _SYLLABLE.fullmatch(word)
        if is_short or len(word) > LONGEST_WORD:
            return spell(word)
        parts = split_contraction(word)
        if parts is not None:
            stem, ending = parts
            return attach(LETTER_NAMES.get(stem) or self._by_spelling(stem), ending)
        return self._unknown(word.replace("'", ""))

    def _may_be_piece(self, piece: str) -> bool:
        """Whether a piece is a word that compounds are made of, and no splinter of a name."""
        known = self._lexicon.get(piece)
        return known is not None and len(piece) > 1 and known != spell(piece)

    def _unknown(self, word: str) -> Phones:
        whole = inflected(word, self._lexicon.get) or suffixed(word, self._known)
        if whole is not None:
            return whole
        pieces = segment(word)
        if len(pieces) > 1 and pieces[-1] not in ENDINGS and all(map(self._may_be_piece, pieces)):
            first = WORDLIKE_PREFIXES.get(pieces[0]) or self.word(pieces[0])
            return first + tuple(phone for piece in pieces[1:] for phone in self.word(piece))
        return self._derived(word) or letter_to_sound(word) or spell(word)

    def _known(self, word: str) -> Phones | None:
        return self._lexicon.get(word) or self._derived(word, 1)

    def _derived(self, word: str, depth: int = MOST_PARTS) -> Phones | None:
        """Reading of a word that an ending, a prefix or a second word was added to, up to `depth` times."""

        def known(part: str) -> Phones | None:
            return self._lexicon.get(part) or (self._derived(part, depth - 1) if depth else None)

        return (
            inflected(word, known)
            or prefixed(word, known, word_count)
            or suffixed(word, known)
            or agent(word, known, word_count)
            or compound(word, self._half, word_count)
        )

    def _half(self, word: str) -> Phones | None:
        """Reading of a part of a compound; a homograph is a noun there: Stormwind."""
        both = homographs.readings_of(word)
        return both[1] if both else self._lexicon.get(word)

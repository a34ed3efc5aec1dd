"""One sentence for both sides: the phones our models read, and the phonemes the teacher speaks.

Both come from this project's front end, so what is heard is what is written.
"""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

from pypinyin.constants import PINYIN_DICT

from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.phonemes import LanguageSpan
from dora_mlx_tts.text.registry import MODULES
from dora_mlx_tts.text.zh.segment.words import segment
from dora_mlx_tts.text.zh.syllable import from_marks, symbols_of

MARKS = {"!": "!", "?": "?", "…": "…", ",": ",", ".": ".", "-": "—"}
NO_SPACE_BEFORE = "!?…,."
NO_INITIAL = frozenset(["AA", "EE", "OO"])
"""Our stand-ins for the initial of a syllable that has none."""
VOWELS = {
    "AA": "ɑ", "AE": "æ", "AO": "ɔ", "AW": "W", "AY": "I", "EH": "ɛ", "EY": "A", "IH": "ɪ",
    "IY": "i", "OW": "O", "OY": "Y", "UH": "ʊ", "UW": "u",
}  # fmt: skip
CONSONANTS = {
    "B": "b", "CH": "ʧ", "D": "d", "DH": "ð", "F": "f", "G": "ɡ", "HH": "h", "JH": "ʤ", "K": "k",
    "L": "l", "M": "m", "N": "n", "NG": "ŋ", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ", "T": "t",
    "TH": "θ", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip
UNSTRESSED = frozenset(
    [
        "the",
        "a",
        "an",
        "and",
        "or",
        "of",
        "to",
        "in",
        "on",
        "at",
        "for",
        "with",
        "as",
        "but",
        "from",
        "by",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "he",
        "she",
        "it",
        "we",
        "you",
        "they",
        "i",
        "his",
        "her",
        "its",
        "our",
        "your",
        "their",
        "that",
        "than",
        "this",
        "had",
        "has",
        "have",
        "do",
        "does",
        "did",
        "will",
        "would",
        "can",
        "could",
        "should",
        "if",
        "so",
        "him",
        "them",
        "me",
        "us",
        "into",
        "who",
        "which",
    ]
)


def arpabet(phones: list[str], *, weak: bool) -> str:
    """A word's ARPAbet phones in the teacher's alphabet; function words lose their stress."""
    out = ""
    for phone in phones:
        name, stress = phone.rstrip("012"), phone[-1]
        mark = "" if weak else {"1": "ˈ", "2": "ˌ"}.get(stress, "")
        if name == "AH":
            out += mark + ("ə" if weak or stress == "0" else "ʌ")
        elif name == "ER":
            out += "əɹ" if weak or stress == "0" else mark + "ɜɹ"
        else:
            out += mark + VOWELS[name] if name in VOWELS else CONSONANTS[name]
    return out


Letter = tuple[str, int]
"""A character for the teacher, and the place of the phone that it belongs to."""
SPACE: Letter = (" ", -1)


class Speakable:
    """Reads a sentence for the models and for the teacher."""

    def __init__(self, source: Path) -> None:
        """``source``: folder of the PyPI package misaki, whose pinyin table the teacher was trained with."""
        sys.path.insert(0, str(source / "misaki"))
        from transcription import pinyin_to_ipa  # the module alone: its package imports much more

        self._ipa = pinyin_to_ipa
        self._front_end = FrontEnd("v2")
        self._english = MODULES["en"]("v2")
        marked = {one for many in PINYIN_DICT.values() for one in many.split(",")}
        plain = sorted({from_marks(m)[:-1] for m in marked} | {"yo", "lo", "o", "en", "n"}, key=len)
        self._pinyin: dict[tuple[str, str], str] = {}
        for syllable in plain:
            symbols = symbols_of(syllable + "1")
            if symbols:
                self._pinyin.setdefault((symbols[0], symbols[1][:-1]), syllable)

    def read(self, text: str, language: str) -> tuple[list[int], str, list[int]]:
        """Phone ids of a text, its phonemes for the teacher, and whose phone each of these characters is (-1: nobody's)."""
        phonemes = self._front_end.phonemize(text, language)
        letters: list[Letter] = []
        first = 0
        for span in phonemes.spans:
            letters += [(c, first + at if at >= 0 else at) for c, at in self._span(span)]
            first += len(span.symbols)
        assert first == len(phonemes.ids), (text, first, len(phonemes.ids))
        letters = _spaced(letters)
        return (
            [int(i) for i in phonemes.ids],
            "".join(c for c, _ in letters),
            [at for _, at in letters],
        )

    def _span(self, span: LanguageSpan) -> Iterator[Letter]:
        return self._english_words(span) if span.language == "en" else self._chinese_words(span)

    def _english_words(self, span: LanguageSpan) -> Iterator[Letter]:
        said = self._english.pronounce(span.norm_text)
        pairs = zip(said.symbols, said.spans, strict=True)
        at = 0
        for (start, end), group in itertools.groupby(pairs, key=lambda pair: pair[1]):
            phones = [symbol for symbol, _ in group]
            weak = span.norm_text[start:end].lower() in UNSTRESSED
            for place, phone in enumerate(phones, at):
                letters = MARKS[phone] if phone in MARKS else arpabet([phone], weak=weak)
                yield from ((c, place) for c in letters)
            at += len(phones)
            yield SPACE

    def _chinese_words(self, span: LanguageSpan) -> Iterator[Letter]:
        assert span.word2ph is not None
        symbols = iter(span.symbols)
        groups = [list(itertools.islice(symbols, n)) for n in span.word2ph]
        syllable = phone = 0
        for word in (w.text for w in segment(span.norm_text)):
            for group in groups[syllable : syllable + len(word)]:
                yield from ((c, phone + at if at >= 0 else at) for c, at in self._syllable(group))
                phone += len(group)
            syllable += len(word)
            yield SPACE
        assert syllable == len(groups), (span.norm_text, groups)

    def _syllable(self, group: list[str]) -> Iterator[Letter]:
        if group[0] in MARKS:
            yield from ((c, 0) for c in MARKS[group[0]])
            yield SPACE
        elif len(group) != 2 or (group[0], group[1][:-1]) not in self._pinyin:
            for place, phone in enumerate(group):  # a letter's name
                yield from ((c, place) for c in arpabet([phone], weak=False))
        else:
            pinyin, tone = self._pinyin[group[0], group[1][:-1]], group[1][-1]
            ipa = self._ipa(pinyin.replace("v", "ü") + ("" if tone == "5" else tone))[0]
            consonant = group[0] not in NO_INITIAL and len(ipa) > 1
            for place, sound in enumerate(map(_retoned, ipa)):
                yield from ((c, int(place > 0 or not consonant)) for c in sound)


def _spaced(letters: list[Letter]) -> list[Letter]:
    """One space between words, none before marks or at the ends; one before a dash."""
    out: list[Letter] = []
    for letter in letters:
        space = out and out[-1] == SPACE
        if letter == SPACE and (space or not out):
            continue
        if space and letter[0] in NO_SPACE_BEFORE:
            out.pop()
        if letter[0] == "—" and not space:
            out.append(SPACE)
        out.append(letter)
    while out and out[-1] == SPACE:
        out.pop()
    return out


def _retoned(ipa: str) -> str:
    """Chao letters as the teacher's arrows; its vowel for the syllabic consonants."""
    for chao, arrow in (("˧˩˧", "↓"), ("˧˥", "↗"), ("˥˩", "↘"), ("˥", "→")):
        ipa = ipa.replace(chao, arrow)
    for syllabic in ("ɻ̩", "ɹ̩"):
        ipa = ipa.replace(syllabic, "ɨ")
    return ipa.replace("̯", "")

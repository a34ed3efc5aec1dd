"""One sentence for both sides: the phones our models read, and the phonemes the teacher speaks.

Both come from this project's front end, so what is heard is what is written.
"""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

from pypinyin.constants import PINYIN_DICT

from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.languages import MODULES
from dora_mlx_tts.text.phonemes import LanguageSpan
from dora_mlx_tts.text.zh.syllable import from_marks, symbols_of
from dora_mlx_tts.text.zh.words import segment

MARKS = {"!": "!", "?": "?", "…": "…", ",": ",", ".": ".", "-": " —"}
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

    def read(self, text: str, language: str) -> tuple[list[int], str]:
        """Phone ids of a text, and its phonemes for the teacher."""
        phonemes = self._front_end.phonemize(text, language)
        spoken = "".join(self._span(span) for span in phonemes.spans)
        for mark in MARKS:
            spoken = spoken.replace(f" {mark}", mark)
        return [int(i) for i in phonemes.ids], " ".join(spoken.split()).replace("—", " —")

    def _span(self, span: LanguageSpan) -> str:
        return "".join(
            self._english_words(span) if span.language == "en" else self._chinese_words(span)
        )

    def _english_words(self, span: LanguageSpan) -> Iterator[str]:
        said = self._english.pronounce(span.norm_text)
        pairs = zip(said.symbols, said.spans, strict=True)
        for (start, end), group in itertools.groupby(pairs, key=lambda pair: pair[1]):
            phones = [symbol for symbol, _ in group]
            marks = [phone for phone in phones if phone in MARKS]  # a single letter brings its own
            phones = phones[len(marks) :]
            if marks:
                yield "".join(MARKS[p] for p in marks) + " "
            if phones:
                yield arpabet(phones, weak=span.norm_text[start:end].lower() in UNSTRESSED) + " "

    def _chinese_words(self, span: LanguageSpan) -> Iterator[str]:
        assert span.word2ph is not None
        symbols = iter(span.symbols)
        groups = [list(itertools.islice(symbols, n)) for n in span.word2ph]
        at = 0
        for word in (w.text for w in segment(span.norm_text)):
            for group in groups[at : at + len(word)]:
                yield self._syllable(group)
            at += len(word)
            yield " "
        assert at == len(groups), (span.norm_text, groups)

    def _syllable(self, group: list[str]) -> str:
        if group[0] in MARKS:
            return MARKS[group[0]] + " "
        if len(group) != 2 or (group[0], group[1][:-1]) not in self._pinyin:
            return arpabet(group, weak=False)  # a letter's name
        pinyin, tone = self._pinyin[group[0], group[1][:-1]], group[1][-1]
        ipa = self._ipa(pinyin.replace("v", "ü") + ("" if tone == "5" else tone))[0]
        return "".join(map(_retoned, ipa))


def _retoned(ipa: str) -> str:
    """Chao letters as the teacher's arrows; its vowel for the syllabic consonants."""
    for chao, arrow in (("˧˩˧", "↓"), ("˧˥", "↗"), ("˥˩", "↘"), ("˥", "→")):
        ipa = ipa.replace(chao, arrow)
    for syllabic in ("ɻ̩", "ɹ̩"):
        ipa = ipa.replace(syllabic, "ɨ")
    return ipa.replace("̯", "")

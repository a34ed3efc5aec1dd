"""English words that dictionaries lack: the right readings were written before ours were seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from dora_mlx_tts.text.en.language import English
from dora_mlx_tts.text.en.pronounce.derivation import compound, prefixed, suffixed
from dora_mlx_tts.text.en.pronounce.lexicon import PronouncingDictionary
from dora_mlx_tts.text.en.pronounce.segmenter import word_count

DATA = Path(__file__).parent / "data" / "unknown_words_en.tsv"
ENGLISH = English(fewest_phones=0)
KNOWN = PronouncingDictionary().get
ALIKE = {"AO": "AA", "IH": "AH", "UH": "UW"}
"""Vowels that speakers merge, or that are weak in one dictionary and full in another."""


def entries() -> list[tuple[str, list[str]]]:
    lines = DATA.read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return [(word, readings.split("|")) for word, readings in rows]


def sounds(phones: list[str]) -> list[str]:
    bare = [phone.rstrip("012") for phone in phones if phone[0].isalpha()]
    return [ALIKE.get(phone, phone) for phone in bare]


@pytest.mark.parametrize(("word", "readings"), entries(), ids=lambda value: str(value)[:30])
def test_word(word: str, readings: list[str]) -> None:
    said = ENGLISH.pronounce(ENGLISH.normalize(word).text).symbols
    assert sounds(list(said)) in [sounds(reading.split()) for reading in readings], said


def test_prefix_needs_a_common_word_behind_it() -> None:
    assert prefixed("overthinking", KNOWN, word_count) is not None
    assert prefixed("revox", KNOWN, word_count) is None
    assert prefixed("autograph", KNOWN, word_count) is None


def test_suffix_keeps_the_stem() -> None:
    assert suffixed("soundlessness", KNOWN) == (
        *["S", "AW1", "N", "D", "L", "AH0", "S", "N", "AH0", "S"],
    )
    assert suffixed("usably", KNOWN) == (*["Y", "UW1", "Z", "AH0", "B", "L", "IY0"],)


def test_compound_is_two_common_words() -> None:
    assert compound("frontend", KNOWN, word_count) is not None
    assert compound("goethe", KNOWN, word_count) is None


@pytest.mark.parametrize("word", ["re" * 500, "un" * 40 + "able", "x" * 63, "a" * 64])
def test_long_unknown_words_are_read_in_bounded_time(word: str) -> None:
    assert ENGLISH.pronounce(word).symbols

"""Characters at the end of a word that have one reading there, whatever word it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from dora_mlx_tts.text.zh.pronounce.g2p import MandarinReader

READER = MandarinReader()
TABLE = Path(__file__).parent / "data" / "suffixes_zh.tsv"
LINES = TABLE.read_text("utf-8").splitlines()
SURROUNDINGS = (("", ""), ("这个", ""), ("", "很重要"))


@pytest.mark.parametrize(
    ("char", "reading", "words"), [line.split("\t") for line in LINES if not line.startswith("#")]
)
def test_a_suffix_has_its_reading(char: str, reading: str, words: str) -> None:
    wrong = []
    for word in words.split():
        for before, after in SURROUNDINGS:
            said = READER.pinyin(f"{before}{word}{char}{after}")[len(before) + len(word)]
            alike = said[-1] in (reading[-1], "5") or (reading[-1], said[-1]) == ("3", "2")
            if said[:-1] != reading[:-1] or not alike:
                wrong.append(f"{before}{word}[{char}]{after} {said}")
    assert not wrong

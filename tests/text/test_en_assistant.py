"""Utterances of an assistant and kinds of figures: right readings were written before ours were seen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dora_mlx_tts.text.en.language import English
from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.sentences.pieces import whole_text

DATA = Path(__file__).parent / "data"
ENGLISH = English()
FRONT_END = FrontEnd()


def rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]


def words(text: str) -> str:
    """Words without marks, hyphens and case."""
    return " ".join(re.sub(r"[^a-z]+", " ", text.lower().replace("'", "")).split())


def spoken(text: str) -> str:
    """Letters and Chinese characters only."""
    return re.sub(r"[\W_]+", "", text.lower())


def sounds(text: str) -> list[str]:
    """Phones without marks and stress; what is heard, whatever it is written like."""
    symbols = ENGLISH.pronounce(ENGLISH.normalize(text).text).symbols
    return [symbol.rstrip("012") for symbol in symbols if symbol[0].isalpha()]


def check(text: str, *readings: str) -> None:
    said = ENGLISH.normalize(text).text
    alike = words(said) in map(words, readings)
    assert alike or any(sounds(text) == sounds(reading) for reading in readings), said


@pytest.mark.parametrize("row", rows("assistant_en.tsv"), ids=lambda row: row[0][:50])
def test_utterance(row: list[str]) -> None:
    check(*row)


@pytest.mark.parametrize("row", rows("kinds_en.tsv"), ids=lambda row: row[0][:50])
def test_kind(row: list[str]) -> None:
    check(*row)


@pytest.mark.parametrize("row", rows("more_en.tsv"), ids=lambda row: row[0][:50])
def test_further_utterance(row: list[str]) -> None:
    check(*row)


@pytest.mark.parametrize("row", rows("blind_en.tsv"), ids=lambda row: row[0][:50])
def test_blind_round(row: list[str]) -> None:
    check(*row)


@pytest.mark.parametrize("row", rows("plain_en.tsv"), ids=lambda row: row[0][:50])
def test_plain_round(row: list[str]) -> None:
    check(*row)


@pytest.mark.parametrize("row", rows("fresh_en.tsv"), ids=lambda row: row[0][:50])
def test_fresh_round(row: list[str]) -> None:
    """As it is heard: filtered, and sentence by sentence."""
    text, *readings = row
    parts = whole_text(text, "text", filters=True).sentences
    said = " ".join(FRONT_END.phonemize(part.text, "en").norm_text for part in parts)
    heard = [phone for part in parts for phone in sounds(part.text)]
    alike = words(said) in map(words, readings)
    assert alike or any(sounds(reading) == heard for reading in readings), said


@pytest.mark.parametrize("row", rows("blind_mixed.tsv"), ids=lambda row: row[0][:50])
def test_blind_round_with_chinese_words(row: list[str]) -> None:
    said = FRONT_END.phonemize(row[0], "auto").norm_text
    assert spoken(said) == spoken(row[1]), said


def test_there_are_enough_of_them() -> None:
    assert len(rows("assistant_en.tsv")) >= 60
    assert len(rows("kinds_en.tsv")) >= 90

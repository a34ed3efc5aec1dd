"""Dates, clocks, scores, telephone numbers, minus and ranges; right readings were written first."""

from __future__ import annotations

from pathlib import Path

import pytest

from dora_mlx_tts.text.frontend import FrontEnd

DATA = Path(__file__).parent / "data"
FRONT_END = FrontEnd()
SILENT = frozenset({*"!?…,.-[]_", "UNK", "空"})


def rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]


def sounds(text: str, language: str) -> list[str]:
    return [s for s in FRONT_END.phonemize(text, language).symbols if s not in SILENT]


def check(language: str, text: str, *readings: str) -> None:
    heard = sounds(text, language)
    said = FRONT_END.phonemize(text, language).norm_text
    assert any(sounds(reading, language) == heard for reading in readings), said


@pytest.mark.parametrize("row", rows("figures_ja.tsv"), ids=lambda row: row[0])
def test_japanese(row: list[str]) -> None:
    pytest.importorskip("haqumei")
    check("ja", *row)


@pytest.mark.parametrize("row", rows("figures_ko.tsv"), ids=lambda row: row[0])
def test_korean(row: list[str]) -> None:
    check("ko", *row)


@pytest.mark.parametrize(
    ("text", "language"),
    [("Meet me at 3:30pm.", "ja"), ("Meet me at 3:30pm.", "ko"), ("It costs 20 USD now.", "ko")],
)
def test_english_stays_english(text: str, language: str) -> None:
    assert FRONT_END.phonemize(text, language).spans[0].language == "en"


@pytest.mark.parametrize("language", ["ja", "ko"])
@pytest.mark.parametrize(
    "piece",
    ["1-", "1/", "1:", "+1", "1,", "(1", "1 ", "0", "1~", "1=", "a.m.", "1월", "1月", "1-1="],
)
def test_long_runs_are_read(piece: str, language: str) -> None:
    """Quadratic time would take minutes here."""
    if language == "ja":
        from dora_mlx_tts.text.ja.mixed import read_mixed
        from dora_mlx_tts.text.ja.normalize import normalize
    else:
        from dora_mlx_tts.text.ko.mixed import read_mixed
        from dora_mlx_tts.text.ko.normalize.pipeline import normalize
    from dora_mlx_tts.text.aligned import AlignedText

    text = AlignedText.of(piece * 5000)
    assert normalize(read_mixed(text)) is not None

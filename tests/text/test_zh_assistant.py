"""Utterances as an assistant writes them, of our own, every one with its right reading."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from dora_mlx_tts.text.frontend import FrontEnd

_DATA = Path(__file__).parent / "data"
_UNSPOKEN = re.compile(r"[^0-9a-z\u4e00-\u9fff]")


def utterances(name: str) -> list[tuple[str, str]]:
    lines = (_DATA / f"{name}.tsv").read_text("utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return [(text, reading) for text, reading in pairs]


@cache
def _front_end() -> FrontEnd:
    return FrontEnd()


def _spoken(norm_text: str) -> str:
    return _UNSPOKEN.sub("", norm_text.lower())


def _pattern(reading: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"[\s\-]", "", reading.lower()))


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        utterance
        for name in ("assistant_zh", "assistant_mixed", "more_zh", "more_mixed")
        for utterance in utterances(name)
    ],
)
def test_an_utterance_is_read_right(text: str, reading: str) -> None:
    for code in ("zh", "auto"):
        spoken = _spoken(_front_end().phonemize(text, code).norm_text)
        assert _pattern(reading).fullmatch(spoken), spoken

"""Readings and sentences that must hold, one test per text (`truths/README.md`)."""

from __future__ import annotations

import json
from functools import cache
from types import ModuleType
from typing import Any

import pytest
from script_loader import load_script
from text_corpus import TRUTHS

from dora_mlx_tts.text.frontend import FrontEnd


def entries(*names: str) -> list[Any]:
    lines = [
        line for n in names for line in (TRUTHS / f"{n}.jsonl").read_text("utf-8").splitlines()
    ]
    return [pytest.param(entry, id=entry["id"]) for entry in map(json.loads, lines)]


@cache
def judge() -> ModuleType:
    return load_script("score_text")


@cache
def front_end() -> FrontEnd:
    return FrontEnd()


@pytest.mark.parametrize("entry", entries("zh", "en"))
def test_is_read_as_it_must_be(entry: dict[str, Any]) -> None:
    score = judge().score_readings([entry], front_end())
    assert not score.exceptions
    assert sum(tally.total for tally in score.tallies.values()) > 0
    assert [wrong for tally in score.tallies.values() for wrong in tally.wrong] == []


@pytest.mark.parametrize("entry", entries("streaming_sentences"))
def test_is_divided_as_it_must_be(entry: dict[str, Any]) -> None:
    score = judge().score_sentences([entry])
    assert [wrong for tally in score.tallies.values() for wrong in tally.wrong] == []

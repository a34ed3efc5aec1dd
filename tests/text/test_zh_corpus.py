"""Mandarin against the recorded corpus: parity with the reference, and truth."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dora_mlx_tts.text.zh import Mandarin
from dora_mlx_tts.text.zh.syllable import symbols_of

_DEFAULT = Path(__file__).parents[2].parent / "shared" / "goldens"
_CORPUS = Path(os.environ.get("DORA_MLX_TTS_GOLDENS", _DEFAULT)) / "text" / "zh.jsonl"

_MARKS = "!?…,."

pytestmark = pytest.mark.skipif(not _CORPUS.is_file(), reason=f"no corpus at {_CORPUS}")

_MISREAD_WITHOUT_FLAG = re.compile(
    r"月[一二三四五六七八九十]*一日"  # 一 of a date is yi1, as flagged for 七月一日
    r"|一[万亿]"  # yi2, as flagged for 一万二千
    r"|草地"  # di4, as flagged for 土地
    r"|很长"  # chang2, not zhang3
    r"|晒干"  # gan1, not gan4
)
"""What the reference misreads although the corpus has a flag only on other entries, or none."""


@cache
def _entries() -> list[dict[str, Any]]:
    lines = _CORPUS.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line]


@cache
def _mandarin() -> Mandarin:
    return Mandarin()


def _bare(text: str) -> str:
    return re.sub(r"[!?….,，\-\s]", "", text)


def _agrees(entry: dict[str, Any]) -> bool:
    spans = [s for s in entry["spans"] if s["lang"] == "zh"]
    norms = [_mandarin().normalize(span["text"]).text for span in spans]
    if len(entry["spans"]) > 1 or entry["short_retry"]:  # the front end divides and retries
        pairs = zip(norms, spans, strict=True)
        return all(n.lstrip(_MARKS) == s["norm_text"].lstrip(_MARKS) for n, s in pairs)
    phones = list(_mandarin().pronounce(norms[0]).symbols)
    return phones in (entry["phones"], entry.get("phones_with_polyphone_fix_table"))


def test_agrees_with_the_reference() -> None:
    entries = [
        e
        for e in _entries()
        if not e.get("upstream_bug")
        and "error" not in e
        and not _MISREAD_WITHOUT_FLAG.search(e["norm_text"])
        and not re.search(r"￥(?![0-9])|\^", e["text"])  # signs the reference turns into SP2, SP3
    ]
    wrong = [(e["id"], e["text"]) for e in entries if not _agrees(e)]
    assert len(wrong) <= 0.01 * len(entries), wrong


def test_accepted_normalizations() -> None:
    entries = [e for e in _entries() if e.get("accepted_norm")]
    wrong = []
    for entry in entries:
        spoken = _bare(_mandarin().normalize(entry["text"]).text)
        if spoken not in {_bare(n) for n in entry["accepted_norm"]}:
            wrong.append((entry["id"], spoken))
    assert len(wrong) <= 0.03 * len(entries), wrong


def test_expected_readings() -> None:
    checked, wrong = 0, []
    for entry in _entries():
        norm = _mandarin().normalize(entry["text"]).text
        said = _mandarin().pronounce(norm)
        assert said.word2ph is not None
        at = 0
        for expected in entry.get("expected_readings", ()):
            checked += 1
            start = norm.find(expected["word"], at)
            at = start + len(expected["word"])
            first = sum(said.word2ph[:start])
            wanted = [
                symbol
                for pinyin in expected["pinyin"].split()
                for symbol in (symbols_of(pinyin) or (None, None))
            ]
            got = said.symbols[first : first + len(wanted)]
            if start < 0 or any(w not in (None, g) for w, g in zip(wanted, got, strict=False)):
                wrong.append((entry["id"], expected, got))
    assert len(wrong) <= 0.03 * checked, wrong

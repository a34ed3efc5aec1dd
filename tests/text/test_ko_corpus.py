"""Korean against the recorded corpus."""

from __future__ import annotations

import itertools
from typing import Any

from text_corpus import corpus

from dora_mlx_tts.text.frontend import FrontEnd


def _phones(front_end: FrontEnd, entry: dict[str, Any]) -> list[str]:
    return list(front_end.phonemize(entry["text"], entry["lang"], allow_silence=True).symbols)


def test_agrees_with_the_reference() -> None:
    front_end = FrontEnd("v2")
    entries = [e for e in corpus("ko") if not e.get("upstream_bug") and "error" not in e]
    wrong = [(e["id"], e["text"]) for e in entries if _phones(front_end, e) != e["phones"]]
    assert len(wrong) <= 0.05 * len(entries), wrong


def test_flagged_entries_are_read_right() -> None:
    front_end = FrontEnd("v2")
    for entry in corpus("ko"):
        for flag in entry.get("upstream_bug") or []:
            phones = _phones(front_end, entry)
            if "0 read" in flag["reason"]:
                spoken = front_end.phonemize(entry["text"], entry["lang"]).norm_text
                assert flag["correct"] in spoken
            if "repeated" in flag["reason"]:
                marks = [p in ",.!?…" for p in phones]
                assert not any(a and b for a, b in itertools.pairwise(marks))
            if "emoji" in flag["reason"]:
                assert "停" not in phones


def test_every_entry_is_read() -> None:
    front_end = FrontEnd("v2")
    for entry in corpus("ko"):
        assert _phones(front_end, entry)
    assert not front_end.symbols.unknown

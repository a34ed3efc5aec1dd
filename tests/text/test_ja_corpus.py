"""Japanese against the recorded corpus.

Our dictionary is newer than the reference's, so accents and the borders of accent phrases differ
now and then; phones do not.
"""

from __future__ import annotations

from typing import Any

import pytest
from text_corpus import corpus

from dora_mlx_tts.text.frontend import FrontEnd

pytest.importorskip("haqumei", reason="the extra ja is not installed")

_ACCENTS = frozenset({"[", "]", "UNK"})


def _spoken(symbols: Any) -> list[str]:
    return [symbol for symbol in symbols if symbol not in _ACCENTS]


def _unflagged(version: str) -> list[tuple[dict[str, Any], list[str]]]:
    key = "phones_v1" if version == "v1" else "phones"
    entries = [e for e in corpus("ja") if not e.get("upstream_bug") and "error" not in e]
    return [(e, e.get(key, e["phones"])) for e in entries]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_agrees_with_the_reference(version: str) -> None:
    front_end = FrontEnd(version)
    pairs = _unflagged(version)
    wrong = [
        (e["id"], e["text"])
        for e, phones in pairs
        if _spoken(front_end.phonemize(e["text"], e["lang"]).symbols) != _spoken(phones)
    ]
    assert len(wrong) <= 0.05 * len(pairs), wrong


def test_accents_agree_where_the_dictionaries_do() -> None:
    front_end = FrontEnd("v2")
    pairs = _unflagged("v2")
    same = sum(
        list(front_end.phonemize(e["text"], e["lang"]).symbols) == phones for e, phones in pairs
    )
    assert same >= 0.6 * len(pairs)


def test_flagged_entries_are_read_right() -> None:
    front_end = FrontEnd("v2")
    for entry in corpus("ja"):
        flags = entry.get("upstream_bug") or []
        if not any(flag["scope"] == "normalizer" for flag in flags):
            continue
        spoken = front_end.phonemize(entry["text"], entry["lang"])
        if "1,500" in entry["text"]:
            assert "s e N g o hy a k u e N" in " ".join(_spoken(spoken.symbols))
        if "25.5" in entry["text"]:
            assert "t e N g o d o" in " ".join(_spoken(spoken.symbols))
        if "%" in entry["text"]:
            assert "p a a s e N t o" in " ".join(_spoken(spoken.symbols))
        if "😀" in entry["text"] or "「" in entry["text"]:
            assert spoken.symbols[0] != "UNK"
            assert "_" not in spoken.symbols


def test_every_entry_is_read() -> None:
    front_end = FrontEnd("v2")
    for entry in corpus("ja"):
        assert front_end.phonemize(entry["text"], entry["lang"], allow_silence=True).symbols
    assert not front_end.symbols.unknown

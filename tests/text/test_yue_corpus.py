"""Cantonese against the recorded corpus: parity with the reference, and truth."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from text_corpus import corpus

from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.registry import MODULES
from dora_mlx_tts.text.yue import Cantonese

pytest.importorskip("ToJyutping", reason="the extra yue is not installed")
pytest.importorskip("opencc", reason="opencc is not installed")


def _front_end(*, as_reference: bool) -> FrontEnd:
    cantonese = Cantonese(as_reference=as_reference)
    return FrontEnd("v2", modules=MappingProxyType({**MODULES, "yue": lambda _: cantonese}))


def _phones(front_end: FrontEnd, entry: dict[str, Any]) -> list[str]:
    return list(front_end.phonemize(entry["text"], entry["lang"], allow_silence=True).symbols)


def _unflagged() -> list[dict[str, Any]]:
    return [e for e in corpus("yue") if not e.get("upstream_bug") and "error" not in e]


def test_agrees_with_the_reference_in_its_script() -> None:
    front_end = _front_end(as_reference=True)
    entries = _unflagged()
    wrong = [(e["id"], e["text"]) for e in entries if _phones(front_end, e) != e["phones"]]
    assert len(wrong) <= 0.03 * len(entries), wrong


def test_differs_from_the_reference_in_readings_alone() -> None:
    """The reference looks simplified characters up and misreads some: 幾多錢, 一種."""
    front_end = _front_end(as_reference=False)
    entries = _unflagged()
    wrong = [(e["id"], e["text"]) for e in entries if _phones(front_end, e) != e["phones"]]
    assert len(wrong) <= 0.15 * len(entries), wrong
    for entry in entries:
        assert len(_phones(front_end, entry)) == len(entry["phones"])


def test_flagged_entries_are_read_right() -> None:
    front_end = _front_end(as_reference=False)
    for entry in corpus("yue"):
        flags = entry.get("upstream_bug") or []
        spoken = front_end.phonemize(entry["text"], entry["lang"], allow_silence=True)
        for flag in flags:
            if "simplified" in flag["reason"] and flag.get("correct"):
                heard = [
                    f"{a[1:]}{b[1:]}"
                    for a, b in zip(spoken.symbols[::2], spoken.symbols[1::2], strict=False)
                ]
                wanted = flag["correct"].split()
                assert heard[: len(wanted)] == wanted
            if "digit by digit" in flag["reason"] and flag.get("correct"):
                assert flag["correct"] in spoken.norm_text


def test_every_entry_is_read() -> None:
    front_end = _front_end(as_reference=False)
    for entry in corpus("yue"):
        spoken = front_end.phonemize(entry["text"], entry["lang"], allow_silence=True)
        assert "UNK" not in spoken.symbols
    assert not front_end.symbols.unknown

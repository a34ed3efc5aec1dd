"""Texts of Chinese and English: what must hold beside `test_corpora.py`."""

from __future__ import annotations

import pytest
from text_corpus import corpus

from dora_mlx_tts.text.frontend import FrontEnd


def test_ids_are_the_references_where_phones_are() -> None:
    front_end = FrontEnd()
    for entry in corpus("mixed"):
        result = front_end.phonemize(entry["text"], entry["lang"])
        if list(result.symbols) == entry["phones"]:
            assert result.ids.tolist() == entry["phone_ids"], entry["text"]


def test_zh_and_auto_read_alike() -> None:
    front_end = FrontEnd()
    for text in {entry["text"] for entry in corpus("mixed")}:
        readings = {front_end.phonemize(text, code).symbols for code in ("zh", "auto")}
        assert len(readings) == 1, text


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("C++和C#是编程语言。", "c plus plus和c sharp是"),
        ("他考了个A+，我考了B-。", "a plus,我考了b minus"),
        ("我的email是test@example.com。", "test at example dot com"),
        ("价格是$99，大约￥700。", "九十九美元,大约七百元"),
        ("Wi-Fi密码是abc123。", "a b c 一二三"),
        ("MacBook Air M2芯片", "m two芯片"),
        ("AI时代，重5kg的robot。", "时代,重五千克的robot"),
    ],
)
def test_own_truth(text: str, part: str) -> None:
    front_end = FrontEnd()
    for code in ("zh", "auto"):
        assert part in front_end.phonemize(text, code).norm_text.lower()


def test_the_pause_after_an_english_word_stays() -> None:
    front_end = FrontEnd()
    for entry in corpus("mixed"):
        if any("full-width comma" in bug["reason"] for bug in entry.get("upstream_bug", ())):
            result = front_end.phonemize(entry["text"], entry["lang"])
            assert result.symbols.count(",") >= entry["text"].count("，"), entry["text"]

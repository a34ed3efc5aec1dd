from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dora_mlx_tts.text.symbols import SymbolTable
from dora_mlx_tts.text.zh import Mandarin
from dora_mlx_tts.text.zh.segment.words import segment

MANDARIN = Mandarin()
ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
WRITTEN = st.text(
    st.sampled_from(
        "0123456789.,:/-~%°℃$¥€+×÷=<>()（）年月日号点分个只第一不二两百千万亿零元度kmgLhs²½①Ⅲ 的地得了儿好"
        "长行还重慢说，。！？—…“”\n"
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=150)
@given(ANY | WRITTEN)
def test_any_text_can_be_read(text: str) -> None:
    norm = MANDARIN.normalize(text)
    assert len(norm.spans) == len(norm.text)
    previous = (0, 0)
    for start, end in norm.spans:
        assert 0 <= start <= end <= len(text)
        assert start >= previous[0]
        assert end >= previous[1]
        previous = (start, end)
    assert not re.search(r"[0-9A-Za-z\s]", norm.text)
    assert not re.search(r"[!?….,]{2}", norm.text)
    spoken = MANDARIN.pronounce(norm.text)
    assert spoken.word2ph is not None
    assert len(spoken.word2ph) == len(norm.text)
    assert sum(spoken.word2ph) == len(spoken.symbols) == len(spoken.spans)
    table = SymbolTable.load("v2")
    table.ids(spoken.symbols)
    assert "UNK" not in spoken.symbols
    assert not table.unknown


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=30))
def test_words_cover_the_text(text: str) -> None:
    words = segment(text)
    assert "".join(word.text for word in words) == text
    assert all(word.text and word.tag for word in words)


@settings(deadline=None, max_examples=60)
@given(WRITTEN)
def test_normalization_is_final(text: str) -> None:
    norm = MANDARIN.normalize(text).text
    assert MANDARIN.normalize(norm).text == norm


@pytest.mark.parametrize(
    "text", ["1" * 10_000, "今天天气真好，" * 3_000, "1-" * 3_000, "不" * 5_000]
)
def test_long_texts_are_read_to_the_end(text: str) -> None:
    norm = MANDARIN.normalize(text)
    assert norm.spans[-1][1] >= len(text) - 1
    assert len(MANDARIN.pronounce(norm.text).symbols) >= len(norm.text)


def test_nothing_of_jieba_or_pypinyin_is_imported() -> None:
    MANDARIN.pronounce("今天天气真好他说不")
    assert "jieba" not in sys.modules
    assert "pypinyin" not in sys.modules

from __future__ import annotations

import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from dora_mlx_tts.text.zh import Mandarin
from dora_mlx_tts.text.zh.segment.words import segment

MANDARIN = Mandarin()
WRITTEN = st.text(
    st.sampled_from(
        "0123456789.,:/-~%°℃$¥€+×÷=<>()（）年月日号点分个只第一不二两百千万亿零元度kmgLhs²½①Ⅲ 的地得了儿好"
        "长行还重慢说，。！？—…“”\n"
    ),
    max_size=40,
)


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


def test_nothing_of_jieba_or_pypinyin_is_imported() -> None:
    MANDARIN.pronounce("今天天气真好他说不")
    assert "jieba" not in sys.modules
    assert "pypinyin" not in sys.modules

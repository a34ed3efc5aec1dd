from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.mixed import read_mixed
from dora_mlx_tts.text.zh import Mandarin
from dora_mlx_tts.text.zh.segment.words import segment

MANDARIN = Mandarin()
WRITTEN = st.text(
    st.sampled_from(
        "0123456789.,:/-~%°℃$¥€+×÷=<>()（）xkTaB\"'#^√₂²+年月日号点分个只第一不二两百千万亿零元度kmgLhs²½①Ⅲ 的地得了儿好"
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


@pytest.mark.parametrize(
    "unit",
    ["一", "第", "1^", "1-", "x²", "1/", "3'", '27"', "1 ", "A1", "图1-", "1又", "到1", "密码是a"],
)
def test_work_grows_no_faster_than_the_text(unit: str) -> None:
    """Calls are counted rather than time; patterns have bounds of their own."""
    small, large = (_calls(f"你{unit * (size // len(unit))}") for size in (1_000, 4_000))
    assert large <= 4.5 * small


def _calls(text: str) -> int:
    count = 0

    def counting(_frame: object, _event: str, _argument: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(counting)
    try:
        MANDARIN.pronounce(MANDARIN.normalize(read_mixed(AlignedText.of(text)).text).text)
    finally:
        sys.setprofile(None)
    return count


def test_nothing_of_jieba_or_pypinyin_is_imported() -> None:
    """In an interpreter of its own: other tests of a run may import either."""
    program = (
        "import sys; from dora_mlx_tts.text.zh import Mandarin; Mandarin().pronounce('今天天气真好他说不');"
        "print([name for name in ('jieba', 'pypinyin') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"

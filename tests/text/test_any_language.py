"""What holds for every language and any text: nothing fails, and every character and phone leads back."""

from __future__ import annotations

import importlib.util
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dora_mlx_tts.text.en.language import English
from dora_mlx_tts.text.en.words import word_set
from dora_mlx_tts.text.frontend import Language
from dora_mlx_tts.text.ja import Japanese
from dora_mlx_tts.text.ko import Korean
from dora_mlx_tts.text.symbols import SymbolTable
from dora_mlx_tts.text.yue import Cantonese
from dora_mlx_tts.text.zh import Mandarin


@dataclass(frozen=True)
class Tried:
    """A language and the texts that are hard for it.

    Attributes:
        make: builds its module.
        written: characters of texts that look like its own.
        long: texts that must be read to their end.
        normal: what its normalized text is made of, as a pattern.
        needs: packages of its extra.
        by_character: whether `word2ph` counts the phones of each character.
    """

    make: Callable[[], Language]
    written: str
    long: tuple[str, ...]
    normal: str = r"[\s\S]*"
    needs: tuple[str, ...] = ()
    by_character: bool = False


LANGUAGES = {
    "zh": Tried(
        Mandarin,
        "0123456789.,:/-~%°℃$¥€+×÷=<>()（）年月日号点分个只第一不二两百千万亿零元度kmgLhs²½①Ⅲ 的地得了儿好"
        "长行还重慢说，。！？—…“”\n",
        ("1" * 10_000, "今天天气真好，" * 3_000, "1-" * 3_000, "不" * 5_000),
        normal=r"(?!.*[!?….,]{2})[^0-9A-Za-z\s]*",
        by_character=True,
    ),
    "en": Tried(
        English,
        "aAbI1 20.,:/-$%'\"@#()\n–x°Mpkms+=St½é你😀",
        ("1" * 5_000, "1,1.1:1-12/" * 2_000, "a'A " * 5_000, "$(<a" * 5_000),
        normal=r"[A-Za-z '.,?!…-]*",
    ),
    "ja": Tried(
        Japanese,
        "0123456789.,:/-~〜％%℃$¥年月日時分人個一二三猫はがのでｶﾞﾊﾟ゛ゝ々ヶーっんァ、。！？…「」（）・\n aA",
        ("1" * 10_000, "吾輩は猫である。" * 2_000, "あ" * 10_000),
        needs=("haqumei",),
    ),
    "ko": Tried(
        Korean,
        "0123456789.,:/-~%℃$₩개명시분년월일원번살할수있을게읽고닭값못앓넓 ㅋㅠ안ᄒ\u1161\u11ab!?…()\nA",
        ("1" * 10_000, "오늘 날씨가 좋네요! " * 2_000, "할 " * 5_000, "1-" * 3_000, "ㅋ" * 9_000),
    ),
    "yue": Tried(
        Cantonese,
        "0123456789.,:/-%$HK蚊個佢哋嘅㗎𡃁幾几种種后里银行長长重庆卅廿，。！？…「」\n iP",
        ("1" * 10_000, "今日天氣好好，" * 3_000, "几" * 5_000),
        needs=("ToJyutping", "opencc"),
        by_character=True,
    ),
}
ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
ARPABET = word_set(
    "AA0 AA1 AA2 AE0 AE1 AE2 AH0 AH1 AH2 AO0 AO1 AO2 AW0 AW1 AW2 AY0 AY1 AY2 B CH D DH EH0 EH1 EH2 ER0 ER1 ER2 "
    "EY0 EY1 EY2 F G HH IH0 IH1 IH2 IY0 IY1 IY2 JH K L M N NG OW0 OW1 OW2 OY0 OY1 OY2 P R S SH T TH UH0 UH1 UH2 "
    "UW UW0 UW1 UW2 V W Y Z ZH ! ? … , . -"
)
CODES = [
    pytest.param(
        code,
        marks=pytest.mark.skipif(
            not all(map(importlib.util.find_spec, tried.needs)), reason=f"{tried.needs} is missing"
        ),
    )
    for code, tried in LANGUAGES.items()
]


@cache
def module(code: str) -> Language:
    return LANGUAGES[code].make()


def check_normalized(code: str, text: str) -> str:
    """The normalized text, after every character has led back into `text`, in order."""
    aligned = module(code).normalize(text)
    assert len(aligned.spans) == len(aligned.text)
    assert all(0 <= start <= end <= len(text) for start, end in aligned.spans)
    for before, after in itertools.pairwise(aligned.spans):
        assert before[0] <= after[0]
        assert before[1] <= after[1]
    assert re.fullmatch(LANGUAGES[code].normal, aligned.text)
    return aligned.text


def check_pronounced(code: str, text: str) -> None:
    """Every phone is one of the table and leads back into `text`, in order."""
    spoken = module(code).pronounce(text)
    assert len(spoken.spans) == len(spoken.symbols)
    assert all(0 <= start <= end <= len(text) for start, end in spoken.spans)
    starts = [start for start, _ in spoken.spans]
    assert starts == sorted(starts)
    table = SymbolTable.load("v2")
    table.ids(spoken.symbols)
    assert not table.unknown
    if code == "en":
        assert set(spoken.symbols) <= ARPABET
    if code == "zh":
        assert "UNK" not in spoken.symbols
    if LANGUAGES[code].by_character:
        assert spoken.word2ph is not None
        assert len(spoken.word2ph) == len(text)
        assert sum(spoken.word2ph) == len(spoken.symbols)


@pytest.mark.parametrize("code", CODES)
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_any_text_can_be_read(code: str, data: st.DataObject) -> None:
    text = data.draw(ANY | st.text(st.sampled_from(LANGUAGES[code].written), max_size=60))
    check_pronounced(code, check_normalized(code, text))


@pytest.mark.parametrize("code", ["en", *CODES[2:4]])
@settings(deadline=None, max_examples=80)
@given(text=ANY)
def test_pronounce_takes_what_was_not_normalized(code: str, text: str) -> None:
    check_pronounced(code, text.encode("utf-8", "ignore").decode())


@pytest.mark.parametrize("code", CODES)
def test_long_texts_are_read_to_the_end(code: str) -> None:
    for text in LANGUAGES[code].long:
        aligned = module(code).normalize(text)
        assert aligned.spans[-1][1] >= len(text) - 2
        assert len(module(code).pronounce(aligned.text).symbols) >= len(aligned.text) // 4


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("run", [" ", "\n", "\n ", "(", "「", "-", "〜", "😀"])
def test_long_runs_without_sound_take_no_time(code: str, run: str) -> None:
    """Quadratic time would take minutes here."""
    assert len(check_normalized(code, run * 20_000)) <= len(run) * 20_000

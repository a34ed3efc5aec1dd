from __future__ import annotations

import pytest

from dora_mlx_tts.text.frontend import FrontEnd
from dora_mlx_tts.text.zh.segment.markov_tables import tables
from dora_mlx_tts.text.zh.segment.words import segment

FRONT_END = FrontEnd()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("内存16GB，128MB缓存", "内存十六G B,一百二十八M B缓存"),
        ("5KB的文件", "五K B的文件"),
        ("速度100Mbps很快", "速度一百M B P S很快"),
        ("买了8GB RAM", "买了八G B RAM"),
        ("The file is 5GB.", "The file is five gigabytes."),
        ("坐G1234次，CA1234航班", "坐G幺二三四次,C A幺二三四航班"),
        ("第III章，路易XIV世", "第三章,路易十四世"),
        ("航班CA1831，国道G107", "航班C A幺八三幺,国道G幺零七"),
        ("京A·12345的车", "京A幺二三四五的车"),
        ("AI+教育，互联网+", "A I加教育,互联网加"),
        ("11:30 a.m.开会", "上午十一点半开会"),
        ("加速只要5.9s", "加速只要五点九秒"),
        ("面积5cm×3cm", "面积五厘米乘三厘米"),
        ("付了RMB 20，收到30 USD", "付了二十元,收到三十美元"),
        ("It costs RMB 20 today.", "It costs twenty yuan today."),
        ("我们提供24/7服务。", "我们提供二十四七服务."),
        ("if a>b then c<d", "if a greater than b then c less than d"),
        ("上半场1-0领先", "上半场一比零领先"),
    ],
)
def test_what_neither_language_can_tell_alone(text: str, read: str) -> None:
    assert FRONT_END.phonemize(text, "auto").norm_text == read
    assert FRONT_END.phonemize(text, "zh").norm_text == read


def test_signs_of_long_pauses() -> None:
    symbols = FRONT_END.phonemize("好了，￥再说，一下", "zh").symbols
    assert symbols == (
        "h",
        "ao3",
        "l",
        "e5",
        "SP2",
        "z",
        "ai4",
        "sh",
        "uo1",
        ",",
        "y",
        "i2",
        "x",
        "ia4",
    )
    assert FRONT_END.phonemize("好的呀^再说", "zh").symbols[6] == "SP3"
    assert "SP2" not in FRONT_END.phonemize("一共￥199元", "zh").symbols


@pytest.mark.parametrize("text", ["𠮷㐂龘", "㕶𠮾嗯"])
def test_rare_characters_are_read(text: str) -> None:
    word2ph = FRONT_END.phonemize(f"他姓{text}。", "zh").word2ph
    assert word2ph == (2,) * (len(text) + 2) + (1,)


def test_old_models_read_other_languages_as_the_declared_one() -> None:
    front_end = FrontEnd("v1")
    assert {s.language for s in front_end.phonemize("我说한국어再见", "zh").spans} == {"zh"}
    assert not front_end.symbols.unknown


def test_the_markov_tables_are_whole() -> None:
    model = tables()
    assert len(model.start) == 256
    assert model.start["B", "a"] == pytest.approx(-4.7623052146)
    assert model.emit("一")["B", "a"] == pytest.approx(-3.618715666782108)
    assert model.states("跛") == (("B", "n"), ("B", "v"), ("S", "a"))
    assert model.states("\U00020000") == ()


def test_a_long_run_of_one_character_is_divided() -> None:
    for char in "好不㐂":
        words = segment(char * 20_000)
        assert sum(map(len, words)) == 20_000

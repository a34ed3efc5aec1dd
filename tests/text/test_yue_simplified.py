"""Cantonese in simplified characters, and its figures: written and said as in Hong Kong."""

from __future__ import annotations

import pytest

from dora_mlx_tts.text.frontend import FrontEnd

pytest.importorskip("ToJyutping", reason="the extra yue is not installed")
pytest.importorskip("opencc", reason="opencc is not installed")

FRONT_END = FrontEnd()


def norm(text: str) -> str:
    return FRONT_END.phonemize(text, "yue").norm_text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("可唔可以借借支笔俾我", "可唔可以借借支筆俾我"),
        ("我凭借运气", "我憑藉運氣"),
        ("佢成日好忧郁", "佢成日好憂鬱"),
        ("企喺度唔好郁", "企喺度唔好郁"),
        ("嗰只猫吓亲我", "嗰隻貓嚇親我"),
        ("等吓先，睇吓", "等吓先,睇吓"),
        ("搭车去鲗鱼涌同葵涌", "搭車去鰂魚涌同葵涌"),
        ("海水涌入嚟", "海水湧入嚟"),
        ("皇后之后", "皇后之後"),
        ("只得一只，呢只猫", "只得一隻,呢隻貓"),
    ],
)
def test_simplified_words_are_the_right_traditional_ones(text: str, written: str) -> None:
    assert norm(text) == written


def test_a_doubled_verb_keeps_its_reading() -> None:
    phones = FRONT_END.phonemize("借借我啦，借借佢啦", "yue").symbols
    assert phones.count("Yik6") == 0
    assert phones.count("Ye3") == 4


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("我住1511室", "我住一五一一室"),
        ("打999或者打112", "打九九九或者打一一二"),
        ("电话系2811 3355", "電話係二八一一,三三五五"),
        ("坐巴士118號去", "坐巴士一一八號去"),
        ("密碼係ab12", "密碼係A B 一二"),
        ("仲有2h，重3kg", "仲有兩小時,重三千克"),
        ("總共1314蚊", "總共一千三百一十四蚊"),
        ("打12345678搵我", "打幺二三四五六七八搵我"),
    ],
)
def test_figures(text: str, spoken: str) -> None:
    assert norm(text).replace("係", "系") == spoken.replace("係", "系")

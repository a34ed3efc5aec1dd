"""Figures that name a place in a whole: pages, figures, sections, marks out of ten."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import cardinal, number

_OF_ALL = re.compile(
    r"第[ ]?([0-9]{1,4})[ ]?/[ ]?([0-9]{1,4})[ ]?([页题章步集期关轮天课节局场部张条讲])"
)
_PARTED = re.compile(
    r"(?<=[图表式例题甲乙丙丁戊])([ ]?)([0-9]{1,4})[-\u2013]([0-9]{1,4})(?![0-9A-Za-z]|[-./][0-9]|[ ]?[年月页题图表])"
)
_HOUSE = re.compile(
    r"((?:门牌|房)号?(?:是|为|[:：])?[ ]?)([0-9]{1,4})-([0-9]{1,4})(?![0-9A-Za-z-])"
)
_KEY = re.compile(r"[#*](?=[ ]?号?键)")
_MARKS = re.compile(
    r"((?:评分|打分|得分|评为|评级)(?:[是为有:：]|高达|达到?)?[ ]?)([0-9]{1,3}(?:\.[0-9]{1,2})?)[ ]?/[ ]?(5|10|100)(?![0-9./])"
)


def read_labels(text: AlignedText) -> AlignedText:
    """`第3/5页` 第三页共五页, `图4-1` 图四杠一, `评分8.7/10` 评分八点七分,满分十分."""
    text = text.sub(_KEY, lambda m: "井" if m[0] == "#" else "星")
    text = text.sub(_OF_ALL, lambda m: f"第{cardinal(m[1])}{m[3]}共{cardinal(m[2])}{m[3]}")
    text = text.sub(_PARTED, lambda m: f"{m[1]}{cardinal(m[2])}杠{cardinal(m[3])}")
    text = text.sub(_HOUSE, lambda m: f"{m[1]}{cardinal(m[2])}杠{cardinal(m[3])}")
    return text.sub(_MARKS, lambda m: f"{m[1]}{number(m[2])}分,满分{number(m[3])}分")

"""Numbers in one form: groups of figures joined, signs and points that belong to a name or an item."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import cardinal, digits

_THOUSANDS = re.compile(
    r"(?<![0-9A-Za-z.,])([1-9][0-9]{0,2}(?:[,'’][0-9]{3}){1,5})(?![0-9]|[,'’][0-9])"
)
_WIDE_THOUSANDS = re.compile(r"(?<=[$¥￥€£])([0-9]{1,3}(?:，[0-9]{3}){1,4})(?![0-9])")
_SPACED_THOUSANDS = re.compile(
    r"(?<![0-9A-Za-z.,][ ])(?<![0-9A-Za-z.,-])([1-9][0-9]{0,2}(?: [0-9]{3}){2,4})(?![ ]?[0-9])"
)
_EUROPEAN = re.compile(
    r"(?<![0-9A-Za-z.,])([0-9]{1,3}(?:\.[0-9]{3}){1,4}),([0-9]{1,2})(?![0-9A-Za-z.,])"
)
_BULLET = re.compile(
    r"\A[-\u2212](?=[0-9]{1,4}(?:[./][0-9]{1,4})?[ ]?(?:[个杯勺瓣片只颗根粒条盒包袋瓶罐份把棵茶汤大小]|块(?!钱)))"
)
"""A hyphen that begins an item: no one has fewer than no cups."""
_MODEL = re.compile(
    r"(?:(?<=[歼轰运直])|(?<=东风|长征|神舟|天宫|嫦娥|天舟|红旗|巨浪|鹰击|霹雳|空警|彩虹|翼龙|风云|枭龙|波音|空客|米格))"
    r"[-\u2013](?=[0-9])|(?<=[座栋幢楼区元])[-\u2013](?=[0-9]{3,4}(?![0-9]|[ ]?[楼层座栋区号-]))"
)
"""The hyphen of a name (歼-20) is no minus."""
_ISOTOPE = re.compile(
    "(?:(?<=欧米[伽茄])|(?<=[碳铀氢氧氮铯碘锶钴钚镭钋磷硫铅钾氦锂硼氟氖钠镁铝硅氯氩钙铁镅锝氚]))[-\u2013]([0-9]{1,3})(?![0-9.%])"
)
"""A weight of an element: 碳-14, 铯-137."""
_POINT = re.compile(r"(?<![0-9A-Za-z.])\.(?=[0-9]{1,16}(?![0-9.]))")
_BESIDE_FIGURE = re.compile("[-~–—～.%‰$¥￥€£+×*/=:：°℃A-Za-z至到万亿]")
"""Signs beside a figure that further rules read together with it."""
_WEIGHT_OF_THREE = 3


def read_thousands(text: AlignedText) -> AlignedText:
    """`1,234,567` as one number; a number's sign and point as what they are (歼-20, .5)."""
    text = text.sub(_ISOTOPE, _isotope)
    text = text.sub(_MODEL, "").sub(_BULLET, "").sub(_POINT, "0.")
    text = text.sub(_WIDE_THOUSANDS, lambda m: m[1].replace("，", ""))
    text = text.sub(_EUROPEAN, lambda m: f"{m[1].replace('.', '')}.{m[2]}")
    text = text.sub(_SPACED_THOUSANDS, lambda m: m[1].replace(" ", ""))
    return text.sub(_THOUSANDS, _thousands)


def _isotope(match: re.Match[str]) -> str:
    """`碳-14` 碳十四, `铯-137` 铯一三七."""
    return digits(match[1]) if len(match[1]) == _WEIGHT_OF_THREE else cardinal(match[1])


def _thousands(match: re.Match[str]) -> str:
    """Figures in groups are an amount whatever stands before: so many are written out at once."""
    whole, end = re.sub("[,'’]", "", match[1]), match.end()
    beside = match.string[max(0, match.start() - 2) : match.start()] + match.string[end : end + 2]
    return whole if _BESIDE_FIGURE.search(beside) else cardinal(whole)

"""What is left of numbers: versions, decimals, counts, bare numbers."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import amount, cardinal, digits, number
from dora_mlx_tts.text.zh.normalize.patterns import MEASURE, NUMBER

_THOUSANDS = re.compile(
    r"(?<![0-9A-Za-z.,])([0-9]{1,3}(?:[,'’][0-9]{3}){1,5})(?![0-9A-Za-z]|[,'’][0-9])"
)
_VERSION = re.compile(r"(?<![0-9.])[0-9]{1,8}(?:\.[0-9]{1,8}){2,6}(?![0-9])")
_ROMAN_ORDINAL = re.compile(
    r"第[ ]?([IVX]{1,6})(?![A-Za-z])|(?<![A-Za-z])([IVX]{1,6})(?=[世型期级]|[ ]?号)"
)
_COUNT = re.compile(rf"({NUMBER})[ ]?(\+(?=[ ]?{MEASURE}))?(?=[ ]?[多余几来]?[ ]?{MEASURE})")
_ORDINAL = re.compile(r"(?<=第)[ ]?([0-9]{1,16})(?![0-9])")
_NEGATIVE = re.compile(rf"(?<![0-9A-Za-z)）-])[-\u2212]({NUMBER})(?![0-9])")
_MODEL = re.compile(
    r"(?:(?<=[歼轰运直])|(?<=东风|长征|神舟|天宫|嫦娥|天舟|红旗|巨浪|鹰击|霹雳|空警|彩虹|翼龙|风云|枭龙|波音|空客|米格))"
    r"[-\u2013](?=[0-9])"
)
"""The hyphen of a name (歼-20) is no minus."""
_POINT = re.compile(r"(?<![0-9A-Za-z.])\.(?=[0-9]{1,16}(?![0-9.]))")
_POSITIVE = re.compile(rf"(?<![0-9A-Za-z)）+])\+({NUMBER})(?![0-9])")
_DECIMAL = re.compile(r"(?<![0-9.])[0-9]{1,16}\.[0-9]{1,16}(?![0-9])")
_BARE = re.compile(r"[0-9]{1,16}")
_QUANTITY_BEFORE = re.compile(
    r"(?:共|共有|约|大约|近|将近|超过|超|达|达到|高达|多达|不足|不到|至少|最多|大于|小于|等于|满|逾|约为|合计|总计|增至|降至|增加|减少|百分之|到|从)[ ]?$"
)
_ORDINAL_UNIT = re.compile(
    "[ ]?(?:月|日|号|楼|级|等|期|班|年级|手|战|两|单元|代|世|百|维|进制|把手|次元|次方|胎|环|线|区)"
)
"""Before these a lone 2 is an ordinal or part of a name: 二月, 二楼, 二级."""
_AFTER_LETTER = re.compile(r"(?<=[A-Za-z])[0-9]{3,16}(?![0-9.])")
"""A number that a letter begins (G1234次) is a name."""
_ROMAN = {"I": 1, "V": 5, "X": 10}
_DIGIT_BY_DIGIT = 3
"""A bare number of so many figures is a name (404, 110) unless it is round or a count."""


def read_thousands(text: AlignedText) -> AlignedText:
    """`1,234,567` as one number; a number's sign and point as what they are (歼-20, .5)."""
    text = text.sub(_MODEL, "").sub(_POINT, "0.")
    return text.sub(_THOUSANDS, lambda m: re.sub("[,'’]", "", m[1]))


def read_versions(text: AlignedText) -> AlignedText:
    """`5.10.0` and IP addresses, digit by digit."""
    return text.sub(_VERSION, lambda m: digits(m[0]).replace(".", "点"))


def read_counts(text: AlignedText) -> AlignedText:
    """Every number that is left."""
    text = text.sub(_ROMAN_ORDINAL, _roman)
    text = text.sub(_NEGATIVE, lambda m: f"负{_plain(m[1])}")
    text = text.sub(_POSITIVE, lambda m: f"正{_plain(m[1])}")
    text = text.sub(_AFTER_LETTER, lambda m: digits(m[0], telephone=True))
    text = text.sub(_ORDINAL, lambda m: cardinal(m[1]))
    text = text.sub(_COUNT, _count)
    return text.sub(_DECIMAL, lambda m: number(m[0])).sub(_BARE, _bare)


def _plain(value: str) -> str:
    return digits(value) if value[0] == "0" and value[1:2].isdecimal() else number(value)


def _roman(match: re.Match[str]) -> str:
    total = previous = 0
    letters = match[1] or match[2]
    for char in reversed(letters):
        value = _ROMAN[char]
        total += value if value >= previous else -value
        previous = max(previous, value)
    return ("第" if match[1] else "") + cardinal(str(total))


def _count(match: re.Match[str]) -> str | None:
    value = match[1]
    if value[0] == "0" and value[1:2].isdecimal():
        return digits(value)
    return number(value) if _ORDINAL_UNIT.match(match.string, match.end()) else amount(value)


def _bare(match: re.Match[str]) -> str:
    value = match[0]
    if len(value) < _DIGIT_BY_DIGIT:
        return digits(value) if value[0] == "0" and len(value) > 1 else cardinal(value)
    is_round = value[0] != "0" and value.endswith("00")
    before = match.string[max(0, match.start() - 4) : match.start()]
    if is_round or (value[0] != "0" and _QUANTITY_BEFORE.search(before)):
        return cardinal(value)
    return digits(value, telephone=True)

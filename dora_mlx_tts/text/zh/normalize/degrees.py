"""Percentages and temperatures."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import number
from dora_mlx_tts.text.zh.normalize.patterns import NUMBER, SIGN

HEAT = re.compile(r"(?<![0-9A-Za-z.])([1-9][0-9]{1,2})[ ]?([FC])(?![A-Za-z0-9])")
_OF_HEAT = re.compile("烤|[气温室体水]温|温度|预热|加热|沸|炸|[°℃℉]")
_TEMPERATURE = re.compile(
    rf"(?<![0-9A-Za-z.])({SIGN})({NUMBER})(?:[ ]?(?:°[CF]?|℃|度)?[ ]?[-~\u2013\uff5e到至][ ]?([-\u2212])?({NUMBER}))?"
    r"[ ]?(°C|°F|℃|℉|[摄华]氏度|度(?![0-9]))"
)
_DEGREES_OF_HANZI = re.compile("(?<=[零一二三四五六七八九十百千万亿])[ ]?(?:°C|℃)")
_PLACE = r"([0-9]{1,3}(?:\.[0-9]{1,8})?)[ ]?°(?:[ ]?([0-5]?[0-9](?:\.[0-9]{1,6})?)[ ]?['′’])?(?:[ ]?([0-5]?[0-9](?:\.[0-9]{1,6})?)[ ]?(?:[\"″”]|''))?"
POSITION = re.compile(
    rf"(?<![0-9A-Za-z.°])(?:{_PLACE}[ ]?([NSEW])|([NSEW])[ ]?{_PLACE})(?![0-9A-Za-z°])"
)
"""A latitude or a longitude: 39°54'N, E116.4°."""
_HEMISPHERES = {"N": "北纬", "S": "南纬", "E": "东经", "W": "西经"}
_OF_ANGLES = re.compile(
    "近视|远视|散光|屈光|度数|[左右]眼|旋转|[仰俯倾夹转]角|角度|[东西]经|[南北]纬|镜片"
)
"""Degrees of these are never below zero but negative."""
_ADDED = re.compile("[\u4e00-\u9fff](?<![幅率涨跌是为])[ ]?$")
_PERCENT = re.compile(
    rf"(?<![0-9A-Za-z.])([-\u2212+])?({NUMBER})[ ]?(?:(%|‰)(\+(?![0-9A-Za-z$¥￥€£零一二两三四五六七八九十百]))?|(个百分点))"
)
_PERCENT_RANGE = re.compile(
    rf"(?<![0-9A-Za-z.])([-\u2212+]?)({NUMBER})[ ]?[%‰]?[ ]?(?:--|——|[-~\u2013\u2014\uff5e到至])[ ]?([-\u2212+]?)({NUMBER})[ ]?([%‰])"
)
_FEE = re.compile("[\u4e00-\u9fff]{0,6}[0-9]")
"""What is added to a share: 2%+服务费3000."""
_SIGNS = {"": "", "-": "负", "\u2212": "负", "+": "正"}
PERCENTS_APART = re.compile("(?<=[%‰])[ ]?/[ ]?(?=[-+]?[0-9])")
_SHARES = {"%": "百分之", "‰": "千分之"}
_NEAR = 16


def read_percentages(text: AlignedText) -> AlignedText:
    """`25%` 百分之二十五, `10%~20%` 百分之十至百分之二十."""
    text = text.sub(PERCENTS_APART, "，").sub(_PERCENT_RANGE, _percent_range)
    return text.sub(_PERCENT, _percent)


def _percent_range(match: re.Match[str]) -> str | None:
    sign, low, high_sign, high, mark = match.groups()
    if sign and match.start() and match.string[match.start() - 1] in "0123456789)）":
        return None
    share = _SHARES[mark]
    return f"{_SIGNS[sign]}{share}{number(low)}至{_SIGNS[high_sign]}{share}{number(high)}"


def _percent(match: re.Match[str]) -> str | None:
    sign, value, mark, more, points = match.groups()
    if points:
        return None
    spoken = _SIGNS[sign or ""]
    if sign == "+" and _ADDED.search(match.string, max(0, match.start() - 2), match.start()):
        spoken = "加"
    if more:
        more = "加" if _FEE.match(match.string, match.end()) else "以上"
    return f"{spoken}{_SHARES[mark]}{number(value)}{more or ''}"


def read_temperatures(text: AlignedText) -> AlignedText:
    """`-3°C` 零下三度, `28℃` 二十八度; 摄氏度 in words stays."""
    return text.sub(_TEMPERATURE, _temperature).sub(_DEGREES_OF_HANZI, "度")


def _temperature(match: re.Match[str]) -> str | None:
    before = match.string[max(0, match.start() - 8) : match.start()]
    if match[5] == "度" and _OF_ANGLES.search(before):
        return None
    minus, low, high_minus, high, unit = match.groups()
    fahrenheit, name = ("华氏", "度") if unit in ("°F", "℉") else ("", "度")
    name = unit if unit.endswith("氏度") else name
    spoken = ("零下" if minus else "") + number(low)
    if high:
        below = "零下" if high_minus else ""
        spoken += f"{'度' if minus else ''}到{below}{number(high)}"
    return fahrenheit + spoken + name


def read_position(match: re.Match[str]) -> str:
    """`39°54'N` 北纬三十九度五十四分."""
    *parts, letter = match.groups()[:4] if match[4] else (*match.groups()[5:], match[5])
    name = _HEMISPHERES[letter]
    is_named = match.string.endswith(name, 0, match.start())
    values = zip(parts, "度分秒", strict=True)
    return ("" if is_named else name) + "".join(f"{number(v)}{unit}" for v, unit in values if v)


def read_heat(match: re.Match[str]) -> str | None:
    """`预热至450F` 华氏四百五十度: degrees without their sign, where heat is spoken of."""
    near = match.string[max(0, match.start() - _NEAR) : match.start()]
    if not _OF_HEAT.search(near):
        return None
    return f"{'华氏' if match[2] == 'F' else ''}{number(match[1])}度"

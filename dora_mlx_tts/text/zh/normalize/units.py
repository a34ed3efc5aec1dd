"""Quantities with a unit in letters or signs, temperatures, percentages."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import amount, number
from dora_mlx_tts.text.zh.normalize.patterns import NUMBER, SIGN

_UNITS = {
    "km": "千米", "m": "米", "dm": "分米", "cm": "厘米", "mm": "毫米", "μm": "微米", "um": "微米",
    "nm": "纳米", "km²": "平方千米", "m²": "平方米", "cm²": "平方厘米", "mm²": "平方毫米",
    "km2": "平方千米", "m2": "平方米", "cm2": "平方厘米", "m³": "立方米", "cm³": "立方厘米",
    "m3": "立方米", "cm3": "立方厘米", "km³": "立方千米", "mm³": "立方毫米",
    "kg": "千克", "KG": "千克", "Kg": "千克", "g": "克", "mg": "毫克", "μg": "微克", "ug": "微克", "t": "吨",
    "L": "升", "l": "升", "ml": "毫升", "mL": "毫升", "ML": "毫升", "dl": "分升",
    "s": "秒", "ms": "毫秒", "μs": "微秒", "ns": "纳秒", "min": "分钟", "h": "小时", "hr": "小时",
    "W": "瓦", "kW": "千瓦", "KW": "千瓦", "MW": "兆瓦", "GW": "吉瓦", "kWh": "千瓦时", "kwh": "千瓦时",
    "mAh": "毫安时", "V": "伏", "kV": "千伏", "mV": "毫伏", "A": "安", "mA": "毫安", "Ω": "欧姆", "kΩ": "千欧",
    "Hz": "赫兹", "hz": "赫兹", "kHz": "千赫兹", "KHz": "千赫兹", "MHz": "兆赫兹", "GHz": "吉赫兹",
    "mmHg": "毫米汞柱", "Pa": "帕", "kPa": "千帕", "MPa": "兆帕", "hPa": "百帕", "N": "牛", "J": "焦耳", "kJ": "千焦",
    "cal": "卡", "kcal": "千卡", "Kcal": "千卡", "db": "分贝", "dB": "分贝", "DB": "分贝",
    "mol": "摩尔", "rpm": "转每分钟", "ft": "英尺", "inch": "英寸", "lb": "磅", "oz": "盎司",
    "mph": "英里每小时", "ha": "公顷", "cc": "毫升", "K": "开尔文", "px": "像素", "ppm": "百万分之一",
    "°": "度", "′": "分", "″": "秒", "Å": "埃",
}  # fmt: skip
_AMBIGUOUS = frozenset({"A", "K", "N", "J"})
"""Single capitals that are as often a name (5A景区, 4K) are units only before `/` or blanks."""
_HAN_UNITS = {
    "元",
    "人",
    "次",
    "度",
    "件",
    "个",
    "天",
    "年",
    "月",
    "日",
    "秒",
    "分钟",
    "小时",
    "斤",
    "公斤",
    "米",
    "人民币",
}

_NAMES = "|".join(re.escape(u) for u in sorted(set(_UNITS) - _AMBIGUOUS, key=len, reverse=True))
_PER = "|".join(re.escape(u) for u in sorted(set(_UNITS) | _HAN_UNITS, key=len, reverse=True))
_COUNT = rf"({SIGN})({NUMBER}|[一二三四五六七八九十百千万亿两点零几半]{{1,8}})"
_RANGE = rf"(?:[ ]?[-~\u2013\uff5e到至][ ]?({NUMBER}))?"
_SCALE = r"([十百千万亿]{1,2})?"
_QUANTITY = re.compile(
    rf"(?<![0-9A-Za-z.]){_COUNT}{_RANGE}[ ]?{_SCALE}[ ]?({_NAMES})(?:[ ]?/[ ]?({_PER})(?![A-Za-z]))?(?![0-9A-Za-z²³])"
)
_BLOOD_PRESSURE = re.compile(
    r"(?<![0-9./])([0-9]{2,3})/([0-9]{2,3})(?=[ ]?(?:mmHg|毫米汞柱))|(?<=血压)([0-9]{2,3})/([0-9]{2,3})(?![0-9/])"
)
_DEGREES = re.compile("(?<=[0-9])°(?=[0-9])")
_HAN_PER = re.compile(
    rf"(?<=[0-9元次人个件克米升])[ ]?/[ ]?(?:({_PER})(?![A-Za-z0-9])|(?=[人次天年月日周个件斤小平立公千秒分米吨瓶盒位套]))"
)
_TEMPERATURE = re.compile(
    rf"(?<![0-9A-Za-z.])({SIGN})({NUMBER})(?:[ ]?(?:°[CF]?|℃|度)?[ ]?[-~\u2013\uff5e到至][ ]?([-\u2212])?({NUMBER}))?"
    r"[ ]?(°C|°F|℃|℉|[摄华]氏度|度(?![0-9]))"
)
_PERCENT = re.compile(rf"(?<![0-9A-Za-z.])([-\u2212+])?({NUMBER})[ ]?(?:(%|‰)|(个百分点))")
_PERCENT_RANGE = re.compile(
    rf"(?<![0-9A-Za-z.])({NUMBER})[ ]?%?[ ]?[-~\u2013\u2014\uff5e][ ]?({NUMBER})[ ]?%"
)


def read_percentages(text: AlignedText) -> AlignedText:
    """`25%` 百分之二十五, `10%~20%` 百分之十至百分之二十."""
    text = text.sub(_PERCENT_RANGE, lambda m: f"百分之{number(m[1])}至百分之{number(m[2])}")
    return text.sub(_PERCENT, _percent)


def _percent(match: re.Match[str]) -> str | None:
    sign, value, mark, points = match.groups()
    if points:
        return None
    spoken = {"-": "负", "\u2212": "负", "+": "正"}.get(sign or "", "")
    return f"{spoken}{'千分之' if mark == '‰' else '百分之'}{number(value)}"


def read_temperatures(text: AlignedText) -> AlignedText:
    """`-3°C` 零下三度, `28℃` 二十八度; 摄氏度 in words stays."""
    return text.sub(_TEMPERATURE, _temperature)


def _temperature(match: re.Match[str]) -> str:
    minus, low, high_minus, high, unit = match.groups()
    fahrenheit, name = ("华氏", "度") if unit in ("°F", "℉") else ("", "度")
    name = unit if unit.endswith("氏度") else name
    spoken = ("零下" if minus else "") + number(low)
    if high:
        below = "零下" if high_minus else ""
        spoken += f"{'度' if minus else ''}到{below}{number(high)}"
    return fahrenheit + spoken + name


def read_quantities(text: AlignedText) -> AlignedText:
    """`60km/h` 六十千米每小时, `5-10kg` 五到十千克."""
    text = text.sub(_BLOOD_PRESSURE, lambda m: f"{number(m[1] or m[3])},{m[2] or m[4]}")
    text = text.sub(_DEGREES, "度").sub(_QUANTITY, _quantity)
    return text.sub(_HAN_PER, lambda m: f"每{_name(m[1])}" if m[1] else "每")


def _quantity(match: re.Match[str]) -> str:
    minus, low, high, scale, unit, per = match.groups()
    value = amount(low) if low[0].isdecimal() else low
    spoken = ("负" if minus else "") + value + (f"到{amount(high)}" if high else "")
    return f"{spoken}{scale or ''}{_name(unit)}" + (f"每{_name(per)}" if per else "")


def _name(unit: str) -> str:
    return _UNITS.get(unit, unit)

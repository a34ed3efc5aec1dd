"""Quantities with a unit in letters or signs, temperatures, percentages."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import amount, digits, number
from dora_mlx_tts.text.zh.normalize.patterns import NUMBER, SIGN

_UNITS = {
    "km": "千米", "m": "米", "dm": "分米", "cm": "厘米", "mm": "毫米", "μm": "微米", "um": "微米",
    "nm": "纳米", "km²": "平方千米", "m²": "平方米", "cm²": "平方厘米", "mm²": "平方毫米",
    "km2": "平方千米", "m2": "平方米", "cm2": "平方厘米", "m³": "立方米", "cm³": "立方厘米",
    "m3": "立方米", "cm3": "立方厘米", "km³": "立方千米", "mm³": "立方毫米",
    "kg": "千克", "KG": "千克", "Kg": "千克", "g": "克", "mg": "毫克", "μg": "微克", "ug": "微克", "t": "吨",
    "L": "升", "l": "升", "ml": "毫升", "mL": "毫升", "ML": "毫升", "dl": "分升",
    "s": "秒", "s²": "二次方秒", "ms": "毫秒", "μs": "微秒", "ns": "纳秒", "min": "分钟", "h": "小时", "hr": "小时",
    "W": "瓦", "kW": "千瓦", "KW": "千瓦", "MW": "兆瓦", "GW": "吉瓦", "kWh": "千瓦时", "kwh": "千瓦时",
    "mAh": "毫安时", "V": "伏", "kV": "千伏", "mV": "毫伏", "A": "安", "mA": "毫安", "Ω": "欧姆", "kΩ": "千欧",
    "Hz": "赫兹", "hz": "赫兹", "kHz": "千赫兹", "KHz": "千赫兹", "MHz": "兆赫兹", "GHz": "吉赫兹",
    "mmHg": "毫米汞柱", "Pa": "帕", "kPa": "千帕", "MPa": "兆帕", "hPa": "百帕", "N": "牛", "J": "焦耳", "kJ": "千焦",
    "cal": "卡", "kcal": "千卡", "Kcal": "千卡", "db": "分贝", "dB": "分贝", "dBm": "分贝毫瓦", "DB": "分贝",
    "mol": "摩尔", "rpm": "转每分钟", "ft": "英尺", "inch": "英寸", "lb": "磅", "oz": "盎司",
    "mph": "英里每小时", "ha": "公顷", "cc": "毫升", "K": "开尔文", "px": "像素", "pt": "磅", "lbs": "磅", "mi": "英里", "yd": "码", "hrs": "小时", "mins": "分钟",
    "sec": "秒", "MWh": "兆瓦时", "GWh": "吉瓦时", "TWh": "太瓦时", "bpm": "次每分钟", "fps": "帧每秒",
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
QUANTITY = re.compile(
    rf"(?<![0-9A-Za-z.])(?<![0-9],){_COUNT}{_RANGE}[ ]?{_SCALE}[ ]?({_NAMES}|[AKNJ](?=[ ]?/[ ]?[a-z]))(?:[ ]?/[ ]?({_PER})(?![A-Za-z]))?(?![0-9A-Za-z²³])"
)
RAISED = re.compile(
    rf"(?:(?<=[0-9⁻⁰¹²³⁴-⁹][⁰¹²³⁴-⁹])|(?<=π))[ ]?({_NAMES})(?:[ ]?/[ ]?({_PER})(?![A-Za-z]))?(?![0-9A-Za-z²³])"
)
"""A unit behind a power: 3×10⁸m/s."""
UNIT_BEHIND = re.compile(
    rf"(?<=[元块角分次人个件克米升秒页字万亿千转度帧\"″0-9])[ ]?/[ ]?({_NAMES})(?![A-Za-z0-9²³])"
)
"""A unit in letters behind a stroke, whose quantity is written in Hanzi: 3元/kg."""
_BLOOD_PRESSURE = re.compile(
    r"(?<![0-9./])([0-9]{2,3})/([0-9]{2,3})(?=[ ]?(?:mmHg|毫米汞柱))|(?<=血压)([0-9]{2,3})/([0-9]{2,3})(?![0-9/])"
)
_DEGREES = re.compile("(?<=[0-9])°(?=[0-9])")
_HAN_PER = re.compile(
    rf"(?<=[0-9元次人个件克米升])[ ]?/[ ]?(?:({_PER})(?![A-Za-z0-9])|(?=[人次天年月日周个件斤小平立公千秒分米吨瓶盒位套升晚间班课节场张本只支辆台部杯包袋箱两亩户片粒颗针餐枚]))"
    rf"|(?<=元)[ ]?/[ ]?(?=[\u4e00-\u9fff])"
    rf"|(?<=小时|分钟)[ ]?/[ ]?(?=[天周月日次人个件节集])"
    rf"|(?<=[0-9一二三四五六七八九十百千万亿多][度块角吨斤分秒转卡瓦帧页字箱])[ ]?/[ ]?(?:({_PER})(?![A-Za-z0-9])|(?=[人次天年月日周时小分秒件个千公平]))"
)
FUEL = re.compile(rf"({NUMBER})[ ]?[Ll]/100[ ]?(?:km|公里|千米)")
_PRIMES = re.compile(
    r"(?<![0-9A-Za-z.°度])([0-9]{1,3})[ ]?['′’][ ]?([0-5]?[0-9](?:\.[0-9]{1,2})?)[ ]?(\"|″|”|''|′′|’’)?(?![0-9A-Za-z'])"
)
_HUNDREDTHS = re.compile(r"(?<![0-9A-Za-z.°])([0-9]{1,2})[ ]?[\"″”]([0-9]{2})(?![0-9A-Za-z\"])")
_MINUTES = re.compile(r"(?<![0-9A-Za-z.°])([0-9]{1,3})[ ]?['′](?![0-9A-Za-z'])")
_INCHES = re.compile(
    r"(?<![0-9A-Za-z.°度'′’])([0-9]{1,3}(?:\.[0-9]{1,2})?)[ ]?(\"|″|”|'')(?![0-9])"
)
_OF_HEIGHT = re.compile("身高|[高长宽深]度?|英尺")
_OF_TIME = re.compile("配速|用时|成绩|时间|耗时|跑")
_TEMPERATURE = re.compile(
    rf"(?<![0-9A-Za-z.])({SIGN})({NUMBER})(?:[ ]?(?:°[CF]?|℃|度)?[ ]?[-~\u2013\uff5e到至][ ]?([-\u2212])?({NUMBER}))?"
    r"[ ]?(°C|°F|℃|℉|[摄华]氏度|度(?![0-9]))"
)
_DEGREES_OF_HANZI = re.compile("(?<=[零一二三四五六七八九十百千万亿])[ ]?(?:°C|℃)")
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
    return text.sub(_TEMPERATURE, _temperature).sub(_DEGREES_OF_HANZI, "度")


def _temperature(match: re.Match[str]) -> str:
    minus, low, high_minus, high, unit = match.groups()
    fahrenheit, name = ("华氏", "度") if unit in ("°F", "℉") else ("", "度")
    name = unit if unit.endswith("氏度") else name
    spoken = ("零下" if minus else "") + number(low)
    if high:
        below = "零下" if high_minus else ""
        spoken += f"{'度' if minus else ''}到{below}{number(high)}"
    return fahrenheit + spoken + name


def read_feet_and_minutes(text: AlignedText) -> AlignedText:
    """`5'30"` 五分三十秒, in heights 五英尺三十英寸; `27"` 二十七寸 where it closes no quotation."""
    text = (
        text.sub(_PRIMES, _primes)
        .sub(_HUNDREDTHS, lambda m: f"{m[1]}秒{digits(m[2])}")
        .sub(_MINUTES, _minutes)
    )
    closing = _closing_quotes(text.text)
    return text.sub(_INCHES, lambda m: None if m.start(2) in closing else f"{number(m[1])}寸")


def _primes(match: re.Match[str]) -> str | None:
    first, second, closed = match.groups()
    before = match.string[max(0, match.start() - 8) : match.start()]
    if _OF_HEIGHT.search(before):
        return f"{amount(first)}英尺{number(second)}英寸"
    if closed or _OF_TIME.search(before) or match.string[match.end() : match.end() + 1] in "/每":
        return f"{amount(first)}分{number(second)}秒"
    return None


def _minutes(match: re.Match[str]) -> str | None:
    before = match.string[max(0, match.start() - 8) : match.start()]
    return f"{amount(match[1])}分钟" if _OF_TIME.search(before) else None


def _closing_quotes(text: str) -> set[int]:
    """Where a quotation ends: every second straight mark, a curly one behind its opening one."""
    closing, is_open = set[int](), {'"': False, "“": False}
    for match in re.finditer('["“”]', text):
        opener = "“" if match[0] == "”" else match[0]
        if match[0] != "“" and is_open[opener]:
            closing.add(match.start())
        is_open[opener] = match[0] == "“" or (match[0] == '"' and not is_open['"'])
    return closing


def read_quantities(text: AlignedText) -> AlignedText:
    """`60km/h` 六十千米每小时, `5-10kg` 五到十千克."""
    text = text.sub(FUEL, lambda m: f"每百公里{amount(m[1])}升")
    text = text.sub(_BLOOD_PRESSURE, lambda m: f"{number(m[1] or m[3])},{m[2] or m[4]}")
    text = text.sub(_DEGREES, "度").sub(QUANTITY, _quantity)
    return text.sub(_HAN_PER, lambda m: f"每{unit_name(m[1] or m[2] or '')}")


def _quantity(match: re.Match[str]) -> str:
    minus, low, high, scale, unit, per = match.groups()
    value = amount(low) if low[0].isdecimal() else low
    spoken = ("负" if minus else "") + value + (f"到{amount(high)}" if high else "")
    return f"{spoken}{scale or ''}{unit_name(unit)}" + (f"每{unit_name(per)}" if per else "")


def read_raised(match: re.Match[str]) -> str:
    """The unit behind a power."""
    return unit_name(match[1]) + (f"每{unit_name(match[2])}" if match[2] else "")


def unit_name(unit: str) -> str:
    """A unit in Hanzi."""
    return _UNITS.get(unit, unit)

"""Every unit, currency and date with every form of a number, beside Chinese, beside English, and at the borders."""

from __future__ import annotations

import re
from itertools import product

import pytest

from dora_mlx_tts.text.frontend import FrontEnd

FRONT_END = FrontEnd()
_UNSPOKEN = re.compile(r"[^0-9a-z\u4e00-\u9fff]")
PREFIXES = {"n": "纳", "μ": "微", "µ": "微", "m": "毫", "k": "千", "M": "兆", "G": "吉"}
SI = {
    "m": ("米", "nμµmk"),
    "g": ("克", "nμµmk"),
    "L": ("升", "μµm"),
    "s": ("秒", "nμµm"),
    "mol": ("摩尔", "nμµm"),
    "Hz": ("赫兹", "kMG"),
    "W": ("瓦", "μµmkMG"),
    "Wh": ("瓦时", "kMG"),
    "V": ("伏", "μµmk"),
    "Ah": ("安时", "m"),
    "Pa": ("帕", "kMG"),
    "cal": ("卡", "k"),
    "eV": ("电子伏", "kMG"),
    "Sv": ("西弗", "μµm"),
    "Gy": ("戈瑞", "m"),
    "Bq": ("贝可", "kMG"),
}
OTHERS = {
    "kJ": "千焦",
    "kN": "千牛",
    "mA": "毫安",
    "kΩ": "千欧",
    "μF": "微法",
    "mH": "毫亨",
    "m²": "平方米",
    "㎡": "平方米",
    "cm³": "立方厘米",
    "km/h": "千米每小时",
    "m/s²": "米每二次方秒",
    "mg/dL": "毫克每分升",
    "mmol/L": "毫摩尔每升",
    "g/cm³": "克每立方厘米",
    "Wh/kg": "瓦时每千克",
    "r/min": "转每分钟",
    "N·m": "牛米",
    "kW·h": "千瓦时",
    "mmHg": "毫米汞柱",
    "dB": "分贝",
    "lux": "勒克斯",
    "hp": "马力",
    "lbs": "磅",
    "oz": "盎司",
    "mph": "英里每小时",
    "ppm": "ppm",
    "dpi": "dpi",
    "psi": "psi",
    "%": "",
}
NUMBERS = {
    "2": "两",
    "７": "七",
    "7.5": "七点五",
    "1,200": "一千二百",
    "3-5": "三到五",
    "3–5": "三到五",
    "3～5": "三到五",
    "3到5": "三到五",
    "-3": "负三",
    "≥3": "大于等于三",
    "<3": "小于三",
    "±3": "正负三",
    "≈3": "约等于三",
    "约3": "约三",
}
FRAMES = (
    "结果是{}左右。",
    "规格：{}，请确认",
    "大号的（{}）更好",
    "建议选{}。",
    "把delay设为{}。",
    "这个sensor测出{}，OK吗",
    "{}的那种",
)
CURRENCIES = {
    "¥": "元",
    "￥": "元",
    "$": "美元",
    "US$": "美元",
    "HK$": "港元",
    "NT$": "新台币",
    "NZ$": "新西兰元",
    "R$": "雷亚尔",
    "JP¥": "日元",
    "€": "欧元",
    "£": "英镑",
    "₩": "韩元",
    "₱": "比索",
    "₺": "里拉",
    "₪": "谢克尔",
    "CHF": "瑞士法郎",
    "SGD": "新加坡元",
    "THB": "泰铢",
    "RM": "林吉特",
}
AMOUNTS = {
    "2": "两",
    "99": "九十九",
    "12.50": "十二点五",
    "1,299.00": "一千二百九十九",
    "3万": "三万",
    "2.5亿": "二点五亿",
    "50-80": "五十到八十",
    "5~8万": "五到八万",
    "1.2M": "一百二十万",
    "3.5k": "三千五百",
    "20+": "二十多",
}


def _spoken(text: str) -> str:
    return _UNSPOKEN.sub("", FRONT_END.phonemize(text, "auto").norm_text.lower())


def _misread(cases: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Texts whose reading does not hold what was wanted, with what was said."""
    said = ((text, wanted, _spoken(text)) for text, wanted in cases)
    return [(text, spoken) for text, wanted, spoken in said if not re.search(wanted, spoken)]


def _units() -> dict[str, str]:
    prefixed = {
        f"{prefix}{base}": f"{PREFIXES.get(prefix, '')}{name}"
        for base, (name, prefixes) in SI.items()
        for prefix in ("", *prefixes)
    }
    return prefixed | OTHERS


def _quantity(number: str, said: str, unit: str, name: str) -> tuple[str, str]:
    if unit != "%":
        return f"{number}{unit}", said + name
    sign, low, _, high = re.fullmatch(
        "(负|大于等于|小于|正负|约等于|约)?([^到]*)(到(.*))?", said
    ).groups("")  # type: ignore[union-attr]
    low = "二" if low == "两" else low
    return f"{number}%", f"{sign}百分之{low}" + (f"(到|至)(百分之)?{high}" if high else "")


@pytest.mark.parametrize("frame", FRAMES)
def test_every_unit(frame: str) -> None:
    cases = [_quantity("7.5", "七点五", unit, name) for unit, name in _units().items()]
    assert not _misread([(frame.format(text), wanted) for text, wanted in cases])


@pytest.mark.parametrize("unit", ["kg", "µm", "kWh", "mmol/L", "m²", "N·m", "ppm", "%"])
def test_every_number_with_a_unit(unit: str) -> None:
    cases = [_quantity(number, said, unit, _units()[unit]) for number, said in NUMBERS.items()]
    assert not _misread([(f.format(text), wanted) for f, (text, wanted) in product(FRAMES, cases)])


def test_every_currency_with_every_amount() -> None:
    cases = [
        (frame.format(f"{sign}{figure}"), f"{said}{name}")
        for (sign, name), (figure, said), frame in product(
            CURRENCIES.items(), AMOUNTS.items(), ("价格是{}左右", "Pro版{}。", "套餐（{}）便宜")
        )
    ]
    assert not _misread(cases)


@pytest.mark.parametrize("period", ["月", "month", "mo"])
def test_prices_per_month(period: str) -> None:
    cases = [(f"只要{sign}5/{period}的", f"五{name}每月的") for sign, name in CURRENCIES.items()]
    assert not _misread(cases)


DAYS = {
    "2025-01-15": "二零二五年一月十五日",
    "2025/1/15": "二零二五年一月十五日",
    "2025.01.15": "二零二五年一月十五日",
    "2025年01月05日": "二零二五年一月五日",
    "01/15": "一月十五日",
    "1月15日-20日": "一月十五日到二十日",
    "1/15-2/3": "一月十五日到二月三日",
    "2025/1/15-2025/2/3": "二零二五年一月十五日到二零二五年二月三日",
    "2025.1-2026.3": "二零二五年一月到二零二六年三月",
}
TIMES = {
    "8:30": "八点半",
    "08：05": "八点零五分",
    "9:00-18:00": "九点(到|至)十八点",
    "9：00～18：00": "九点(到|至)十八点",
    "9am": "上午九点",
    "21:30:15": "二十一点三十分十五秒",
}


@pytest.mark.parametrize(
    "frame", ["日期是{}。", "活动时间：{}", "deadline是{}，别忘了", "从{}开始", "{}的会议"]
)
def test_every_day(frame: str) -> None:
    assert not _misread([(frame.format(day), said) for day, said in DAYS.items()])


@pytest.mark.parametrize(
    "frame", ["会议在{}开始。", "时间：{}", "（{}）集合", "deadline是{}。", "flight {}起飞"]
)
def test_every_time(frame: str) -> None:
    assert not _misread([(frame.format(time), said) for time, said in TIMES.items()])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("集合A∩B", "集合a交b"),
        ("x∉M", "x不属于m"),
        ("A⊆B", "a包含于b"),
        ("p⇔q", "p等价于q"),
        ("健康>财富", "健康大于财富"),
        ("输入<姓名>", "输入姓名"),
        ("评了4.6★", "评了四点六星"),
        ("★★★☆☆", "三星"),
        ("同比↑8%", "同比上升百分之八"),
        ("按↓键", "按下键"),
        ("见§2.1", "见第二点一节"),
        ("爸爸&妈妈", "爸爸和妈妈"),
        ("边长之比是1:1:√2", "边长之比是一比一比根号二"),
        ("速度♩=96", "速度四分音符等于九十六"),
        ("胜率55%:45%", "胜率百分之五十五比百分之四十五"),
        ("电流2A", "电流两安"),
        ("2A座位", "二a座位"),
        ("做功80J", "做功八十焦耳"),
        ("座位12J", "座位十二j"),
    ],
)
def test_signs_are_neither_swallowed_nor_invented(text: str, said: str) -> None:
    assert _spoken(text) == said

"""Amounts of money with a currency sign or code."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import amount, scaled
from dora_mlx_tts.text.zh.normalize.patterns import NUMBER

_CURRENCIES = {
    "US$": "美元", "HK$": "港元", "NT$": "新台币", "S$": "新加坡元", "A$": "澳元", "AU$": "澳元",
    "C$": "加元", "CA$": "加元", "R$": "雷亚尔", "$": "美元", "¥": "元", "￥": "元", "CN¥": "元",
    "RMB": "元", "CNY": "元", "USD": "美元", "HKD": "港元", "EUR": "欧元", "GBP": "英镑",
    "JPY": "日元", "KRW": "韩元", "JP¥": "日元", "€": "欧元", "£": "英镑", "₩": "韩元", "₹": "卢比",
    "₽": "卢布", "฿": "泰铢", "₫": "越南盾", "₿": "比特币", "¢": "美分",
}  # fmt: skip
SIGNS = "".join({sign[-1] for sign in _CURRENCIES if not sign.isalpha()})
_SIGN = "|".join(re.escape(c) for c in sorted(_CURRENCIES, key=len, reverse=True))
_SCALE = r"[百千万亿兆]{1,2}|[kKwWmMbBtT](?:n|N|il|illion)?(?![A-Za-z])"
_MINUS = r"([-\u2212])?"
_NAMED = r"(?=[ ]?(?:多|余)?(?:[美欧日港韩澳加]?元|块|英镑|人民币|卢比|卢布))"
_BEFORE = re.compile(
    rf"(?<![A-Za-z])(?:(?<![0-9])([-\u2212]))?({_SIGN})[ ]?{_MINUS}({NUMBER})"
    rf"(?:([kKwWmMbBtT万亿])?[ ]?[-~\u2013\uff5e到至][ ]?(?:{_SIGN})?({NUMBER}))?[ ]?({_SCALE})?([多余])?({_NAMED})?(?![0-9])"
)
SCALED = re.compile(
    rf"(?<![0-9A-Za-z])(?:[-\u2212])?(?:{_SIGN})[ ]?{NUMBER}(?:[kKwWmMbBtT]?[ ]?[-~\u2013\uff5e][ ]?(?:{_SIGN})?{NUMBER})?[ ]?"
    r"[kKwWmMbBtT](?:n|N|il|illion)?(?![A-Za-z0-9])"
)
"""An amount with a sign and a scale in letters: $1.2B."""
_CODES = "|".join(sign for sign in _CURRENCIES if sign.isalpha())
CODED = re.compile(
    rf"(?<![0-9A-Za-z.])(?:(?:{_CODES})[ ]?{NUMBER}|{NUMBER}[ ]?(?:{_CODES}))(?![0-9A-Za-z])"
)
"""An amount with the letters of its currency: 30 USD."""
_AFTER = re.compile(
    rf"(?<![0-9A-Za-z.]){_MINUS}({NUMBER})[ ]?({_SCALE})?[ ]?({_SIGN})(?![A-Za-z0-9])"
)


def read_money(text: AlignedText) -> AlignedText:
    """Write out amounts: `$3.5亿` 三点五亿美元, `¥199` 一百九十九元."""
    return text.sub(_BEFORE, _before).sub(_AFTER, _after)


def _before(match: re.Match[str]) -> str:
    minus, sign, inner_minus, low, low_scale, high, scale, more, named = match.groups()
    unit = "" if named is not None else _CURRENCIES[sign]
    if low_scale and low_scale != scale:
        said = f"{_amounts(low, None, low_scale)}到{_amounts(high, None, scale)}"
    else:
        said = _amounts(low, high, scale)
    spoken = ("负" if minus or inner_minus else "") + said
    return f"{spoken}{more or ''}{unit}"


def _after(match: re.Match[str]) -> str:
    minus, value, scale, sign = match.groups()
    return f"{'负' if minus else ''}{_amounts(value, None, scale)}{_CURRENCIES[sign]}"


def _amounts(low: str, high: str | None, scale: str | None) -> str:
    """One amount or two of one scale: `1.2`, `B` 十二亿; `3`, `5`, `亿` 三到五亿."""
    if scale and scale[0].isascii():
        return "到".join(scaled(value, scale[0]) for value in (low, high) if value)
    return "到".join(_value(value) for value in (low, high) if value) + (scale or "")


def _value(figure: str) -> str:
    """An amount without the zeros behind its decimals: 1299.00, 10.50."""
    return amount(figure.rstrip("0").rstrip(".") if "." in figure else figure)

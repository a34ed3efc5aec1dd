"""Amounts of money with the sign or the code of a currency."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize import currencies
from dora_mlx_tts.text.zh.normalize.numbers import amount, scaled
from dora_mlx_tts.text.zh.normalize.patterns import MEASURE, MORE, NUMBER, Rule


def _either(names: dict[str, str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


_SIGN, _BEHIND = _either(currencies.BEFORE), _either(currencies.BEHIND)
_SIGNS = currencies.SINGLE_SIGNS.replace("$", "")
_SCALE = r"[百千万亿兆]{1,2}|[kKwWmMbBtT](?:n|N|il|illion)?(?![A-Za-z])"
_PLAIN_FIGURE = rf"[0-9]{{1,3}}(?:,[0-9]{{3}}){{1,5}}(?:\.[0-9]{{1,8}})?(?![0-9])|{NUMBER}"
_FIGURE = (
    r"[0-9]{1,3}(?:\.[0-9]{3}){1,4},[0-9]{2}(?![0-9])"
    rf"|[0-9]{{1,3}}(?:，[0-9]{{3}}){{1,5}}(?:\.[0-9]{{1,8}})?(?![0-9A-Za-z%]|[ ]?{MEASURE})|{_PLAIN_FIGURE}"
)
_ODD = "(?:多(?!少)|余(?![额票款下热量生味波]))"
_TO = r"[ ]?[-~\u2013\u2014\uff5e到至][ ]?"
_NAMED = r"(?=[ ]?(?:多|余)?(?:[美欧日港韩澳加]?元|块|英镑|人民币|卢比|卢布))"
_BEFORE = re.compile(
    rf"(?:(?<![A-Za-z$])|(?=[{_SIGNS}]))(?:(?<![0-9])(?P<minus>[-\u2212]))?(?P<sign>{_SIGN})[ ]?(?P<inner>[-\u2212])?(?P<low>{_FIGURE})"
    rf"(?:[ ]?(?P<low_scale>[kKwWmMbBtT万亿])?{_TO}(?:{_SIGN})?[ ]?(?P<high>{_PLAIN_FIGURE}))?[ ]?(?P<scale>{_SCALE})?(?P<more>{_ODD}|{MORE})?"
    rf"(?P<named>{_NAMED})?(?![0-9])"
)
_AFTER = re.compile(
    rf"(?<![0-9A-Za-z.])(?P<minus>[-\u2212])?(?P<low>{_PLAIN_FIGURE})(?:[ ]?(?P<low_scale>[kKwWmMbBtT万亿])?{_TO}(?P<high>{_PLAIN_FIGURE}))?"
    rf"[ ]?(?P<scale>{_SCALE})?(?P<more>{_ODD}|\+)?[ ]?(?P<sign>{_BEHIND})(?![A-Za-z0-9])"
)
_NEEDS = "".join({name[-1] for name in currencies.BEHIND})


def read_money(text: AlignedText) -> AlignedText:
    """Write out amounts: `$3.5亿` 三点五亿美元, `¥199` 一百九十九元."""
    return text.sub(_BEFORE, _before).sub(_AFTER, _after)


def _before(match: re.Match[str]) -> str:
    unit = "" if match["named"] is not None else currencies.BEFORE[match["sign"]]
    return _said(match, unit, is_negative=bool(match["minus"] or match["inner"]))


def _after(match: re.Match[str]) -> str:
    return _said(match, currencies.BEHIND[match["sign"]], is_negative=bool(match["minus"]))


def _said(match: re.Match[str], unit: str, *, is_negative: bool) -> str:
    low, high, scale, more = match["low"], match["high"], match["scale"], match["more"]
    if match["low_scale"] and match["low_scale"] != scale:
        said = f"{_amounts(low, None, match['low_scale'])}到{_amounts(high, None, scale)}"
    else:
        said = _amounts(low, high, scale)
    sign = "负" if is_negative else ""
    if more == "+":
        is_round = scale or (high or low).endswith("0")
        return f"{sign}{said}{f'多{unit}' if is_round else f'{unit}以上'}"
    return f"{sign}{said}{more or ''}{unit}"


def _amounts(low: str, high: str | None, scale: str | None) -> str:
    """One amount or two of one scale: `1.2`, `B` 十二亿; `3`, `5`, `亿` 三到五亿."""
    values = [_plain(value) for value in (low, high) if value]
    if scale and scale[0].isascii():
        return "到".join(scaled(value, scale[0]) for value in values)
    return "到".join(map(_value, values)) + (scale or "")


def _plain(figure: str) -> str:
    """A figure without the marks between its thousands: 1,299.00, 1.299,00."""
    whole, mark, cents = figure.rpartition(",")
    if mark and len(cents) == len("00"):
        return f"{whole.replace('.', '')}.{cents}"
    return re.sub("[,，]", "", figure)


def _value(figure: str) -> str:
    """An amount without the zeros behind its decimals: 1299.00, 10.50."""
    return amount(figure.rstrip("0").rstrip(".") if "." in figure else figure)


RULES = (Rule(_BEFORE, _before, _NEEDS), Rule(_AFTER, _after, _NEEDS))

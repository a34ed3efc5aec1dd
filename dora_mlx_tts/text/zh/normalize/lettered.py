"""Figures with Latin letters behind them: units, scales, halves of the day, currencies.

These rules hold beside Chinese only (`text/mixed.py`), before a text is divided by language.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.maths import OPERATORS, SUBSCRIPTS, SUPERSCRIPTS
from dora_mlx_tts.text.zh.normalize.money import CODED, SCALED, SIGNS, read_money
from dora_mlx_tts.text.zh.normalize.numbers import amount, digits, number, scaled
from dora_mlx_tts.text.zh.normalize.patterns import NUMBER, Rule
from dora_mlx_tts.text.zh.normalize.times import HALF_DAY_TIME, read_times
from dora_mlx_tts.text.zh.normalize.units import (
    FUEL,
    QUANTITY,
    RAISED,
    UNIT_BEHIND,
    read_percentages,
    read_quantities,
    read_raised,
    unit_name,
)

_HEX = re.compile(r"(?<![0-9A-Za-z.])0[xX]([0-9A-Fa-f]{1,16})(?![0-9A-Za-z])")
_ISO_TIME = re.compile(
    r"(?<![0-9A-Za-z-])(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2})?)(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?(?![0-9A-Za-z])"
)
_QUARTER = re.compile(r"(?<![0-9A-Za-z])((?:19|20)\d{2})[ ]?([QH])([1-4])(?![0-9A-Za-z])")
_AGAINST = re.compile(r"(?<![0-9A-Za-z.])(\d{1,2})[vV](\d{1,2})(?![0-9A-Za-z.])")
_ERA = re.compile(
    r"(?<![0-9A-Za-z])(?:([1-9]\d{0,3})[ ]?年?[ ]?(AD|BCE?|CE|a\.?d\.?|b\.?c\.?(?:e\.?)?)|(AD|BCE?)[ ]?([1-9]\d{0,3}))(?![A-Za-z])年?"
)
_DURATION = re.compile(
    r"(?<![0-9A-Za-z.])(?:(\d{1,4})[ ]?h(?:rs?|ours?)?[ ]?(\d{1,3})[ ]?m(?:ins?)?(?:[ ]?(\d{1,2})[ ]?s(?:ecs?)?)?"
    r"|(\d{1,4})[ ]?m(?:ins?)?[ ]?(\d{1,2})[ ]?s(?:ecs?)?)(?![0-9A-Za-z])"
)
_DATA = re.compile(
    r"(?<![0-9A-Za-z.,])(\d{1,12}(?:,\d{3}){0,4}(?:\.\d{1,6})?)(?:[ ]?[-~–～][ ]?(\d{1,12}(?:\.\d{1,6})?))?[ ]?"
    r"([KkMGTP]i?B|[KkMG]bps)(/s)?(?![A-Za-z0-9]|/[A-Za-z])"
)
_THOUSANDS = re.compile(
    rf"(?<![0-9A-Za-z.$€£¥￥])({NUMBER})(?:[ ]?[-~–～至到][ ]?({NUMBER}))?[ ]?([kw]|W(?=[ ]?\+?[人粉播次用元块台辆阅]))(?![A-Za-z0-9/])"
)
_PRODUCT = re.compile(
    r"(?<![0-9A-Za-z.])(?!0[xX])(\d{1,6}(?:\.\d{1,4})?)[ ]?[xX*][ ]?(\d{1,6}(?:\.\d{1,4})?)(?:[ ]?[xX*][ ]?(\d{1,6}(?:\.\d{1,4})?))?(?![0-9.])"
)
_TIMES = re.compile(
    rf"(?<![0-9A-Za-z.])({NUMBER})[ ]?[xX](?=[ ]?(?:倍?速|加速|快|变焦|光学|放大|播放|的速))"
)
_COMMAS = re.compile(r"(?<![0-9A-Za-z.,])\d{1,3}(?:,\d{3}){1,4}(?![0-9,])")
_WORDS_PER = re.compile(
    r"(?<![0-9A-Za-z.])(\d{1,12}(?:\.\d{1,6})?[ ]?[A-Za-z]{3,12})/(s|h|min)(?![0-9A-Za-z])"
)
_PER_SOME = re.compile(
    rf"(?<![0-9A-Za-z.])({NUMBER})[ ]?([kmμ]?g|m?[Ll]|k?[Jj]|kcal|mm?ol)[ ]?/[ ]?(\d{{2,4}})[ ]?(k?g|m?[lL])(?![0-9A-Za-z])"
)
_ION = re.compile(
    r"(?<![A-Za-z0-9])((?:[A-Z][a-z]?[₀-₉]{0,2}){1,4})([¹²³⁴-⁹]?)([⁺⁻])(?![⁰¹²³⁴-⁹0-9])"
)
_PERCENT = re.compile(rf"(?<=[A-Za-z] ){NUMBER}[ ]?[%‰]")
_DAYS = re.compile(r"(?<![0-9A-Za-z.])([15-9]|[1-9]\d{1,2})d(?![0-9A-Za-z])")
"""3d is as often the space as three days."""
_EQUAL = re.compile(
    rf"(?<![0-9A-Za-z])([A-Za-zα-ω])[ ]?(=|≈|≠|<=|>=|<|>|≤|≥)[ ]?(?=-?{NUMBER}[ ]?[A-Za-zμΩ°]{{1,3}}(?:[²³/]|(?![0-9A-Za-z+*^])))"
)
"""A sign between a letter and a quantity: F=6N."""
_FORCE = re.compile(rf"(?<=[等大小]于)({NUMBER})[ ]?([NJAK])(?![0-9A-Za-z])")
_SPELLED = re.compile(rf"(?<![0-9A-Za-z.])({NUMBER})[ ]?(ppm|ppb|PPM|IU)(?![0-9A-Za-z/])")
_SUPPLY = re.compile(
    rf"(?<![0-9A-Za-z.])({NUMBER})[ ]?V[ ]?[/×*xX⎓]?[ ]?({NUMBER})[ ]?A(?![0-9A-Za-z])"
)
_LONGEST_SAID = 100
"""A window of 128k is 一百二十八K, a price of 20k is 两万."""


def _written(read: Callable[[AlignedText], AlignedText]) -> Callable[[re.Match[str]], str]:
    return lambda match: read(AlignedText.of(match[0])).text


def _quantity(match: re.Match[str]) -> str | None:
    """Units in signs (60°) are left for formulas."""
    if not any(char.isalpha() and char < "\u3400" for char in match[0]):
        return None
    return read_quantities(AlignedText.of(match[0])).text


def _per_some(match: re.Match[str]) -> str:
    value, unit, some, per = match.groups()
    return f"{amount(value)}{unit_name(unit)}每{number(some)}{unit_name(per)}"


def _ion(match: re.Match[str]) -> str:
    """`Fe³⁺` F e三正, `SO₄²⁻` S O四二负."""
    symbols, charge, sign = match.groups()
    letters = re.sub("[₀-₉]+", lambda m: number(m[0].translate(SUBSCRIPTS)), symbols)
    spelled = re.sub("(?<=[A-Za-z])(?=[A-Za-z])", " ", letters)
    value = number(charge.translate(SUPERSCRIPTS)) if charge else ""
    return f"{spelled}{value}{'正' if sign == '⁺' else '负'}"


def _half_days(match: re.Match[str]) -> str:
    """`8:30am` 上午八点半, `9am-6pm` 上午九点到下午六点."""
    return re.sub("[ ]?[-~–～][ ]?", "到", read_times(AlignedText.of(match[0])).text)


def _era(match: re.Match[str]) -> str:
    year, era = match[1] or match[4], match[2] or match[3]
    return f"公元{'前' if era[0] in 'Bb' else ''}{year}年"


def _duration(match: re.Match[str]) -> str:
    hours, minutes, seconds, only_minutes, last_seconds = match.groups()
    if only_minutes:
        return f"{amount(only_minutes)}分{number(last_seconds)}秒"
    spoken = f"{amount(hours)}小时{number(minutes)}分"
    return f"{spoken}{number(seconds)}秒" if seconds else f"{spoken}钟"


def _data(match: re.Match[str]) -> str:
    low, high, unit, per_second = match.groups()
    spoken = "到".join(number(value.replace(",", "")) for value in (low, high) if value)
    return f"{spoken}{unit.upper()}{'每秒' if per_second else ''}"


def _thousands(match: re.Match[str]) -> str | None:
    """`20.5w` 二十点五万, `2.3k` 两千三百, `3-5k` 三到五千."""
    low, high, letter = match.groups()
    values = [value for value in (low, high) if value]
    if letter in "wW":
        return f"{'到'.join(map(number if high else amount, values))}万"
    if any(float(value) >= _LONGEST_SAID for value in values):
        return f"{'到'.join(map(number, values))}K"
    if all(value.isdecimal() and len(value) == 1 for value in values):
        return f"{'到'.join(map(number if high else amount, values))}千"
    return "到".join(scaled(value, letter) for value in values)


RULES = (
    Rule(_ION, _ion, "⁺⁻"),
    Rule(_HEX, lambda match: f"十六进制{' '.join(map(digits, match[1].upper()))}", "xX"),
    Rule(FUEL, lambda match: f"每百公里{amount(match[1])}升", "/"),
    Rule(_COMMAS, lambda match: match[0].replace(",", ""), ","),
    Rule(_ISO_TIME, lambda match: f"{match[1]} {match[2]}", "T"),
    Rule(HALF_DAY_TIME, _half_days, "mM"),
    Rule(_QUARTER, lambda match: f"{digits(match[1])}年{match[2]}{number(match[3])}", "QH"),
    Rule(_ERA, _era, "ABCabc"),
    Rule(SCALED, _written(read_money), SIGNS),
    Rule(CODED, _written(read_money), "BCDEGHJKPRU"),
    Rule(_PRODUCT, lambda match: "×".join(filter(None, match.groups())), "xX*"),
    Rule(_TIMES, lambda match: f"{number(match[1])}倍", "xX"),
    Rule(_DURATION, _duration, "hm"),
    Rule(_DATA, _data, "Bb"),
    Rule(_SUPPLY, lambda match: f"{number(match[1])}伏{number(match[2])}安", "V"),
    Rule(_EQUAL, lambda match: f"{match[1]}{OPERATORS[match[2]]}", "=≈≠<>≤≥"),
    Rule(_FORCE, lambda match: f"{match[1]}{unit_name(match[2])}", "NJAK"),
    Rule(_SPELLED, lambda match: f"{number(match[1])}{' '.join(match[2].upper())}", "pPI"),
    Rule(_PER_SOME, _per_some, "/"),
    Rule(QUANTITY, _quantity),
    Rule(_AGAINST, lambda match: f"{number(match[1])}V{number(match[2])}", "vV"),
    Rule(_PERCENT, _written(read_percentages), "%‰"),
    Rule(_DAYS, lambda match: f"{amount(match[1])}天", "d"),
    Rule(RAISED, read_raised, "⁰¹²³⁴⁵⁶⁷⁸⁹π"),
    Rule(_WORDS_PER, lambda match: f"{match[1]}每{unit_name(match[2])}", "/"),
    Rule(UNIT_BEHIND, lambda match: f"每{unit_name(match[1])}", "/"),
    Rule(_THOUSANDS, _thousands, "kwW"),
)
"""In the order in which they apply."""

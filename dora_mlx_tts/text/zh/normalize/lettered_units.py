"""Units in letters: ranges, products and shares of quantities."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.degrees import HEAT, read_heat
from dora_mlx_tts.text.zh.normalize.maths import (
    OPERATORS,
    quotient,
)
from dora_mlx_tts.text.zh.normalize.numbers import amount, digits, number
from dora_mlx_tts.text.zh.normalize.patterns import CLAUSE_MARK, NUMBER, Rule
from dora_mlx_tts.text.zh.normalize.units import (
    EVERY,
    FUEL,
    OF_FIELD,
    QUANTITY,
    RAISED,
    UNIT_BEHIND,
    UNIT_NAMES,
    read_every,
    read_fuel,
    read_of_field,
    read_quantities,
    read_raised,
    read_unit_behind,
    unit_name,
)

_DATA = re.compile(
    r"(?<![0-9A-Za-z.,])(\d{1,12}(?:,\d{3}){0,4}(?:\.\d{1,6})?)(?:[ ]?[-~–～][ ]?(\d{1,12}(?:\.\d{1,6})?))?[ ]?"
    r"([KkMGTP]i?B|[KkMG]bps|[KkMGT]b(?=/))(/(?:s|[秒人月天日年台]))?(?![A-Za-z0-9]|/[A-Za-z])"
)
_SUPPLY = re.compile(
    rf"(?<![0-9A-Za-z.])({NUMBER})[ ]?([VW])[ ]?[/×*xX⎓]?[ ]?({NUMBER})[ ]?A(?![0-9A-Za-z])"
)
_EQUAL = re.compile(
    rf"(?<![0-9A-Za-z])([A-Za-zα-ω])[ ]?(=|≈|≠|<=|>=|<|>|≤|≥)[ ]?(?=-?{NUMBER}[ ]?[A-Za-zμΩ°]{{1,3}}(?:[²³/]|(?![0-9A-Za-z+*^])))"
)
"""A sign between a letter and a quantity: F=6N."""
_PER_SOME = re.compile(
    rf"(?<![0-9A-Za-z.])({NUMBER})(?:[ ]?[-~–～至到][ ]?({NUMBER}))?[ ]?([kmμ]?g|m?[Ll]|k?[Jj]|kcal|k[Ww]h|mm?ol)[ ]?/[ ]?(\d{{2,4}})[ ]?(k?g|m?[lL]|km)(?![0-9A-Za-z])"
)
_PART_OF_UNIT = re.compile(
    rf"(?<![0-9A-Za-z./])(\d{{1,4}})/(\d{{1,5}})[ ]?(?!mmHg)({UNIT_NAMES})(?![0-9A-Za-z²³/])"
)
_JUMP = re.compile(r"(?<![0-9A-Za-z.])([0-9]{1,2})m([0-9]{2})(?![0-9A-Za-z.])")
"""What was jumped or thrown: 8m15."""
_UNIT_TO_UNIT = re.compile(
    rf"(?<=[0-9])([ ]?)({UNIT_NAMES})[ ]?[-–~～][ ]?(?={NUMBER}[ ]?(?:({UNIT_NAMES})(?![A-Za-z])|[天周月年小分秒个米公斤]))"
)
"""A range whose unit is written twice: 1.2m-1.5m."""
_DIMENSIONS = re.compile(
    rf"(?<![0-9A-Za-z.×])({NUMBER})[ ]?[×xX*][ ]?({NUMBER})(?:[ ]?[×xX*][ ]?({NUMBER}))?[ ]?({UNIT_NAMES})(?![0-9A-Za-z²³/])"
)
"""Length by width of one unit: 120×60cm."""
_INCHES = re.compile(rf"(?<![0-9A-Za-z.])({NUMBER})in(?![0-9A-Za-z-]|[ ][A-Za-z])")
_WORDS_PER = re.compile(
    r"(?<![0-9A-Za-z.])(\d{1,12}(?:\.\d{1,6})?)[ ]?([A-Za-z]{3,12})/(s|h|min)(?![0-9A-Za-z])"
)
_TWO_VALUES = re.compile(
    rf"(?<![0-9A-Za-z.])({NUMBER})[ ]?[(（]({NUMBER})[)）][ ]?({UNIT_NAMES}|W)(?![A-Za-z0-9])"
)
"""A value and another in brackets of one unit: 4400(5600)W."""
_BY = re.compile("(?<=[米升克寸])[ ]?[*×xX][ ]?(?=[零一二两三四五六七八九十百千])")
"""Between two quantities that are written out: 20cm*6cm."""
_INCH_SIGN = re.compile(rf"(?<![0-9A-Za-z.])({NUMBER})[\"″](?=[ ]?[A-Za-z])")
_SETS = re.compile(
    r"(?<=[\u4e00-\u9fff])(?:[ ]?×[ ]?|[ ][xX*][ ]|(?<=[克升米])[xX*][ ]?)(\d{1,4})(?![0-9A-Za-z.])"
)
"""How often a quantity is taken: 100kg×5."""
_UNIT_OF = re.compile(rf"(?<=[0-9\u3400-\u9fff²³])[ ]?[(（]({UNIT_NAMES})[)）]")
"""A unit in brackets behind what it measures: 体重(kg)."""
_READING_LEVEL = re.compile(
    r"(?<![0-9A-Za-z.])(\d{2,4})(?:L?[ ]?[-~–～至到][ ]?(\d{2,4}))?L(?![0-9A-Za-z/])"
)
"""How hard a book is to read, in lexiles: 蓝思值650L."""
_OF_READING = re.compile("蓝思|[Ll]exile|阅读指数|阅读等级|分级阅读")
_NEAR = 24
_SIMPLE = 9


def _data(match: re.Match[str]) -> str:
    low, high, unit, per = match.groups()
    spoken = "到".join(number(value.replace(",", "")) for value in (low, high) if value)
    share = f"每{per[1].replace('s', '秒')}" if per else ""
    return f"{spoken}{unit.upper()}{share}"


def _reading_level(match: re.Match[str]) -> str | None:
    before = match.string[max(0, match.start() - _NEAR) : match.start()]
    after = match.string[match.end() : match.end() + _NEAR // 2]
    near = f"{CLAUSE_MARK.split(before)[-1]} {CLAUSE_MARK.split(after)[0]}"
    if not _OF_READING.search(near):
        return None
    return f"{'到'.join(map(number, filter(None, match.groups())))}   L "


def _per_some(match: re.Match[str]) -> str:
    low, high, unit, some, per = match.groups()
    value = f"{number(low)}到{number(high)}" if high else amount(low)
    if unit == per:  # 10ml/15ml: one or the other
        return f"{value}{unit_name(unit)}，{number(some)}{unit_name(per)}"
    return f"{value}{unit_name(unit)}每{number(some)}{unit_name(per)}"


def _part_of_unit(match: re.Match[str]) -> str:
    """`1/2 kg` 二分之一千克; of many it is how many of them: 520/600 kcal."""
    part, whole, unit = match.groups()
    if int(whole) > int(part) > _SIMPLE:
        return f"{number(part)}，共{number(whole)}{unit_name(unit)}"
    return f"{quotient(f'{part}/{whole}', as_fraction=True)}{unit_name(unit)}"


def _unit_to_unit(match: re.Match[str]) -> str:
    """From one quantity to another of its kind; 220V~50Hz are two."""
    first, last = unit_name(match[2]), unit_name(match[3]) if match[3] else ""
    is_range = not last or first[-1] == last[-1] or {first[-1], last[-1]} <= set("时钟秒天周")
    return f"{match[1]}{match[2]}{'到' if is_range else '，'}"


def _inch_sign(match: re.Match[str]) -> str | None:
    """`13" OLED` 十三寸, where the sign closes no quotation."""
    is_quoted = match.string.count('"', 0, match.end() - 1) % 2
    return None if is_quoted else f"{number(match[1])}寸"


def _quantity(match: re.Match[str]) -> str | None:
    """Units in signs (60°) are left for formulas."""
    if not any(char.isalpha() and char < "\u3400" for char in match[0]):
        return None
    return read_quantities(AlignedText.of(match[0])).text


READING_LEVEL = Rule(_READING_LEVEL, _reading_level, "L")
FUEL_USE = Rule(FUEL, read_fuel, "/")
DATA = Rule(_DATA, _data, "Bb")
SUPPLY = Rule(_SUPPLY, lambda m: f"{number(m[1])}{unit_name(m[2])}{number(m[3])}安", "VW")
EQUAL = Rule(_EQUAL, lambda match: f"{match[1]}{OPERATORS[match[2]]}", "=≈≠<>≤≥")
FIELD = Rule(OF_FIELD, read_of_field, "ANJKHFTCU")
PER_SOME = Rule(_PER_SOME, _per_some, "/")
PART_OF_UNIT = Rule(
    _PART_OF_UNIT,
    _part_of_unit,
    "/",
)
JUMP = Rule(_JUMP, lambda match: f"{amount(match[1])}米{digits(match[2])}", "m")
UNIT_TO_UNIT = Rule(_UNIT_TO_UNIT, _unit_to_unit, "-–~～")
DIMENSIONS = Rule(
    _DIMENSIONS,
    lambda match: (
        f"{'乘'.join(map(number, filter(None, match.groups()[:3])))}{unit_name(match[4])}"
    ),
    "×xX*",
)
QUANTITIES = Rule(QUANTITY, _quantity)
INCHES = Rule(_INCHES, lambda match: f"{amount(match[1])}英寸", "n")
BEHIND_POWER = Rule(RAISED, read_raised, "⁰¹²³⁴⁵⁶⁷⁸⁹π")
WORDS_PER = Rule(
    _WORDS_PER, lambda match: f"{number(match[1])} {match[2]}每{unit_name(match[3])}", "/"
)
BEHIND_STROKE = Rule(UNIT_BEHIND, read_unit_behind, "/")
SETS = Rule(_SETS, lambda match: f"乘{number(match[1])}", "×xX*")
TWO_VALUES = Rule(_TWO_VALUES, lambda m: f"{number(m[1])}，{number(m[2])}{unit_name(m[3])}", "(（")
BY = Rule(_BY, lambda _: "乘", "*×xX")
INCH_SIGN = Rule(_INCH_SIGN, _inch_sign, '"″')
EVERY_UNIT = Rule(EVERY, read_every, "每")
DEGREES = Rule(HEAT, read_heat, "FC")
UNIT_OF = Rule(_UNIT_OF, lambda match: f"，{unit_name(match[1])}，", "(（")

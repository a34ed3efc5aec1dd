"""Formulas of chemistry, whose letters and figures are said one by one."""

from __future__ import annotations

import re

from dora_mlx_tts.text.zh.normalize.maths import SUBSCRIPTS, SUPERSCRIPTS
from dora_mlx_tts.text.zh.normalize.numbers import digits, number
from dora_mlx_tts.text.zh.normalize.patterns import Rule

_ISOTOPE = re.compile(r"(?<![0-9A-Za-z)）⁰¹²³⁴-⁹⁻])([¹²³⁰⁴-⁹]{1,3})([A-Z][a-z]?)(?![A-Za-z])")
_COMPOUND = re.compile(
    r"(?<![0-9A-Za-z₀-₉])((?:\(?[A-Z][a-z]?[₀-₉0-9]{0,2}\)?[₀-₉0-9]{0,2}){2,10})(?![0-9A-Za-z₀-₉])"
)
_ION = re.compile(
    r"(?<![A-Za-z0-9])((?:[A-Z][a-z]?[₀-₉]{0,2}){1,4})([¹²³⁴-⁹]?)([⁺⁻])(?![⁰¹²³⁴-⁹0-9])"
)
_SYMBOLS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr "
    "Ag Cd Sn Sb I Xe Cs Ba W Pt Au Hg Pb Bi U"
)
_ELEMENTS = frozenset(re.findall("[A-Z][a-z]?", _SYMBOLS))
_MEASURED = frozenset({"Sp", "Sa", "Pa", "Pv", "Fi", "Et"})
"""Before O2 and CO2 they say what is measured: SpO2, PaCO2."""
_HUNDREDS = 3


def read_isotope(match: re.Match[str]) -> str:
    """`¹⁴C` C十四, `²³⁵U` U二三五."""
    mass, symbol = match[1].translate(SUPERSCRIPTS), match[2]
    said = digits(mass) if len(mass) == _HUNDREDS else number(mass)
    return f"{' '.join(symbol)}{said}"


def read_compound(match: re.Match[str]) -> str | None:
    """`NaHCO₃` N a H C O三: letters and figures one by one."""
    text = match[1]
    symbols = re.findall("[A-Z][a-z]?", text)
    is_sure = (
        re.search("[₀-₉]", text) is not None
        or any(len(symbol) > 1 for symbol in symbols)
        or len(re.findall("[0-9]+", text)) > 1
    )
    if (
        not is_sure
        or len(symbols) == 1
        or not _ELEMENTS.issuperset(symbols[symbols[0] in _MEASURED :])
    ):
        return None
    pieces = re.findall("[A-Za-z]|[0-9]+", text.translate(SUBSCRIPTS))
    said = " ".join(number(piece) if piece.isdecimal() else piece for piece in pieces)
    return re.sub("(?<=[\u4e00-\u9fff]) | (?=[\u4e00-\u9fff])", "", said)


def read_ion(match: re.Match[str]) -> str:
    """`Fe³⁺` F e三正, `SO₄²⁻` S O四二负."""
    symbols, charge, sign = match.groups()
    letters = re.sub("[₀-₉]+", lambda m: number(m[0].translate(SUBSCRIPTS)), symbols)
    spelled = re.sub("(?<=[A-Za-z])(?=[A-Za-z])", " ", letters)
    value = number(charge.translate(SUPERSCRIPTS)) if charge else ""
    return f"{spelled}{value}{'正' if sign == '⁺' else '负'}"


def is_compound(text: str) -> bool:
    """Whether a text as a whole is the formula of a compound."""
    match = _COMPOUND.fullmatch(text)
    return match is not None and read_compound(match) is not None


ISOTOPE_RULE = Rule(_ISOTOPE, read_isotope, "⁰¹²³⁴⁵⁶⁷⁸⁹")
COMPOUND_RULE = Rule(_COMPOUND, read_compound)

ION_RULE = Rule(_ION, read_ion, "⁺⁻")

"""Units of measure behind numbers, glued or spaced, alone or per something."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import fraction, number
from dora_mlx_tts.text.en.normalize.patterns import DASH, NOT_INSIDE, NUMBER, spaced

_REGULAR = {
    "km": "kilometer", "m": "meter", "cm": "centimeter", "mm": "millimeter", "nm": "nanometer",
    "μm": "micrometer", "mi": "mile", "yd": "yard", "ft": "foot/feet", "in": "inch/inches",
    "kg": "kilogram", "g": "gram", "mg": "milligram", "μg": "microgram", "mcg": "microgram",
    "lb": "pound", "lbs": "pound", "oz": "ounce", "l": "liter", "L": "liter", "ml": "milliliter",
    "mL": "milliliter", "dl": "deciliter", "gal": "gallon", "tbsp": "tablespoon", "tsp": "teaspoon",
    "h": "hour", "hr": "hour", "hrs": "hour", "min": "minute", "mins": "minute", "s": "second",
    "sec": "second", "secs": "second", "ms": "millisecond", "μs": "microsecond", "ns": "nanosecond",
    "Hz": "hertz/hertz", "kHz": "kilohertz/kilohertz", "MHz": "megahertz/megahertz",
    "GHz": "gigahertz/gigahertz", "B": "byte", "KB": "kilobyte", "kB": "kilobyte", "MB": "megabyte",
    "GB": "gigabyte", "TB": "terabyte", "PB": "petabyte", "KiB": "kibibyte", "MiB": "mebibyte",
    "GiB": "gibibyte", "kb": "kilobit", "Mb": "megabit", "Gb": "gigabit", "V": "volt", "kV": "kilovolt",
    "mV": "millivolt", "A": "ampere", "mA": "milliampere", "mAh": "milliampere hour", "W": "watt",
    "kW": "kilowatt", "MW": "megawatt", "GW": "gigawatt", "Wh": "watt hour", "kWh": "kilowatt hour",
    "MWh": "megawatt hour", "J": "joule", "kJ": "kilojoule", "cal": "calorie", "kcal": "kilocalorie",
    "N": "newton", "Pa": "pascal", "kPa": "kilopascal", "hPa": "hectopascal", "psi": "P S I/P S I",
    "dB": "decibel", "db": "decibel", "ha": "hectare", "px": "pixel", "pt": "point", "Ω": "ohm",
    "kΩ": "kiloohm", "K": "kelvin/kelvin", "mmHg": "millimeter of mercury/millimeters of mercury", "mol": "mole", "MP": "megapixel",
}  # fmt: skip
_WHOLE = {
    "mph": ("mile per hour", "miles per hour"),
    "kph": ("kilometer per hour", "kilometers per hour"),
    "kmh": ("kilometer per hour", "kilometers per hour"),
    "mpg": ("mile per gallon", "miles per gallon"),
    "atm": ("atmosphere", "atmospheres"),
    "rpm": ("revolution per minute", "revolutions per minute"),
    "bpm": ("beat per minute", "beats per minute"),
    "fps": ("frame per second", "frames per second"),
    "dpi": ("dot per inch", "dots per inch"),
    "kbps": ("kilobit per second", "kilobits per second"),
    "Mbps": ("megabit per second", "megabits per second"),
    "Gbps": ("gigabit per second", "gigabits per second"),
    "ppm": ("part per million", "parts per million"),
    "sq ft": ("square foot", "square feet"),
    "°C": ("degree celsius", "degrees celsius"),
    "° C": ("degree celsius", "degrees celsius"),
    "°F": ("degree fahrenheit", "degrees fahrenheit"),
    "° F": ("degree fahrenheit", "degrees fahrenheit"),
    "°K": ("degree kelvin", "degrees kelvin"),
    "°": ("degree", "degrees"),
    "%": ("percent", "percent"),
    "‰": ("per mille", "per mille"),
    "pp": ("percentage point", "percentage points"),
}
_PER = {
    "h": "hour", "hr": "hour", "s": "second", "sec": "second", "min": "minute", "day": "day",
    "d": "day", "week": "week", "month": "month", "mo": "month", "year": "year", "yr": "year",
    "m": "meter", "m²": "square meter", "m2": "square meter", "m³": "cubic meter",
    "m3": "cubic meter", "s²": "second squared", "s2": "second squared", "kg": "kilogram",
    "g": "gram", "L": "liter", "l": "liter", "dL": "deciliter", "dl": "deciliter", "ml": "milliliter",
    "km": "kilometer", "hour": "hour", "minute": "minute", "second": "second", "person": "person",
    "night": "night", "mile": "mile", "lb": "pound", "cm²": "square centimeter",
}  # fmt: skip
_AREAS = {"km", "m", "cm", "mm", "mi", "ft", "in", "yd"}
LONGEST_PART = 3
"""Figures of a numerator or denominator."""
_GLUED_ONLY = {"in", "A", "K", "B", "N", "J", "pt", "MP", "Mb", "Gb", "kb"}
"""Too ambiguous behind a blank: 5 in all, 5 A grades, 5 B roads. (`B`, `K` and `A` also glued.)"""
_NEVER_BARE = {"A", "K", "B", "N", "J", "MP"}


def _forms() -> dict[str, tuple[str, str]]:
    forms = dict(_WHOLE)
    for sign, name in _REGULAR.items():
        one, _, many = name.partition("/")
        forms[sign] = (one, many or f"{one}s")
        if sign in _AREAS:
            for mark, kind in (
                ("²", "square"),
                ("2", "square"),
                ("^2", "square"),
                ("³", "cubic"),
                ("^3", "cubic"),
                ("3", "cubic"),
            ):
                forms[sign + mark] = (f"{kind} {one}", f"{kind} {many or one + 's'}")
    for sign in _NEVER_BARE:
        del forms[sign]
    return forms


_FORMS = _forms()


def _alternatives(signs: set[str]) -> str:
    return "|".join(re.escape(sign) for sign in sorted(signs, key=len, reverse=True))


_PER_SIGN = _alternatives(set(_PER))
_UNIT = (
    rf"(?P<glue>\s?|-)(?P<unit>{_alternatives(set(_FORMS))})(?:\s?/\s?(?P<per>{_PER_SIGN}))?"
    r"(?![A-Za-z\d²³]|-[A-Za-z]|\.[A-Za-z])(?:\.(?=\s[a-z]|[,;]))?"
)
_SIGNED = r"(?P<minus>(?<![\w)])[-−](?=[\d.]))?"
_MEASURE = re.compile(
    rf"{NOT_INSIDE}{_SIGNED}{NOT_INSIDE}(?P<n>{NUMBER})"
    rf"(?:(?P<sep>{DASH}|\s(?:{DASH}|to|or)\s|\s?(?:×|x|±|\+/-)\s?|/)(?P<minus2>[-−])?(?P<second>{NUMBER}))?{_UNIT}"
)
_FEET = re.compile(
    r"(?<![\d.])(\d{1,2})['′](?:\s?(\d{1,2})(?:\"|″|'')|(\d{1,2})(?![\d'′]))|(?<![\d.])(\d{1,2})\s?ft\.?\s(\d{1,2})\s?in\b\.?(?!\s(?:the|a)\b)"
)
_SIDES = re.compile(
    rf"{NOT_INSIDE}({NUMBER}\s?(?:{_alternatives(_AREAS)}))\s?[x×*]\s?(?={NUMBER}\s?(?:{_alternatives(_AREAS)})\b)"
)
_PRICE_PER = re.compile(
    rf"\b(dollars?|cents?|euros?|pounds?|pence|yen|yuan|won|rupees?)\s?/\s?({_PER_SIGN})(?![A-Za-z\d²³])"
)
_LINKS = {
    "or": " or ",
    "×": " by ",
    "x": " by ",
    "±": " plus or minus ",
    "/": " over ",
    "+/-": " plus or minus ",
}


def _measure(match: re.Match[str]) -> str | None:
    unit = match["unit"]
    if unit in _GLUED_ONLY and match["glue"]:
        return None
    if match["glue"] == "-" and not unit.isalpha():
        return None
    one, many = _FORMS[unit]
    quantity, single = _quantity(match)
    words = f"{quantity} {one if single or match['glue'] == '-' else many}"
    if match["per"]:
        words += f" per {_PER[match['per']]}"
    return spaced(match, words)


def _quantity(match: re.Match[str]) -> tuple[str, bool]:
    """The number or numbers in front of a unit, and whether the unit is in the singular."""
    first, second = match["n"], match["second"]
    sign = "negative " if match["minus"] else ""
    if not second:
        return sign + number(first), first in {"1", "1.0"}
    if match["sep"] == "/" and _is_fraction(first, second):
        part = fraction(int(first), int(second))
        mixed = match.string[: match.start()][-2:-1].isdigit()
        return (f"and {part}" if mixed else sign + part), not mixed
    minus = "negative " if match["minus2"] else ""
    return (
        f"{sign}{number(first)}{_LINKS.get(match['sep'].strip(), ' to ')}{minus}{number(second)}",
        False,
    )


def _is_fraction(first: str, second: str) -> bool:
    figures = first.isdigit() and second.isdigit() and max(len(first), len(second)) <= LONGEST_PART
    return figures and 0 < int(first) < int(second)


def _feet(match: re.Match[str]) -> str:
    feet, inches = match[1] or match[4], match[2] or match[3] or match[5]
    return f"{number(feet)} {'foot' if feet == '1' else 'feet'} {number(inches)}"


def apply(text: AlignedText) -> AlignedText:
    """`60km/h` → sixty kilometers per hour, `-3 °C` → negative three degrees celsius."""
    text = text.sub(_FEET, _feet).sub(_SIDES, r"\1 by ")
    return text.sub(_MEASURE, _measure).sub(_PRICE_PER, lambda m: f"{m[1]} per {_PER[m[2]]}")

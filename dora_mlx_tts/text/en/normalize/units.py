"""Units of measure behind numbers, glued or spaced, alone or per something."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import fraction, number
from dora_mlx_tts.text.en.normalize.patterns import DASH, NOT_INSIDE, NUMBER, magnitude, spaced

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
    "kΩ": "kiloohm", "K": "kelvin/kelvin", "qt": "quart", "fl oz": "fluid ounce", "fl. oz.": "fluid ounce",
    "sq ft": "square foot/square feet", "sq. ft.": "square foot/square feet", "sq. ft": "square foot/square feet",
    "sqft": "square foot/square feet", "sq mi": "square mile", "sq m": "square meter", "sq km": "square kilometer",
    "sq in": "square inch/square inches", "cu ft": "cubic foot/cubic feet", "cu. ft.": "cubic foot/cubic feet",
    "cu m": "cubic meter", "nmi": "nautical mile", "yrs": "year", "yr": "year", "mos": "month", "mo": "month", "wks": "week",
    "wk": "week", "pts": "point", "pcs": "piece", "kn": "knot", "kt": "knot", "kts": "knot", "amp": "amp",
    "amps": "amp", "μA": "microampere", "μV": "microvolt", "mW": "milliwatt", "μL": "microliter", "cL": "centiliter",
    "cl": "centiliter", "hp": "horsepower/horsepower", "lm": "lumen", "lx": "lux/lux", "Nm": "newton meter",
    "N·m": "newton meter", "bar": "bar", "mbar": "millibar", "MPa": "megapascal", "IU": "I U/I U",
    "TWh": "terawatt hour", "kB/s": "kilobyte per second/kilobytes per second", "GWh": "gigawatt hour",
    "Gbit": "gigabit", "Mbit": "megabit", "kbit": "kilobit", "TiB": "tebibyte", "pF": "picofarad",
    "μF": "microfarad", "nF": "nanofarad", "MΩ": "megohm", "mmol": "millimole", "keV": "kilo electron volt",
    "MeV": "mega electron volt", "eV": "electron volt", "cc": "C C/C C", "mEq": "milliequivalent", "mmHg": "millimeter of mercury/millimeters of mercury", "mol": "mole", "MP": "megapixel",
}  # fmt: skip
_WHOLE = {
    "mph": ("mile per hour", "miles per hour"),
    "kph": ("kilometer per hour", "kilometers per hour"),
    "kmh": ("kilometer per hour", "kilometers per hour"),
    "mpg": ("mile per gallon", "miles per gallon"),
    "atm": ("atmosphere", "atmospheres"),
    "rpm": ("revolution per minute", "revolutions per minute"),
    "bpm": ("beat per minute", "beats per minute"),
    "bps": ("basis point", "basis points"),
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
    "ºC": ("degree celsius", "degrees celsius"),
    "ºF": ("degree fahrenheit", "degrees fahrenheit"),
    "°N": ("degree north", "degrees north"),
    "°S": ("degree south", "degrees south"),
    "°E": ("degree east", "degrees east"),
    "°W": ("degree west", "degrees west"),
    "° N": ("degree north", "degrees north"),
    "° S": ("degree south", "degrees south"),
    "° E": ("degree east", "degrees east"),
    "° W": ("degree west", "degrees west"),
    "ppm": ("part per million", "parts per million"),
    "ppb": ("part per billion", "parts per billion"),
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
    "km": "kilometer", "mi": "mile", "gal": "gallon", "wk": "week", "qt": "quart", "oz": "ounce", "ft": "foot",
    "ft²": "square foot", "ft2": "square foot", "sq ft": "square foot", "sqft": "square foot", "in": "inch",
    "kWh": "kilowatt hour", "MWh": "megawatt hour", "GB": "gigabyte", "MB": "megabyte", "TB": "terabyte",
    "hrs": "hour", "mg": "milligram", "cm": "centimeter", "mol": "mole", "K": "kelvin", "bbl": "barrel",
    "ton": "ton", "pp": "person", "ea": "each", "lbs": "pound", "mL": "milliliter", "W": "watt", "V": "volt",
    "hour": "hour", "minute": "minute", "second": "second", "person": "person",
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


_CAPITALS = {
    unit.upper(): unit
    for unit in "km cm mm kg mg lb lbs oz ml ft mph kph kmh kwh mbps gbps kbps kcal tbsp tsp hrs mins rpm bpm fps hz khz mhz "
    "ghz".split()
} | {"Kg": "kg", "KMs": "km", "kms": "km", "Kms": "km", "Km": "km", "gms": "g", "grams": "g", "Lbs": "lbs", "kwh": "kWh", "mhz": "MHz", "ghz": "GHz",
     "hz": "Hz", "khz": "kHz", "mbps": "Mbps", "gbps": "Gbps", "Kbps": "kbps", "gb": "GB", "mb": "MB", "tb": "TB",
     "Kcal": "kcal", "Mph": "mph", "Mins": "mins", "Hrs": "hrs", "KHz": "kHz", "KW": "kW", "KWh": "kWh", "kw": "kW", "Ml": "mL", "Tbsp": "tbsp", "Tsp": "tsp", "Oz": "oz", "Lb": "lb"}
"""Units as people type them."""
_PER_SIGN = _alternatives(set(_PER))
_PER_WORD = r"[a-z]{3,12}"
_ENDS_BEFORE = r"(?![A-Za-z\d²³]|-[A-Za-z]|\.[A-Za-z])"
_UNIT = (
    rf"(?P<glue>\s?|-)(?P<unit>{_alternatives(set(_FORMS) | set(_CAPITALS))})"
    rf"(?:\s?/\s?(?P<per>{_PER_SIGN}|{_PER_WORD}){_ENDS_BEFORE}(?:\s?/\s?(?P<per2>{_PER_SIGN}))?)?"
    rf"{_ENDS_BEFORE}(?:\.(?=\s[a-z]|[,;]))?"
)
_SCALED = r"(?:\s(?P<scale>hundred|thousand|million|billion|trillion)|(?P<mag>[MBkK])(?=\s[a-z]))?"
_SIGNED = r"(?P<minus>(?<![\w)])[-−](?=[\d.]))?"
_MEASURE = re.compile(
    rf"{NOT_INSIDE}{_SIGNED}{NOT_INSIDE}(?<![A-Za-z])(?P<n>{NUMBER})"
    rf"(?:(?P<sep>{DASH}|\s(?:{DASH}|to|or|and)\s|\s?(?:×|x|\*|±|\+/-)\s?|/)(?P<minus2>[-−])?(?P<second>{NUMBER}))?{_SCALED}{_UNIT}"
)
_SAME = re.compile(
    rf"(?P<a>{NUMBER})\s?(?P<unit>%|°\s?[CF]|°|[A-Za-z]{{1,3}}²?)(?P<sep>\s?[-–—~]\s?|\sto\s)(?=[-−]?{NUMBER}\s?(?P=unit)(?![A-Za-z\d]))"
)
_SHORT_MAGNITUDES = re.compile(rf"{NOT_INSIDE}(?P<a>{NUMBER})(?P<m>[kKMB])\s?[-–—~]\s?(?=(?:{NUMBER})(?P=m)\b)")
_RELATION = re.compile(
    rf"(?<![\d)] )(?<![\w.)])(?P<sign>[~≈<>≤≥]|<=|>=)\s?(?=[-−]?(?:{NUMBER})\s?(?:%|°|[A-Za-z]))|(?<![\w.)+])(?P<plus>\+)(?={NUMBER})"
)
_RELATIONS = {
    "~": "about", "≈": "about", "<": "less than", ">": "more than", "≤": "at most", "<=": "at most",
    "≥": "at least", ">=": "at least", "+": "plus",
}  # fmt: skip
_FAHRENHEIT = re.compile(r"(?<![\w.,$])(-?\d{2,3})(?:(?P<dash>\s?[-–]\s?|\sto\s)(\d{2,3}))?\s?(?P<u>[FC])\b(?!['.#&+-]\w|\+|#|\s?[#+])")
_OVEN = re.compile(
    r"(?i)\b(?:oven|preheat|bake|roast|degrees?|temperatures?|temp|heat|hot|cold|warm|cool|weather|outside|high|low|fever|boil|freez)\w*"
)
_AFTER_POWER = re.compile(
    rf"(?P<lead>\bten to the (?:minus )?[a-z-]{{3,20}}\s)(?P<unit>{_alternatives(set(_FORMS))})(?:\s?/\s?(?P<per>{_PER_SIGN}))?{_ENDS_BEFORE}"
)
_BARE_PER = re.compile(rf"{NOT_INSIDE}(?<![A-Za-z])(?P<n>{NUMBER})/(?P<per>{_PER_SIGN}|{_PER_WORD}){_ENDS_BEFORE}")
_SIDES = re.compile(
    rf"{NOT_INSIDE}({NUMBER}\s?(?:{_alternatives(_AREAS)}))\s?[x×*]\s?(?={NUMBER}\s?(?:{_alternatives(_AREAS)})\b)"
)
_PRICE_PER = re.compile(
    rf"\b(dollars?|cents?|euros?|pounds?|pence|yen|yuan|won|rupees?|percent)\s?/\s?({_PER_SIGN}|{_PER_WORD})(?![A-Za-z\d²³])(?:\.(?=\s[a-z]|[,;]))?"
)
_LINKS = {
    "or": " or ",
    "and": " and ",
    "×": " by ",
    "x": " by ",
    "*": " times ",
    "±": " plus or minus ",
    "/": " over ",
    "+/-": " plus or minus ",
}


def _measure(match: re.Match[str]) -> str | None:
    written = match["unit"]
    unit = _CAPITALS.get(written, written)
    if unit in _GLUED_ONLY and match["glue"]:
        return None
    if match["glue"] == "-" and not unit.isalpha():
        return None
    scale = magnitude(match["scale"] or match["mag"])
    if scale and len(unit) == 1:  # three million m: of what, is not known
        return None
    one, many = _FORMS[unit]
    quantity, single = _quantity(match)
    is_one = (single and not scale) or match["glue"] == "-" or _is_attribute(match, unit)
    words = f"{quantity}{scale} {one if is_one else many}{_per(match['per'])}{_per(match['per2'])}"
    return spaced(match, words)


def _per(sign: str | None) -> str:
    return f" per {_PER.get(sign, sign)}" if sign else ""


def _is_attribute(match: re.Match[str], unit: str) -> bool:
    """`a 10 km run` is a ten kilometer run."""
    if not unit.isalpha() or match["per"]:
        return False
    before = match.string[max(0, match.start() - 3) : match.start()]
    after = match.string[match.end() : match.end() + 16]
    article = re.search(r"(?i)(?:^|\W)an?\s\Z", before)
    noun = _NOUN.match(after)
    return bool(article and noun and noun[1] not in _NO_NOUNS)


_NOUN = re.compile(r"\s([a-z]+)\b")
_NO_NOUNS = frozenset(
    "of in to from for and or per at on is was away long wide tall high deep less more with into by off "
    "above below apart before after each every".split()
)


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
    link = _LINKS.get(match["sep"].strip(), " to ")
    return f"{sign}{number(first)}{link}{minus}{number(second)}", False


def _is_fraction(first: str, second: str) -> bool:
    figures = first.isdigit() and second.isdigit() and max(len(first), len(second)) <= LONGEST_PART
    return figures and 0 < int(first) < int(second)


def _degrees(match: re.Match[str]) -> str | None:
    """`350 F`, where a temperature is meant."""
    around = match.string[max(0, match.start() - 60) : match.end() + 40]
    if not _OVEN.search(around):
        return None
    return f"{match[1]}{match['dash'] or ''}{match[3] or ''}°{match['u']}"


def _relation(match: re.Match[str]) -> str:
    return f"{_RELATIONS[match['sign'] or match['plus']]} "


_WORD_PER = re.compile(r"(?<=[a-z]{3})/(day|night|hr|hour|min|sec|wk|week|mo|month|yr|year|person|capita)\b")
_INCHES = re.compile(rf"(?<![\w.])({NUMBER}) in\.(?=\s?=|,? (?:long|wide|tall|high|thick|deep|of (?:rain|snow)|by|x|in diameter)\b)")


def apply(text: AlignedText) -> AlignedText:
    """`60km/h` → sixty kilometers per hour, `-3 °C` → negative three degrees celsius."""
    text = text.sub(_INCHES, r"\1in").sub(_WORD_PER, lambda m: _per(m[1]))
    text = text.sub(_FAHRENHEIT, _degrees).sub(_RELATION, _relation)
    text = text.sub(_SAME, _same).sub(_SHORT_MAGNITUDES, r"\g<a> to ")
    text = text.sub(_SIDES, r"\1 by ").sub(_MEASURE, _measure)
    text = text.sub(_AFTER_POWER, lambda m: f"{m['lead']}{_FORMS[m['unit']][1]}{_per(m['per'])}")
    text = text.sub(_PRICE_PER, lambda m: f"{m[1]}{_per(m[2])}")
    return text.sub(_BARE_PER, lambda m: f"{number(m['n'])}{_per(m['per'])}")


def _same(match: re.Match[str]) -> str | None:
    """`10%-15%` → 10 to 15%."""
    unit = match["unit"].replace(" ", "")
    known = unit in _FORMS or unit in _CAPITALS
    return f"{match['a']} to " if known else None

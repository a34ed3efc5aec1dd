"""Names of units of measure by the signs they are written with."""

from __future__ import annotations

import re

from dora_mlx_tts.text.en.words import listed

_REGULAR = {
    "km": "kilometer", "m": "meter", "cm": "centimeter", "mm": "millimeter", "nm": "nanometer",
    "μm": "micrometer", "mi": "mile", "yd": "yard", "yds": "yard", "ft": "foot/feet", "in": "inch/inches",
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
    "dB": "decibel", "db": "decibel", "ha": "hectare", "px": "pixel", "pt": "point/point", "Ω": "ohm",
    "kΩ": "kiloohm", "K": "kelvin/kelvin", "qt": "quart", "fl oz": "fluid ounce", "fl. oz.": "fluid ounce",
    "sq ft": "square foot/square feet", "sq. ft.": "square foot/square feet", "sq. ft": "square foot/square feet",
    "sqft": "square foot/square feet", "sq mi": "square mile", "sq m": "square meter", "sq km": "square kilometer",
    "sq in": "square inch/square inches", "cu ft": "cubic foot/cubic feet", "cu. ft.": "cubic foot/cubic feet",
    "cu m": "cubic meter", "nmi": "nautical mile", "yrs": "year", "yr": "year", "mos": "month", "mo": "month", "wks": "week",
    "wk": "week", "pts": "point", "pcs": "piece", "kn": "knot", "kt": "knot", "kts": "knot", "amp": "amp",
    "amps": "amp", "μA": "microampere", "μV": "microvolt", "mW": "milliwatt", "μL": "microliter", "cL": "centiliter",
    "cl": "centiliter", "hp": "horsepower/horsepower", "lm": "lumen", "lx": "lux/lux", "Nm": "newton meter",
    "N·m": "newton meter", "bar": "bar/bar", "mbar": "millibar", "MPa": "megapascal", "IU": "I U/I U",
    "TWh": "terawatt hour", "kB/s": "kilobyte per second/kilobytes per second", "GWh": "gigawatt hour",
    "Gbit": "gigabit", "Mbit": "megabit", "kbit": "kilobit", "TiB": "tebibyte", "pF": "picofarad",
    "μF": "microfarad", "nF": "nanofarad", "MΩ": "megohm", "mmol": "millimole", "keV": "kilo electron volt",
    "MeV": "mega electron volt", "eV": "electron volt", "cc": "C C/C C", "mEq": "milliequivalent", "mmHg": "millimeter of mercury/millimeters of mercury", "mol": "mole", "MP": "megapixel", "gals": "gallon", "ft-lb": "foot pound", "ft-lbs": "foot pound", "ft·lb": "foot pound",
    "lb-ft": "pound foot/pound feet", "in-lb": "inch pound", "in-lbs": "inch pound", "qts": "quart", "tbsps": "tablespoon", "tsps": "teaspoon",
    "mIU": "milli I U/milli I U", "U": "unit", "inHg": "inch of mercury/inches of mercury", "Ah": "ampere hour", "kVA": "kilovolt ampere", "GPa": "gigapascal", "dBA": "decibel", "lbf": "pound force/pounds force",
    "mSv": "millisievert", "μSv": "microsievert", "Sv": "sievert", "ly": "light-year", "nits": "nit", "cals": "calorie", "ug": "microgram", "mM": "millimolar/millimolar", "gsm": "gram per square meter/grams per square meter",
    "BTU": "B T U", "BTUs": "B T U", "cfm": "cubic foot per minute/cubic feet per minute", "gpm": "gallon per minute/gallons per minute", "mpg": "mile per gallon/miles per gallon", "fl. oz": "fluid ounce", "kgs": "kilogram", "mls": "milliliter",
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
    "ppb": ("part per billion", "parts per billion"),
    "°K": ("degree kelvin", "degrees kelvin"),
    "°": ("degree", "degrees"),
    "%": ("percent", "percent"),
    "‰": ("per mille", "per mille"),
    "pp": ("percentage point", "percentage points"),
}
PER = {
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
    "night": "night", "mile": "mile", "lb": "pound", "cm²": "square centimeter", "cm³": "cubic centimeter", "cm3": "cubic centimeter", "mm²": "square millimeter",
    "mm³": "cubic millimeter", "km²": "square kilometer", "km2": "square kilometer", "ft³": "cubic foot", "in²": "square inch",
    "in³": "cubic inch", "mi²": "square mile", "sq mi": "square mile", "sq km": "square kilometer",
}  # fmt: skip
AREAS = {"km", "m", "cm", "mm", "mi", "ft", "in", "yd"}
GLUED_ONLY = {"in", "U", "A", "K", "B", "N", "J", "pt", "MP", "Mb", "Gb", "kb"}
"""Too ambiguous behind a blank: 5 in all, 5 A grades, 5 B roads. (`B`, `K` and `A` also glued.)"""
_NEVER_BARE = {"A", "K", "B", "N", "J", "MP"}


def _forms() -> dict[str, tuple[str, str]]:
    forms = dict(_WHOLE)
    for sign, name in _REGULAR.items():
        one, _, many = name.partition("/")
        forms[sign] = (one, many or f"{one}s")
        if sign in AREAS:
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


FORMS = _forms()


def alternatives(signs: set[str]) -> str:
    """Regular expression of the signs, the longest first."""
    return "|".join(re.escape(sign) for sign in sorted(signs, key=len, reverse=True))


CAPITALS = {
    unit.upper(): unit
    for unit in listed(
        "km cm mm kg mg lb lbs oz ml ft mph kph kmh kwh mbps gbps kbps kcal tbsp tsp hrs mins rpm bpm fps hz khz mhz ghz"
    )
} | {
    "Kg": "kg",
    "KMs": "km",
    "kms": "km",
    "Kms": "km",
    "Km": "km",
    "gms": "g",
    "grams": "g",
    "Lbs": "lbs",
    "kwh": "kWh",
    "mhz": "MHz",
    "ghz": "GHz",
    "hz": "Hz",
    "khz": "kHz",
    "mbps": "Mbps",
    "gbps": "Gbps",
    "Kbps": "kbps",
    "gb": "GB",
    "mb": "MB",
    "tb": "TB",
    "Kcal": "kcal",
    "Mph": "mph",
    "Mins": "mins",
    "Hrs": "hrs",
    "KHz": "kHz",
    "KW": "kW",
    "KWh": "kWh",
    "kw": "kW",
    "Ml": "mL",
    "Tbsp": "tbsp",
    "Tsp": "tsp",
    "Oz": "oz",
    "Lb": "lb",
}
"""Units as people type them."""

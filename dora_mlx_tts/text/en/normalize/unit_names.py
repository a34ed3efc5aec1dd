"""Names of units of measure by the signs they are written with."""

from __future__ import annotations

import re
from functools import lru_cache

from dora_mlx_tts.text.en.words import listed

Forms = tuple[str, str]
"""Name of one and name of many."""

_PREFIXES = {
    "f": "femto", "p": "pico", "n": "nano", "μ": "micro", "u": "micro", "m": "milli", "c": "centi", "d": "deci",
    "h": "hecto", "k": "kilo", "K": "kilo", "M": "mega", "G": "giga", "T": "tera", "P": "peta", "E": "exa",
}  # fmt: skip
_WITH_PREFIXES = """
m fpnμmcdk meter
g pnμumcdk gram
s fpnμum second
l nμumcdhk liter
L nμumcdhkG liter
W nμmkMGT watt
Wh mkMGT watt hour
J nμmkMGT joule
V nμumkMG volt
A pnμumk ampere
Ah mk ampere hour
Hz mkMGTP hertz/hertz
Pa mhkMGT pascal
N nμmk newton
F pnμum farad
H nμum henry/henries
S nμm siemens/siemens
C nμm coulomb
T nμm tesla
Wb mμ weber
Ω μmkG ohm
B kKMGTPE byte
b kKMGTP bit
bit kKMGTP bit
bps kKMGTP bit per second/bits per second
eV mkMGTP electron volt
mol fpnμumk mole
M npμum molar/molar
Bq kMGT becquerel
Gy cmμ gray
Sv mμn sievert
Ci mμn curie
cal kM calorie
bar m bar/bar
Da kM dalton
bp kMG base pair
pc kMG parsec
Osm m osmole
Eq mμ equivalent
IU mμkM I U/I U
U mk unit
VA kM volt ampere
lm k lumen
lx k lux/lux
cd m candela
K mμn kelvin/kelvin
FLOPS kMGTPE flop
FLOPs kMGTPE flop
Ohm kM ohm
ohm kM ohm
px M pixel
t MG ton
"""
"""A unit a line: sign, prefixes that it is written with, name of one and (unless it ends in s) of many."""
_PLAIN = {
    "mi": "mile", "yd": "yard", "yds": "yard", "ft": "foot/feet", "in": "inch/inches", "lb": "pound", "lbs": "pound", "oz": "ounce",
    "gal": "gallon", "gals": "gallon", "qt": "quart", "qts": "quart", "tbsp": "tablespoon", "tbsps": "tablespoon", "tbs": "tablespoon", "tsp": "teaspoon", "tsps": "teaspoon",
    "fl oz": "fluid ounce", "h": "hour", "hr": "hour", "hrs": "hour", "min": "minute", "mins": "minute", "sec": "second", "secs": "second",
    "msec": "millisecond", "msecs": "millisecond", "usec": "microsecond", "yr": "year", "yrs": "year", "mo": "month", "mos": "month", "wk": "week", "wks": "week", "qtr": "quarter", "qtrs": "quarter",
    "mcg": "microgram", "cc": "C C/C C", "mcL": "microliter", "gsm": "gram per square meter/grams per square meter", "dB": "decibel", "db": "decibel", "dBA": "decibel", "dBm": "D B M/D B M", "dBi": "D B I/D B I",
    "Ki": "kibibyte", "Mi": "mebibyte", "Gi": "gibibyte", "Ti": "tebibyte", "sts": "stitch/stitches", "au": "A U/A U", "ov": "over", "ctn": "carton", "shs": "share", "RM": "rep max/rep max", "hPa": "hectopascal", "KiB": "kibibyte", "MiB": "mebibyte", "GiB": "gibibyte", "TiB": "tebibyte", "PiB": "pebibyte", "ha": "hectare", "ac": "acre", "pt": "point/point", "pts": "point", "pcs": "piece", "pc": "piece",
    "kΩ": "kiloohm", "MΩ": "megohm", "kn": "knot", "kt": "knot", "kts": "knot", "nmi": "nautical mile", "NM": "nautical mile", "A": "amp", "amp": "amp", "amps": "amp", "hp": "horsepower/horsepower", "bhp": "brake horsepower/brake horsepower",
    "psi": "P S I/P S I", "psf": "pound per square foot/pounds per square foot", "bbl": "barrel", "bbls": "barrel", "bu": "bushel", "pk": "pack", "pkts": "packet", "dz": "dozen/dozen", "doz": "dozen/dozen", "cwt": "hundredweight/hundredweight",
    "mmHg": "millimeter of mercury/millimeters of mercury", "inHg": "inch of mercury/inches of mercury", "cmH2O": "centimeter of water/centimeters of water", "cmH₂O": "centimeter of water/centimeters of water",
    "lbf": "pound force/pounds force", "ly": "light-year", "AU": "A U/A U", "nit": "nit", "nits": "nit", "cals": "calorie", "Cal": "calorie", "Cals": "calorie",
    "BTU": "B T U", "BTUs": "B T U", "Btu": "B T U", "cfm": "cubic foot per minute/cubic feet per minute", "CFM": "cubic foot per minute/cubic feet per minute", "gpm": "gallon per minute/gallons per minute", "GPM": "gallon per minute/gallons per minute",
    "gpf": "gallon per flush/gallons per flush", "fpm": "foot per minute/feet per minute", "rad": "radian", "deg": "degree", "kgs": "kilogram", "kms": "kilometer", "mls": "milliliter", "gms": "gram", "grams": "gram",
    "ppg": "point per game/points per game", "rpg": "rebound per game/rebounds per game", "apg": "assist per game/assists per game", "bd": "bedroom", "ba": "bath", "BR": "bedroom", "BA": "bath", "wpm": "word per minute/words per minute", "spm": "step per minute/steps per minute", "kips": "kip", "MP": "megapixel", "pp": "percentage point", "bps": "basis point", "bp": "basis point", "ppi": "pixel per inch/pixels per inch", "lpi": "line per inch/lines per inch", "sf": "square foot/square feet", "sqft": "square foot/square feet", "sqm": "square meter", "sqmi": "square mile",
    "sqkm": "square kilometer", "cuft": "cubic foot/cubic feet", "mpg": "mile per gallon/miles per gallon", "mph": "mile per hour/miles per hour", "MPH": "mile per hour/miles per hour", "kph": "kilometer per hour/kilometers per hour", "kmh": "kilometer per hour/kilometers per hour", "kmph": "kilometer per hour/kilometers per hour", "atm": "atmosphere",
    "rpm": "revolution per minute/revolutions per minute", "bpm": "beat per minute/beats per minute", "fps": "frame per second/frames per second", "dpi": "dot per inch/dots per inch", "ppm": "part per million/parts per million",
    "ppb": "part per billion/parts per billion", "ppt": "part per trillion/parts per trillion", "%": "percent/percent", "‰": "per mille/per mille", "°": "degree", "mIU": "milli I U/milli I U", "kya": "thousand years ago/thousand years ago", "mya": "million years ago/million years ago", "Mya": "million years ago/million years ago", "bya": "billion years ago/billion years ago", "Myr": "million years/million years", "Gyr": "billion years/billion years",
    "°C": "degree celsius/degrees celsius", "°F": "degree fahrenheit/degrees fahrenheit", "°K": "degree kelvin/degrees kelvin", "°N": "degree north/degrees north", "°S": "degree south/degrees south", "°E": "degree east/degrees east", "°W": "degree west/degrees west",
    "kn·m": "kilonewton meter", "em": "em", "ems": "em", "rem": "rem", "vh": "V H/V H", "vw": "V W/V W", "kWp": "kilowatt peak/kilowatts peak", "MWp": "megawatt peak/megawatts peak", "tCO2": "ton of C O two/tons of C O two",
}  # fmt: skip
PER = {
    "h": "hour", "hr": "hour", "s": "second", "sec": "second", "min": "minute", "day": "day",
    "d": "day", "week": "week", "month": "month", "mo": "month", "year": "year", "yr": "year", "qtr": "quarter",
    "m": "meter", "m²": "square meter", "m2": "square meter", "m³": "cubic meter",
    "m3": "cubic meter", "s²": "second squared", "s2": "second squared", "s^2": "second squared", "kg": "kilogram",
    "g": "gram", "L": "liter", "l": "liter", "dL": "deciliter", "dl": "deciliter", "ml": "milliliter", "μL": "microliter", "mcL": "microliter",
    "km": "kilometer", "mi": "mile", "gal": "gallon", "wk": "week", "qt": "quart", "oz": "ounce", "ft": "foot",
    "ft²": "square foot", "ft2": "square foot", "sq ft": "square foot", "sqft": "square foot", "sf": "square foot", "sqm": "square meter", "in": "inch",
    "kWh": "kilowatt hour", "MWh": "megawatt hour", "GB": "gigabyte", "MB": "megabyte", "TB": "terabyte",
    "hrs": "hour", "mg": "milligram", "cm": "centimeter", "mol": "mole", "K": "kelvin", "bbl": "barrel",
    "ton": "ton", "pp": "person", "ea": "each", "lbs": "pound", "mL": "milliliter", "W": "watt", "V": "volt",
    "pg": "page", "nt": "night", "hour": "hour", "minute": "minute", "second": "second", "person": "person",
    "night": "night", "mile": "mile", "lb": "pound", "cm²": "square centimeter", "cm³": "cubic centimeter", "cm3": "cubic centimeter", "mm²": "square millimeter",
    "mm³": "cubic millimeter", "km²": "square kilometer", "km2": "square kilometer", "ft³": "cubic foot", "in²": "square inch",
    "in³": "cubic inch", "mi²": "square mile", "sq mi": "square mile", "sq km": "square kilometer", "sq in": "square inch", "sq m": "square meter",
    "SF": "square foot", "RSF": "square foot", "Mpc": "megaparsec", "kpc": "kiloparsec", "yd": "yard", "acre": "acre", "ac": "acre", "ha": "hectare", "doz": "dozen", "dz": "dozen", "pt": "pint", "tsp": "teaspoon", "tbsp": "tablespoon",
}  # fmt: skip
AREAS = {"km", "m", "cm", "mm", "mi", "ft", "in", "yd", "μm", "nm", "dm"}
"""Lengths, of which squares and cubes are measures."""
GLUED_ONLY = frozenset(
    listed(
        "in BR BA bd ba U Ki Mi Gi Ti RM A K B N J pt MP Mb Gb kb Kb Tb Pb ps pg pl nl fm fs NM b C F H M S T VA t"
    )
)
"""Too ambiguous behind a blank: 5 in all, 5 A grades, 5 B roads."""
NEVER_BARE = frozenset(listed("A K B N J MP C F H M S T b t"))
"""Glued they are something else, too; with a unit behind a slash, or the right words around, they are units."""


def _forms() -> dict[str, Forms]:
    forms: dict[str, Forms] = {}
    for line in _WITH_PREFIXES.strip().splitlines():
        sign, prefixes, name = re.split(r" ", line, maxsplit=2)
        for prefix in ("", *prefixes):
            scale = _PREFIXES.get(prefix, "")
            apart = " " if scale and name.startswith(("electron", "I U")) else ""
            forms[prefix + sign] = _pair(name, scale + apart)
    forms |= {sign: _pair(name) for sign, name in _PLAIN.items()}
    return forms


def _pair(name: str, prefix: str = "") -> Forms:
    one, _, many = name.partition("/")
    return prefix + one, prefix + (many or f"{one}s")


FORMS = _forms()
del FORMS["bit"]  # 16 bit audio
CAPITALS = {
    unit.upper(): unit
    for unit in listed(
        "km cm mm kg mg lb lbs oz ml ft mph kph kmh kwh mbps gbps kbps kcal tbsp tsp hrs mins rpm bpm fps hz khz mhz ghz gal qt yd mcg psi mmhg dpi"
    )
} | {
    "Kg": "kg", "Kgs": "kgs", "KMs": "km", "Kms": "km", "Km": "km", "Lbs": "lbs", "kwh": "kWh", "KWh": "kWh", "Kwh": "kWh", "mwh": "MWh", "mhz": "MHz", "ghz": "GHz",
    "hz": "Hz", "khz": "kHz", "KHz": "kHz", "Khz": "kHz", "Mhz": "MHz", "Ghz": "GHz", "mbps": "Mbps", "gbps": "Gbps", "Kbps": "kbps", "KBps": "kbps", "gb": "GB", "mb": "MB", "tb": "TB",
    "Kcal": "kcal", "Mph": "mph", "Mins": "mins", "Hrs": "hrs", "Hr": "hr", "Min": "min", "Sec": "sec", "KW": "kW", "kw": "kW", "Ml": "mL", "mah": "mAh", "MAH": "mAh", "Tbsp": "tbsp", "Tbsps": "tbsps", "Tbs": "tbs", "TBS": "tbs", "Tsp": "tsp",
    "Tsps": "tsps", "Oz": "oz", "Lb": "lb", "MMHG": "mmHg", "Hp": "hp", "Gal": "gal", "Qt": "qt", "Pcs": "pcs", "PCS": "pcs", "Cc": "cc", "KWH": "kWh",
}  # fmt: skip
"""Units as people type them."""
_POWER = re.compile(r"(?:\^?([23])|([²³]))\Z")
_POWERS = {"2": "square", "²": "square", "3": "cubic", "³": "cubic"}


@lru_cache(maxsize=1024)
def names(sign: str) -> Forms | None:
    """Name of one and of many of the unit of a sign, `sq. ft.` and `N·m` included; None for what is no unit."""
    plain = sign.replace(".", "").replace("° ", "°")
    plain = CAPITALS.get(plain, plain)
    return FORMS.get(plain) or _area(plain) or _product(plain)


def _area(sign: str) -> Forms | None:
    """`sq ft`, `m²`, `cm^3`: a square or cubic length."""
    head, _, rest = sign.replace("-", " ").partition(" ")
    kinds = {"sq": "square", "cu": "cubic", "fl": "fluid"}
    kind, length = kinds.get(head.lower(), ""), CAPITALS.get(rest, rest)
    power = _POWER.search(sign)
    if power:
        kind, length = _POWERS[power[1] or power[2]], sign[: power.start()]
        length = CAPITALS.get(length, length)
    if not kind or length not in (AREAS if kind != "fluid" else {"oz"}):
        return None
    one, many = FORMS[length]
    return f"{kind} {one}", f"{kind} {many}"


def _product(sign: str) -> Forms | None:
    """`N·m` → newton meter, `ft-lb` → foot pound."""
    first, link, second = (
        re.split(r"([·*-])", sign, maxsplit=1) if re.search("[·*-]", sign) else ("", "", "")
    )
    if not link or first not in FORMS or second not in FORMS:
        return None
    if link == "-" and not {first, second} <= {"ft", "in", "lb", "lbs", "lbf", "oz"}:
        return None
    return f"{FORMS[first][0]} {FORMS[second][0]}", f"{FORMS[first][0]} {FORMS[second][1]}"


def per_name(sign: str) -> str | None:
    """What a unit is counted per: `s²` → second squared, `(kg·K)` → kilogram kelvin; None if it is no unit."""
    sign = sign.strip("()").replace(".", "")
    head, degree, scale = sign.partition("°")
    if degree:
        return f"{PER.get(head.strip('·⋅ '), '')} degree {'celsius' if scale == 'C' else 'fahrenheit'}".strip()
    known = PER.get(sign) or PER.get(CAPITALS.get(sign, sign))
    if known or len(sign) == 1:
        return known
    power = _POWER.search(sign)
    if power and sign[: power.start()] in {"s", "h", "sec"}:
        return f"{FORMS[sign[: power.start()]][0]} {'squared' if power.group() in {'²', '2', '^2'} else 'cubed'}"
    found = names(sign)
    if found:
        return found[0]
    parts = [PER.get(part) for part in re.split(r"[·* ]", sign)]
    return " ".join(part for part in parts if part) if len(parts) > 1 and all(parts) else None

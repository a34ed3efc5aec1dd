"""Units of measure behind numbers, glued or spaced, alone or per something."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import fraction, mixed, number
from dora_mlx_tts.text.en.normalize.patterns import (
    DASH,
    NOT_INSIDE,
    NUMBER,
    PART,
    Rule,
    alternatives,
    apply_rules,
    magnitude,
    spaced,
)
from dora_mlx_tts.text.en.normalize.rates import (
    ENDS_BEFORE,
    PER_SIGN,
    PER_UNIT,
    PER_WORD,
    RATES,
    per,
)
from dora_mlx_tts.text.en.normalize.short_units import SHORT_UNITS
from dora_mlx_tts.text.en.normalize.unit_context import (
    LETTER_UNITS,
    MEASURED_THINGS,
    NO_NOUNS,
    NOUN,
    RESULTS,
    second_meaning,
)
from dora_mlx_tts.text.en.normalize.unit_names import (
    AREAS,
    GLUED_ONLY,
    NEVER_BARE,
    names,
    per_name,
)
from dora_mlx_tts.text.patterns import expression

_SIGN = (
    r"(?:°\s?[CFKNSEW](?!\w)|[°%‰]|cmH[2₂]O|(?:(?:[Ss]q|[Cc]u|[Ff]l)\.?[ -]?)?[A-Za-zμΩÅ]{1,8}(?:[·*-][A-Za-zμ]{1,3})?"
    r"(?:[²³]|\^?[23](?!\d))?)"
)
"""What looks like the sign of a unit; `names` knows whether it is one."""
_UNIT = (
    rf"(?P<glue>\s?|-)(?P<unit>{_SIGN})"
    rf"(?P<slash>\.?\s?/\s?(?P<per>{PER_WORD}|{PER_UNIT}){ENDS_BEFORE}(?:\s?/\s?(?P<per2>{PER_SIGN}))?)?"
    rf"{ENDS_BEFORE}(?:\.(?=\s[a-z@&(+–—×÷=≈−-]|\s[NSEW]{{1,2}}\b|[,;)]))?"
)
_PER_WORD = expression(PER_WORD)
_SCALED = r"(?:\s(?P<scale>hundred|thousand|million|billion|trillion)|(?P<mag>[MBkK])(?=\s[a-z]))?"
_SIGNED = r"(?P<minus>(?<![\w)])[-−](?=[\d.]))?"
_MEASURE = expression(
    rf"{NOT_INSIDE}{_SIGNED}{NOT_INSIDE}(?<![A-Za-z])(?P<n>{PART}|{NUMBER})(?P<more>\+(?=\s?-?[A-Za-z]))?"
    rf"(?:(?P<sep>{DASH}|\s(?:{DASH}|to|or|and)\s|\s?(?:×|x|\*|±|\+/-)\s?|/)(?P<minus2>[-−])?(?P<second>{PART}|{NUMBER}))?{_SCALED}{_UNIT}"
)
_SAME = expression(
    rf"(?P<a>{NUMBER})\s?(?P<unit>%|°\s?[CF]|°|[A-Za-z]{{1,3}}²?)(?P<sep>\s?[-–—~]\s?)(?=[-−]?{NUMBER}\s?(?P=unit)(?![A-Za-z\d]))"
)
_SHORT_MAGNITUDES = expression(
    rf"{NOT_INSIDE}(?P<a>{NUMBER})(?P<m>[kKMB])\s?[-–—~]\s?(?=(?:{NUMBER})(?P=m)\b)"
)
_RELATION = expression(
    rf"(?<![\d)] )(?<!\b[A-Za-z] )(?<![\w.)])(?P<sign>[~≈<>≤≥]|<=|>=)\s?(?=[-−]?(?:{NUMBER})\s?(?:%|°|[A-Za-z]))|(?<![\w.)+])(?P<plus>\+)(?={NUMBER})"
)
_RELATIONS = {
    "~": "about", "≈": "about", "<": "less than", ">": "more than", "≤": "at most", "<=": "at most",
    "≥": "at least", ">=": "at least", "+": "plus",
}  # fmt: skip
_FAHRENHEIT = expression(
    r"(?<![\w.,$])(-?\d{2,3})(?:(?P<dash>\s?[-–]\s?|\sto\s)(\d{2,3}))?\s?(?P<u>[FC])\b(?!['.#&+-]\w|\+|#|\s?[#+])"
)
_OVEN = expression(
    r"(?i)\b(?:oven|preheat|bake|roast|degrees?|temperatures?|temp|heat|hot|cold|warm|cool|weather|outside|high|low|fever|boil|freez|mins?|minutes)\w*|\d{3}F"
)
_AFTER_POWER = expression(
    rf"(?P<lead>\bten to the (?:minus )?[a-z-]{{3,20}}\s)(?P<unit>{_SIGN})(?:\s?/\s?(?P<per>{PER_SIGN}))?{ENDS_BEFORE}"
)
_PER_HUNDRED = expression(
    r"(?<=[\d\s])(?P<unit>[A-Za-zμ]{1,5})\s?/\s?(?=\d{1,4}(?:,000)?\s?(?:km|mi|miles|g|mg|ml|mL|dL|L|kg|oz|lbs?|gal|m²|sq\.? ft|ft²)\b)"
)
_BARE_PER = expression(
    rf"{NOT_INSIDE}(?<![A-Za-z])(?P<n>{NUMBER})(?P<mag>[KMBk])?/(?P<per>{PER_SIGN}|{PER_WORD}){ENDS_BEFORE}"
)
_SIDES = expression(
    rf"{NOT_INSIDE}({NUMBER}\s?(?:ft|in|cm|mm|yd|{alternatives(AREAS)}))\s?[x×*]\s?(?={NUMBER}\s?(?:ft|in|cm|mm|yd|{alternatives(AREAS)})\b)"
)
_THREE_SIDES = expression(
    rf"{NOT_INSIDE}{NUMBER}\s?[x×]\s?{NUMBER}\s?[x×]\s?{NUMBER}(?!\s?[=x×]|\w*\^)(?=[\s\"',.;)]|[a-z]{{2}}\b|\Z)"
)
_WORDED_SIDES = expression(
    rf"{NOT_INSIDE}({NUMBER})\s?[x×*]\s?(?={NUMBER}(?:\s?[x×*]\s?{NUMBER})?[ -](?:inch|inches|foot|feet|yard|yards|meter|meters|mile|miles|centimeters?|millimeters?|pixels?)\b)"
)
_PACKS = expression(
    rf"(?<![\w.,$])([1-9]\d?)\s?[x×]\s?(?={NUMBER}[ -]?(?P<unit>[A-Za-z]{{1,5}})\s[a-z]{{3,14}}s\b)"
)
"""`4 x 100g portions` are four portions of a hundred grams."""
_SECOND_PER = expression(
    r"(?<=foot|gram|iter|mile|rson|unit|user|acre|hour|seat|oney)/(yr|mo|month|year|day|hr|wk|night|week)\b(?:\.(?=\s[a-z]|[,;]))?"
)
"""What is counted per two things: a square foot and a year."""
_PRICE_PER = expression(
    rf"\b(dollars?|cents?|euros?|pounds?|pence|yen|yuan|won|rupees?|percent)\s?/\s?({PER_SIGN}|{PER_WORD})(?![A-Za-z\d²³])(?:\.(?=\s[a-z]|[,;]))?"
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
    unit = match["unit"]
    found = second_meaning(match.string, unit) or names(unit)
    if found is None or not _is_unit(match, unit):
        return None
    scale = magnitude(match["scale"] or match["mag"])
    if scale and len(unit) == 1 and not _is_letter_unit(match.string, unit):
        # three million m: of what, is not known
        return None
    one, many = found
    quantity, single = _quantity(match)
    is_one = (single and not scale) or match["glue"] == "-" or _is_attribute(match, unit)
    words = f"{quantity}{scale} {one if is_one else many}{_per(match)}"
    return spaced(match, words)


_RESULT = expression(r"(?:[=≈]|equals)\s?\Z")
_ARTICLE = expression(r"(?:^|\W)(?:an?|no|another)\s\Z|(?:^|[.?!]\s)(?:An?|No|Another)\s\Z")
_MAGNITUDES = frozenset("KBMTbt")


def _is_letter_unit(text: str, unit: str) -> bool:
    return unit in LETTER_UNITS and LETTER_UNITS[unit].search(text) is not None


def _is_unit(match: re.Match[str], unit: str) -> bool:
    """Whether a sign that may be a letter or a word as well is a unit here."""
    is_rate = bool(match["per"]) and unit not in _MAGNITUDES and per_name(match["per"]) is not None
    if (
        match["glue"] == "-"
        and not unit.replace(" ", "").replace("-", "").replace(".", "").isalpha()
    ):
        return False
    if unit == "K" and match["n"] in {"2", "4", "5", "8"}:  # of a screen
        return False
    if _is_letter_unit(match.string, unit):
        return match["glue"] != "-"
    if unit in RESULTS and _RESULT.search(match.string, max(0, match.start() - 8), match.start()):
        return True
    doubtful = NEVER_BARE if match["glue"] == "" else GLUED_ONLY
    return is_rate or unit not in doubtful


def _per(match: re.Match[str]) -> str:
    """What follows the slash, in words; as it stands, if that is no unit."""
    sign = match["per"]
    if sign is None:
        return ""
    known = per_name(sign) or (sign if _PER_WORD.fullmatch(sign) else None)
    return f" per {known}{per(match['per2'])}" if known else match["slash"]


def _is_attribute(match: re.Match[str], unit: str) -> bool:
    """`a 10 km run` is a ten kilometer run."""
    if (not unit.strip("°²³ ").isalpha() and unit != "°") or match["per"]:
        return False
    before = _OTHER_MEASURE.sub("", match.string[max(0, match.start() - AROUND) : match.start()])
    after = match.string[match.end() : match.end() + 16]
    if _SMALLER_UNIT.match(after):
        return False
    if unit in {"BR", "bd"}:  # a 2BR/1BA
        return _ARTICLE.search(before) is not None
    noun = NOUN.match(after)
    if noun is None:
        return False
    if noun[1].endswith("s") and _COUNT_BEFORE.search(before):
        return noun[1] not in NO_NOUNS
    article = _ARTICLE.search(before)
    return noun[1] in MEASURED_THINGS if not article else noun[1] not in NO_NOUNS


_OTHER_MEASURE = expression(r"(?<=\s)\d[\d.,]{0,6} ?[A-Za-z]{1,4} \(\Z")
"""`a 22 lb (10 kg) child`: the same in another unit."""
_SMALLER_UNIT = expression(r"\s\d{1,2}(?:\.\d{1,2})?\s?(?:oz|in|min|sec|s|cm|mm|g)\b")
"""`4 lb 6 oz`: a measure in two units."""
AROUND = 24
"""Characters before a measure that may hold a count."""
_COUNT_BEFORE = expression(
    r"(?i)(?:^|[^\w.])(?:\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|few|some)\s\(?\Z"
)


def _quantity(match: re.Match[str]) -> tuple[str, bool]:
    """The number or numbers in front of a unit, and whether the unit is in the singular."""
    first, second = match["n"], match["second"]
    sign = "negative " if match["minus"] else ""
    if not second:
        more = " plus" if match["more"] else ""
        return sign + _count(first) + more, _is_single(first) and not more
    minus = "negative " if match["minus2"] else ""
    link = _LINKS.get(match["sep"].strip(), " to ")
    is_share = "/" in second and " " not in second
    return f"{sign}{_count(first)}{link}{minus}{_count(second)}", is_share


def _count(figures: str) -> str:
    """A number, a fraction or both: `1 1/2`; `118/76` is a pair."""
    whole, _, part = figures.rpartition(" " if " " in figures else "-")
    first, slash, second = part.partition("/")
    if not slash:
        return number(figures)
    if not _is_fraction(first, second):
        return f"{number(first)} over {number(second)}"
    return mixed(whole, int(first), int(second)) if whole else fraction(int(first), int(second))


def _is_single(figures: str) -> bool:
    """Whether it is followed by a unit in the singular: 1 and shares of one."""
    first, slash, second = figures.partition("/")
    is_share = slash and first.isdecimal() and int(first) < int(second)
    return figures in {"1", "1.0"} or bool(is_share)


def _is_fraction(first: str, second: str) -> bool:
    return 0 < int(first) < int(second)


def _degrees(match: re.Match[str]) -> str | None:
    """`350 F`, where a temperature is meant."""
    around = match.string[max(0, match.start() - 60) : match.end() + 40]
    if not _OVEN.search(around):
        return None
    return f"{match[1]}{match['dash'] or ''}{match[3] or ''}°{match['u']}"


def _relation(match: re.Match[str]) -> str:
    return f"{_RELATIONS[match['sign'] or match['plus']]} "


def _same(match: re.Match[str]) -> str | None:
    """`10%-15%` → 10 to 15%."""
    unit = match["unit"].replace(" ", "")
    return f"{match['a']} to " if names(unit) else None


def _after_power(match: re.Match[str]) -> str | None:
    """`ten to the third kg` → ten to the third kilograms."""
    found = names(match["unit"])
    return f"{match['lead']}{found[1]}{per(match['per'])}" if found else None


def _is_counted(match: re.Match[str]) -> bool:
    return match["unit"] in {"L", "miles"} or names(match["unit"]) is not None


def _is_pack(unit: str) -> bool:
    return names(unit) is not None and unit not in AREAS


_RULES = (
    *RATES,
    *SHORT_UNITS,
    Rule(_FAHRENHEIT, _degrees, "FC"),
    Rule(_RELATION, _relation, "~≈<>≤≥+"),
    Rule(_SAME, _same, "-–—~"),
    Rule(_SHORT_MAGNITUDES, r"\g<a> to ", "-–—~"),
    Rule(_PER_HUNDRED, lambda m: f"{m['unit']} per " if _is_counted(m) else None, "/"),
    Rule(_PACKS, lambda m: f"{number(m[1])} " if _is_pack(m["unit"]) else None, "x×"),
    Rule(_THREE_SIDES, lambda m: re.sub(r"\s?[x×]\s?", " by ", m.group()), "x×"),
    Rule(_WORDED_SIDES, r"\1 by ", "x×*"),
    Rule(_SIDES, r"\1 by ", "x×*"),
    Rule(_MEASURE, _measure),
    Rule(_AFTER_POWER, _after_power),
    Rule(_PRICE_PER, lambda m: f"{m[1]}{per(m[2])}", "/"),
    Rule(_SECOND_PER, lambda m: per(m[1]), "/"),
    Rule(_BARE_PER, lambda m: f"{number(m['n'])}{magnitude(m['mag'])}{per(m['per'])}", "/"),
)


def apply(text: AlignedText) -> AlignedText:
    """`60km/h` → sixty kilometers per hour, `-3 °C` → negative three degrees celsius."""
    return apply_rules(text, _RULES)

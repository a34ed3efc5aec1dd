"""Units of measure behind numbers, glued or spaced, alone or per something."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import fraction, number
from dora_mlx_tts.text.en.normalize.patterns import (
    DASH,
    NOT_INSIDE,
    NUMBER,
    Rule,
    apply_rules,
    magnitude,
    spaced,
)
from dora_mlx_tts.text.en.normalize.unit_names import (
    AREAS,
    CAPITALS,
    FORMS,
    GLUED_ONLY,
    PER,
    alternatives,
)
from dora_mlx_tts.text.en.words import word_set

LONGEST_PART = 3
"""Figures of a numerator or denominator."""
_PER_SIGN = alternatives(set(PER))
_PER_WORD = r"(?!zero|one|two|three|four|five|six|seven|eight|nine|oh)[a-z]{3,12}"
_ENDS_BEFORE = r"(?![A-Za-z\d²³]|-[A-Za-z]|\.[A-Za-z])"
_UNIT = (
    rf"(?P<glue>\s?|-)(?P<unit>{alternatives(set(FORMS) | set(CAPITALS))})"
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
_SHORT_MAGNITUDES = re.compile(
    rf"{NOT_INSIDE}(?P<a>{NUMBER})(?P<m>[kKMB])\s?[-–—~]\s?(?=(?:{NUMBER})(?P=m)\b)"
)
_RELATION = re.compile(
    rf"(?<![\d)] )(?<![\w.)])(?P<sign>[~≈<>≤≥]|<=|>=)\s?(?=[-−]?(?:{NUMBER})\s?(?:%|°|[A-Za-z]))|(?<![\w.)+])(?P<plus>\+)(?={NUMBER})"
)
_RELATIONS = {
    "~": "about", "≈": "about", "<": "less than", ">": "more than", "≤": "at most", "<=": "at most",
    "≥": "at least", ">=": "at least", "+": "plus",
}  # fmt: skip
_FAHRENHEIT = re.compile(
    r"(?<![\w.,$])(-?\d{2,3})(?:(?P<dash>\s?[-–]\s?|\sto\s)(\d{2,3}))?\s?(?P<u>[FC])\b(?!['.#&+-]\w|\+|#|\s?[#+])"
)
_OVEN = re.compile(
    r"(?i)\b(?:oven|preheat|bake|roast|degrees?|temperatures?|temp|heat|hot|cold|warm|cool|weather|outside|high|low|fever|boil|freez)\w*"
)
_AFTER_POWER = re.compile(
    rf"(?P<lead>\bten to the (?:minus )?[a-z-]{{3,20}}\s)(?P<unit>{alternatives(set(FORMS))})(?:\s?/\s?(?P<per>{_PER_SIGN}))?{_ENDS_BEFORE}"
)
_BARE_PER = re.compile(
    rf"{NOT_INSIDE}(?<![A-Za-z])(?P<n>{NUMBER})/(?P<per>{_PER_SIGN}|{_PER_WORD}){_ENDS_BEFORE}"
)
_SIDES = re.compile(
    rf"{NOT_INSIDE}({NUMBER}\s?(?:{alternatives(AREAS)}))\s?[x×*]\s?(?={NUMBER}\s?(?:{alternatives(AREAS)})\b)"
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
    unit = CAPITALS.get(written, written)
    if unit in GLUED_ONLY and match["glue"]:
        return None
    if match["glue"] == "-" and not unit.isalpha():
        return None
    scale = magnitude(match["scale"] or match["mag"])
    if scale and len(unit) == 1:  # three million m: of what, is not known
        return None
    one, many = FORMS[unit]
    quantity, single = _quantity(match)
    is_one = (single and not scale) or match["glue"] == "-" or _is_attribute(match, unit)
    words = f"{quantity}{scale} {one if is_one else many}{_per(match['per'])}{_per(match['per2'])}"
    return spaced(match, words)


def _per(sign: str | None) -> str:
    return f" per {PER.get(sign, sign)}" if sign else ""


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
_NO_NOUNS = word_set(
    "of in to from for and or per at on is was away long wide tall high deep less more with into by off "
    "above below apart before after each every"
)


def _quantity(match: re.Match[str]) -> tuple[str, bool]:
    """The number or numbers in front of a unit, and whether the unit is in the singular."""
    first, second = match["n"], match["second"]
    sign = "negative " if match["minus"] else ""
    if not second:
        return sign + number(first), first in {"1", "1.0"}
    if match["sep"] == "/" and _is_fraction(first, second):
        part = fraction(int(first), int(second))
        mixed = match.string[: match.start()][-2:-1].isdecimal()
        return (f"and {part}" if mixed else sign + part), not mixed
    minus = "negative " if match["minus2"] else ""
    link = _LINKS.get(match["sep"].strip(), " to ")
    return f"{sign}{number(first)}{link}{minus}{number(second)}", False


def _is_fraction(first: str, second: str) -> bool:
    figures = (
        first.isdecimal() and second.isdecimal() and max(len(first), len(second)) <= LONGEST_PART
    )
    return figures and 0 < int(first) < int(second)


def _degrees(match: re.Match[str]) -> str | None:
    """`350 F`, where a temperature is meant."""
    around = match.string[max(0, match.start() - 60) : match.end() + 40]
    if not _OVEN.search(around):
        return None
    return f"{match[1]}{match['dash'] or ''}{match[3] or ''}°{match['u']}"


def _relation(match: re.Match[str]) -> str:
    return f"{_RELATIONS[match['sign'] or match['plus']]} "


_WORD_PER = re.compile(
    r"(?<=[a-z]{3})/(day|night|hr|hour|min|sec|wk|week|mo|month|yr|year|person|capita)\b"
)
_INCHES = re.compile(
    rf"(?<![\w.])({NUMBER}) in\.(?=\s?=|,? (?:long|wide|tall|high|thick|deep|of (?:rain|snow)|by|x|in diameter)\b)"
)


def _same(match: re.Match[str]) -> str | None:
    """`10%-15%` → 10 to 15%."""
    unit = match["unit"].replace(" ", "")
    known = unit in FORMS or unit in CAPITALS
    return f"{match['a']} to " if known else None


_RULES = (
    Rule(_INCHES, r"\1in", "i"),
    Rule(_WORD_PER, lambda m: _per(m[1]), "/"),
    Rule(_FAHRENHEIT, _degrees, "FC"),
    Rule(_RELATION, _relation, "~≈<>≤≥+"),
    Rule(_SAME, _same, "-–—~t"),
    Rule(_SHORT_MAGNITUDES, r"\g<a> to ", "-–—~"),
    Rule(_SIDES, r"\1 by ", "x×*"),
    Rule(_MEASURE, _measure),
    Rule(_AFTER_POWER, lambda m: f"{m['lead']}{FORMS[m['unit']][1]}{_per(m['per'])}"),
    Rule(_PRICE_PER, lambda m: f"{m[1]}{_per(m[2])}", "/"),
    Rule(_BARE_PER, lambda m: f"{number(m['n'])}{_per(m['per'])}", "/"),
)


def apply(text: AlignedText) -> AlignedText:
    """`60km/h` → sixty kilometers per hour, `-3 °C` → negative three degrees celsius."""
    return apply_rules(text, _RULES)

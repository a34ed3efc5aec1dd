"""Dates, years, decades."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.months import MONTH, MONTHS, month_name
from dora_mlx_tts.text.en.normalize.numbers import cardinal, named, ordinal, plural, year
from dora_mlx_tts.text.en.normalize.patterns import DASH, Rule, apply_rules, spaced
from dora_mlx_tts.text.patterns import expression

_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_SUFFIX = r"(?:st|nd|rd|th)?"
_NO_MORE = r"(?!\w|[.,:/]\d|-\w|\s?%)"
_YEAR_FIRST = expression(
    r"(?<![\d./-])(?P<y>[12]\d{3})(?P<sep>[-/.])(?P<m>0?[1-9]|1[0-2])(?P=sep)"
    r"(?P<d>0?[1-9]|[12]\d|3[01])(?:T(?=\d\d:)|(?![\d/-]|\.\d))"
)
_YEAR_LAST = expression(
    r"(?<![\d./-])(?P<a>0?[1-9]|[12]\d|3[01])(?P<sep>[-/.])(?P<b>0?[1-9]|[12]\d|3[01])(?P=sep)"
    r"(?P<y>[12]\d{3}|(?<=/)\d\d)(?![\d/-]|\.\d)"
)
_MONTH_DAY = expression(
    rf"(?<![\w.'-])(?P<month>{MONTH})\b\.?(?P<sep>\s|-)(?P<a>{_DAY}){_SUFFIX}"
    rf"(?:\s?{DASH}\s?(?P<b>{_DAY}){_SUFFIX}|-(?P<y>[12]\d{{3}}))?{_NO_MORE}",
    re.IGNORECASE,
)
_DAY_MONTH = expression(
    rf"(?<![\w.:/$€£#-])(?P<the>the )?(?:(?P<a>{_DAY}){_SUFFIX}\s?(?P<to>{DASH}|to|and)\s?)?(?P<b>{_DAY})(?P<suffix>{_SUFFIX})"
    rf"(?P<sep>\s(?:of\s)?|-)(?P<month>{MONTH})\b(?P<dot>\.)?(?:-(?P<y>[12]\d{{3}}|\d\d))?(?![\w'-])",
    re.IGNORECASE,
)
_EUROPEAN_DAY = expression(
    r"(?<=[a-z] )(?P<d>0?[1-9]|[12]\d|3[01])\.(?P<m>0?[1-9]|1[0-2])\.(?=\s[a-z]|[,;)])"
)
_SPAN = expression(
    r"(?P<day>/\d{2,4}|(?<!\d)[12]\d{3}-\d\d-\d\d)(?:\s?[–—~]\s?|\s-\s|(?<=/\d{4})-)(?=\d{1,2}/\d{1,2}\b|[12]\d{3}-\d\d-\d\d\b)"
)
_UNLIKELY = frozenset({"may", "march", "mar", "sep", "dec", "jan", "jun"})
"""In small letters these are also words or names; a year or a word around must say that it is a month."""
_MEASURED = expression(
    r"\s(?:miles?|km|people|more|percent|years?|days?|hours?|minutes|times|points|of us|pages)\b"
)
_YEAR_AFTER = expression(r"\.?,?\s[12]\d{3}\b")
_CUE_BEFORE = expression(
    r"(?i)(?:\b(?:on|by|the|since|until|from|to|due|before|after|of|is|was|born)\s|^\W*)\Z"
)
_YEAR_MONTH = expression(r"(?<![\d./-])(?P<y>[12]\d{3})-(?P<m>0[1-9]|1[0-2])(?![\d/-]|\.\d)")
_MONTH_YEAR = expression(
    r"(?<![\w./:$€£-])(?P<m>0?[1-9]|1[0-2])/(?P<y>(?:19|20)\d\d)(?![\w/]|[.,]\d|\s?[=+*×÷])"
)
_YEARS = expression(
    rf"(?<![\d.,/-])([12]\d{{3}})(?:{DASH}|\s{DASH}\s)([12]\d{{3}}|\d\d)(?![\d/-]|[.,]\d|\s?(?:kg|km|g|lbs?|m|%)\b)"
)
_ERA = expression(
    r"(?<![\w.,$-])(?P<n>[1-9]\d{1,3})(?=\s(?:[AB]\.?\s?D\b|B\.?\s?C\b|BCE\b|CE\b|A\.\s?D|B\.\s?C))"
)
_ERA_BEFORE = expression(r"(?<=\bAD )[1-9]\d{1,2}\b(?![.,]\d)")
_DECADES = expression(
    rf"(?<![\w.,])(?P<a>'?(?:(?:1\d|20)\d0'?s?|\d0'?s))\s?{DASH}\s?(?P<b>'?(?:1\d|20)?\d0'?s)\b"
)
_MATURITIES = expression(r"(?<![\w.])([1-9]|[1-3]0)s([1-9]|[1-3]0)s\b")
"""The spread between bonds of two terms: 2s10s."""
_SPACED_DECADE = expression(r"(?<![\d.,])((?:1[5-9]|20)\d0) s\b(?=\s|[.,;!?]|\Z)")
_DECADE = expression(r"(?<![\w.,])'?([12]\d)?(\d0)'?s\b")
_FIGURES = expression(
    r"\b(?P<n>two|three|four|five|six|seven|eight|nine|ten|count by|counts by|counting by) (?P<f>\d0?|\d5)s\b"
)
_NAMES_IN_PLURAL = expression(
    r"(?<=[A-Za-z]-)(\d{1,3})s\b|(?<=\bV)(\d{1,2})s\b|(?<=\b[A-Z]{2})(\d{1,4})s\b|(?<=\b[A-Z]{3})(\d{1,4})s\b|(?<=\b[A-HJ-Z])(\d{2,4})s\b|(?<=Boeing )(7\d7)s\b|(?<=vi's )(5\d\d)s\b|(?<=[a-z]{2} )([1-9]0[1-9])s\b|(?<![\w.,$-])(1099|40[1-9]|50[1-4]|42[29]|30[1-8]|7[0-8]7|[1-9]\d\d[1-9])s\b"
)
_DECADE_BEFORE = expression(
    r"(?:\b(?:the|early|mid|late|low|high|upper|lower|his|her|their|my|our|your|roaring|swinging)[ -]|')\Z",
    re.IGNORECASE,
)
_THREES = expression(
    r"(?:(?<=[a-z] )|(?<=[\d)] ))3s\b(?! (?:later|ago|left|delay|timeout|video|pause|rest|hold|clip)\b)"
)
_BASKETBALL = expression(
    r"(?i)\b(?:shot|shots|shooting|shooters?|NBA|basketball|rebounds?|back-to-back|buckets?|three-point|hit \d+|made \d+|up \d+[-–]\d+|from deep)\b"
)
_MANY = expression(r"(?<![\w.,$])(10|100|1,?000|10,?000|100,?000)s(?= of\b)")
_MANY_NAMES = {
    "10": "tens",
    "100": "hundreds",
    "1000": "thousands",
    "10000": "tens of thousands",
    "100000": "hundreds of thousands",
}
_TEAM = expression(r"(?<![\w.,])(\d{2})ers\b")
_SHORT_YEAR = expression(r"(?:(?<![\w'])|(?<=\bQ[1-4])|(?<=\bFY))'(\d\d)(?![\w'])")
LAST_MONTH = 12
PIVOT = 50
"""Two figures from here on are a year of the twentieth century."""


def month_day(month: int, day: int) -> str:
    """`5`, `12` → May twelfth."""
    return f"{MONTHS[month - 1]} {ordinal(day)}"


def _spoken(month: int, day: int, year_figures: str) -> str:
    number = int(year_figures)
    if len(year_figures) <= 2:  # noqa: PLR2004 (24 stands for 2024)
        number += 2000 if number < PIVOT else 1900
    return f"{month_day(month, day)}, {_year(number)}"


def _year(number: int) -> str:
    return cardinal(number) if number == 1000 else year(number)  # noqa: PLR2004 (ten hundred is not said)


def _european_day(match: re.Match[str]) -> str | None:
    """`on 14.11. and` → on the fourteenth of November and."""
    if _CUE_BEFORE.search(match.string[max(0, match.start() - 12) : match.start()]) is None:
        return None
    return f"the {ordinal(int(match['d']))} of {MONTHS[int(match['m']) - 1]}"


def _year_first(match: re.Match[str]) -> str:
    words = _spoken(int(match["m"]), int(match["d"]), match["y"])
    return f"{words} at " if match.group().endswith("T") else words


_PAST = expression(
    r"(?i)\b(?:was|were|born|died|D-Day|V-[EJ]|WWII|World War|attacks?|signed|invaded|surrendered|landed)\b"
)
_LATEST_YEAR = 30
"""Two figures up to here are likely a year of this century, in a text that speaks of the past."""


def _year_last(match: re.Match[str]) -> str | None:
    """Month first where both readings are possible, except with dots, which are European."""
    a, b = int(match["a"]), int(match["b"])
    day_first = match["sep"] == "." or a > LAST_MONTH
    month, day = (b, a) if day_first else (a, b)
    figures = match["y"]
    is_past = len(figures) == 2 and int(figures) > _LATEST_YEAR and _PAST.search(match.string)  # noqa: PLR2004
    if is_past:
        figures = f"19{figures}"
    return _spoken(month, day, figures) if month <= LAST_MONTH else None


def _is_month(match: re.Match[str]) -> bool:
    """Whether a word like "may" between figures and words is the month."""
    name = match["month"]
    after = match.string[match.end() : match.end() + 12]
    if _MEASURED.match(after):
        return False
    if not name.islower() or name not in _UNLIKELY:
        return True
    before = match.string[max(0, match.start() - 12) : match.start()]
    return bool(_YEAR_AFTER.match(after) or not after.strip(" .,;!?") or _CUE_BEFORE.search(before))


def _month_day(match: re.Match[str]) -> str | None:
    if not _is_month(match) or (match["sep"] == "-" and match["b"]):
        return None
    words = f"{month_name(match['month'])} {ordinal(int(match['a']))}"
    if match["b"]:
        words += f" to {ordinal(int(match['b']))}"
    return f"{words}, {_year(int(match['y']))}" if match["y"] else words


def _day_month(match: re.Match[str]) -> str | None:
    """`5 January` → the fifth of January."""
    if not _is_month(match):
        return None
    before = match.string[max(0, match.start() - 8) : match.start()]
    if match["a"] and match["to"] == "and" and not match["the"]:
        return None
    the = match["the"] or ("" if before.endswith((" the ", "The ")) else "the ")
    days = ordinal(int(match["b"]))
    if match["a"]:
        link = "and" if match["to"] == "and" else "to"
        days = f"{ordinal(int(match['a']))} {link} {days}"
    words = f"{the}{days} of {month_name(match['month'])}"
    if match["y"]:
        return f"{words}, {_year(_full(match['y']))}"
    at_end = match["dot"] and not match.string[match.end() :].strip(" \"')")
    return f"{words}." if at_end else words


def _full(figures: str) -> int:
    number = int(figures)
    if len(figures) > 2:  # noqa: PLR2004 (24 stands for 2024)
        return number
    return number + (2000 if number < PIVOT else 1900)


def _years(match: re.Match[str]) -> str | None:
    first, second = match.groups()
    if len(second) == 2:  # noqa: PLR2004 (2019-20)
        if int(second) <= int(first) % 100:
            return None
        return f"{_year(int(first))} to {cardinal(int(second))}"
    return f"{_year(int(first))} to {_year(int(second))}"


def _decade_words(figures: str) -> str | None:
    if len(figures) > 2:  # noqa: PLR2004 (1960)
        return plural(_year(int(figures)))
    return plural(cardinal(int(figures))) if figures != "00" else "two thousands"


def _decades(match: re.Match[str]) -> str | None:
    if match["a"][0] != "'" and len(match["a"]) <= len("80's") and not _follows_decade_word(match):
        return None
    words = [_decade_words(re.sub(r"\D", "", part)) for part in match.groups()]
    return " to ".join(word for word in words if word) if all(words) else None


def _follows_decade_word(match: re.Match[str]) -> bool:
    return bool(_DECADE_BEFORE.search(match.string[max(0, match.start() - 10) : match.start()]))


def _decade(match: re.Match[str]) -> str | None:
    century, tens = match.groups()
    if century:
        return _decade_words(century + tens)
    return _decade_words(tens) if "'" in match.group() or _follows_decade_word(match) else None


def _names_in_plural(match: re.Match[str]) -> str:
    """`omega-3s` → omega-threes, `F-16s`, `MP3s`, `747s`."""
    figures = next(group for group in match.groups() if group)
    words = named(figures) if len(figures) > 2 else cardinal(int(figures))  # noqa: PLR2004 (747)
    return spaced(match, plural(words))


def _short_year(figures: str) -> str:
    if figures == "00":
        return "two thousand"
    return f"{'oh ' if figures[0] == '0' else ''}{cardinal(int(figures))}"


_RULES = (
    Rule(_THREES, lambda m: "threes" if _BASKETBALL.search(m.string) else None, "s"),
    Rule(_MANY, lambda m: _MANY_NAMES[m[1].replace(",", "")], "s"),
    Rule(_SPAN, r"\g<day> to ", "-–—~"),
    Rule(_EUROPEAN_DAY, _european_day, "."),
    Rule(_YEAR_FIRST, _year_first, "-/."),
    Rule(_YEAR_LAST, _year_last, "-/."),
    Rule(_DAY_MONTH, _day_month),
    Rule(_MONTH_DAY, _month_day),
    Rule(_YEAR_MONTH, lambda m: f"{MONTHS[int(m['m']) - 1]} {_year(int(m['y']))}", "-"),
    Rule(_MONTH_YEAR, lambda m: f"{MONTHS[int(m['m']) - 1]} {_year(int(m['y']))}", "/"),
    Rule(_YEARS, _years, "-–—−~"),
    Rule(_DECADES, _decades, "-–—−~"),
    Rule(
        _MATURITIES,
        lambda m: f"{plural(cardinal(int(m[1])))} {plural(cardinal(int(m[2])))}",
        "s",
    ),
    Rule(_SPACED_DECADE, lambda m: _decade_words(m[1]), "s"),
    Rule(_FIGURES, lambda m: f"{m['n']} {plural(cardinal(int(m['f'])))}", "s"),
    Rule(_DECADE, _decade, "s"),
    Rule(_NAMES_IN_PLURAL, _names_in_plural, "s"),
    Rule(_TEAM, lambda m: f"{cardinal(int(m[1])).removesuffix('e')}ers", "e"),
    Rule(_ERA, lambda m: named(m["n"]), "ABC"),
    Rule(_ERA_BEFORE, lambda m: named(m.group()), "A"),
    Rule(_SHORT_YEAR, lambda m: spaced(m, _short_year(m[1])), "'"),
)


def apply(text: AlignedText) -> AlignedText:
    """`2024-05-01` → May first, twenty twenty-four; `1960s` → nineteen sixties; `Jan 5` → January fifth."""
    return apply_rules(text, _RULES)

"""Dates, years, decades."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import cardinal, ordinal, plural, year
from dora_mlx_tts.text.en.normalize.patterns import DASH, spaced
from dora_mlx_tts.text.en.words import listed

MONTHS = listed(
    "January February March April May June July August September October November December"
)
WEEKDAYS = {
    "Mon": "Monday",
    "Tue": "Tuesday",
    "Tues": "Tuesday",
    "Wed": "Wednesday",
    "Thu": "Thursday",
    "Thur": "Thursday",
    "Thurs": "Thursday",
    "Fri": "Friday",
    "Sat": "Saturday",
    "Sun": "Sunday",
}
_SHORT_MONTHS = {month[:3]: month for month in MONTHS if month != "May"} | {"Sept": "September"}
_SHORT_MONTH = "|".join(sorted(_SHORT_MONTHS, key=len, reverse=True))
_SHORT_DAY = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
_LONG_MONTH = "|".join(MONTHS)

_YEAR_FIRST = re.compile(
    r"(?<![\d./-])(?P<y>[12]\d{3})(?P<sep>[-/.])(?P<m>0?[1-9]|1[0-2])(?P=sep)"
    r"(?P<d>0?[1-9]|[12]\d|3[01])(?:T(?=\d\d:)|(?![\d/-]|\.\d))"
)
_YEAR_LAST = re.compile(
    r"(?<![\d./-])(?P<a>0?[1-9]|[12]\d|3[01])(?P<sep>[-/.])(?P<b>0?[1-9]|[12]\d|3[01])(?P=sep)"
    r"(?P<y>[12]\d{3}|(?<=/)\d\d)(?![\d/-]|\.\d)"
)
_SHORT_DATE = re.compile(r"(?<=\b[Oo]n )(?P<a>[1-9]|1[0-2])/(?P<b>[1-9]|[12]\d|3[01])(?![\d/.])")
_YEAR_MONTH = re.compile(r"(?<![\d./-])(?P<y>[12]\d{3})-(?P<m>0[1-9]|1[0-2])(?![\d/-]|\.\d)")
_YEARS = re.compile(
    rf"(?<![\d.,/-])([12]\d{{3}})(?:{DASH}|\s{DASH}\s)([12]\d{{3}}|\d\d)(?![\d/-]|[.,]\d)"
)
_DECADE = re.compile(r"(?<![\d.,])'?([12]\d)?(\d0)'?s\b")
_DECADE_BEFORE = re.compile(
    r"(?:\b(?:the|early|mid|late|in|his|her|their|my|our|your|roaring|swinging)[ -]|')\Z",
    re.IGNORECASE,
)
_SHORT_YEAR = re.compile(r"(?<![\w'])'(\d\d)(?![\w'])")
_MONTH_NAME = re.compile(
    rf"\b(?P<n>{_SHORT_MONTH})(?P<dot>\.)?(?=\s\d{{1,4}}(?:st|nd|rd|th)?\b)|(?<=\d\s)(?P<n2>{_SHORT_MONTH})\b\.?"
    rf"|(?<=\d-)(?P<n3>{_SHORT_MONTH})(?=-\d)|\b(?P<n4>{_SHORT_MONTH.replace('Mar|', '')})\.(?=\s?[a-z,])"
)
_DAY_NAME = re.compile(
    rf"\b(?P<n>{_SHORT_DAY})\.(?=\s[a-z\d]|[,;]|\s*+\Z)|\b(?P<n2>{_SHORT_DAY})(?=,\s\d|,\s(?:{_LONG_MONTH}))"
)
_DAYS = re.compile(rf"\b({_SHORT_DAY})\.?\s?[-–]\s?({_SHORT_DAY})\b")
_DAY_RANGE = re.compile(
    rf"\b(?P<m>{_LONG_MONTH}) (?P<a>[1-9]|[12]\d|3[01])\s?{DASH}\s?(?P<b>[1-9]|[12]\d|3[01])(?!\d)"
)
LAST_MONTH = 12


def _spoken(month: int, day: int, year_figures: str) -> str:
    number = int(year_figures)
    if len(year_figures) <= 2:  # noqa: PLR2004 (24 stands for 2024)
        number += 2000 if number < 70 else 1900  # noqa: PLR2004 (the usual pivot)
    return f"{MONTHS[month - 1]} {ordinal(day)}, {_year(number)}"


def _year(number: int) -> str:
    return cardinal(number) if number == 1000 else year(number)  # noqa: PLR2004 (ten hundred is not said)


def _year_first(match: re.Match[str]) -> str:
    words = _spoken(int(match["m"]), int(match["d"]), match["y"])
    return f"{words} at " if match.group().endswith("T") else words


def _year_last(match: re.Match[str]) -> str | None:
    """Month first where both readings are possible, except with dots, which are European."""
    a, b = int(match["a"]), int(match["b"])
    day_first = match["sep"] == "." or a > LAST_MONTH
    month, day = (b, a) if day_first else (a, b)
    return _spoken(month, day, match["y"]) if month <= LAST_MONTH else None


def _years(match: re.Match[str]) -> str | None:
    first, second = match.groups()
    if len(second) == 2:  # noqa: PLR2004 (2019-20)
        if int(second) <= int(first) % 100:
            return None
        return f"{_year(int(first))} to {cardinal(int(second))}"
    return f"{_year(int(first))} to {_year(int(second))}"


def _decade(match: re.Match[str]) -> str | None:
    century, tens = match.groups()
    if century:
        return plural(_year(int(century + tens)))
    before = match.string[max(0, match.start() - 10) : match.start()]
    if match.group()[0] != "'" and "'" not in match.group() and not _DECADE_BEFORE.search(before):
        return None
    return plural(cardinal(int(tens))) if tens != "00" else None


def _month_name(match: re.Match[str]) -> str:
    name = next(n for n in match.groupdict().values() if n and n != ".")
    return _SHORT_MONTHS[name]


def _day_name(match: re.Match[str]) -> str:
    name = WEEKDAYS[match["n"] or match["n2"]]
    at_end = match["n"] and not match.string[match.end() :].strip()
    return f"{name}." if at_end else name


def apply(text: AlignedText) -> AlignedText:
    """`2024-05-01` → May first, twenty twenty-four; `1960s` → nineteen sixties; `Jan 5` → January 5."""
    text = text.sub(_DAYS, lambda m: f"{WEEKDAYS[m[1]]} to {WEEKDAYS[m[2]]}")
    text = text.sub(_MONTH_NAME, _month_name).sub(_DAY_NAME, _day_name)
    text = text.sub(_YEAR_FIRST, _year_first).sub(_YEAR_LAST, _year_last)
    text = text.sub(_SHORT_DATE, lambda m: f"{MONTHS[int(m['a']) - 1]} {ordinal(int(m['b']))}")
    text = text.sub(_YEAR_MONTH, lambda m: f"{MONTHS[int(m['m']) - 1]} {_year(int(m['y']))}")
    text = text.sub(_YEARS, _years).sub(_DECADE, _decade)
    text = text.sub(
        _DAY_RANGE, lambda m: f"{m['m']} {cardinal(int(m['a']))} to {cardinal(int(m['b']))}"
    )
    return text.sub(_SHORT_YEAR, lambda m: spaced(m, cardinal(int(m[1]))))

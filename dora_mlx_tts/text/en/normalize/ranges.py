"""Dashes between two points of a scale that are not both figures: dates, times of day, weekdays."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.months import MONTH
from dora_mlx_tts.text.en.normalize.notations import BOOKS
from dora_mlx_tts.text.patterns import expression

_WEEKDAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}"
_POINT = (
    rf"(?i:noon|midnight|midday|present|dawn|dusk|sunrise|sunset)\b|(?i:{MONTH})\.?\s\d{{1,2}}\b(?!:\d|/)"
    rf"|{_WEEKDAY}\b\.?,?\s(?:\d|(?i:{MONTH})\b|at\b|morning|afternoon|evening|night)"
)
_BEFORE_POINT = expression(
    rf"(?:(?<=\d)|(?<=\d(?:st|nd|rd|th))|(?<=[ap]\.m\.)|(?<=[AaPp][Mm])|(?<=noon)|(?<=midnight)|(?<=morning)|(?<=night))"
    rf"(?:\s?[-–~]\s?|\s?—(?=\S))(?={_POINT})"
)
_MONTHS_AND_YEARS = expression(
    rf"(?<=[a-z.] (?:19|20)\d\d)\s?[-–—~]\s?(?=(?i:{MONTH})\.?\s(?:19|20)\d\d\b)"
)
_BEHIND_POINT = expression(
    r"(?i)(?:(?<=noon)|(?<=midnight)|(?<=sunrise)|(?<=sunset))\s?[-–~]\s?(?=\d{1,2}(?::\d\d|\s?[ap]\.?m))"
)
_OPEN_YEAR = expression(r"(?<=\b(?:19|20)\d\d)\s?[-–]\s?(?=(?i:present|today|now)\b)")
_LABELS = expression(
    r"(?<![\w-])(?P<label>[A-Za-z]{1,3})(?P<n>\d{1,4})\s?[-–]\s?(?=(?P=label)\d{1,4}\b(?!-))"
)
"""`Q1–Q5`: the same letters on both sides."""
_ABOUT_YEAR = expression(r"(?<=\d)\s?[–-]\s?(?=(?:c|ca|circa)\.? ?[12]\d{3}\b)")
_BEFORE_MIXED = expression(r"(?<=\d)\s?[-–~]\s?(?=\d{1,2} \d{1,2}/\d{1,2}(?![\d/]))")
_ERA = expression(
    r"(?<=\d)\s?[-–]\s?(?=\d{1,4}\s(?:BCE?|CE|AD|B\.C|A\.D|B\.C\.E|C\.E)\b)|(?:(?<=\d B)|(?<=\d BC)|(?<=\d BCE)|(?<=B\.C\.))(?<!\d B)\s?[-–]\s?(?=(?:AD )?\d{1,4}\b)"
)
_DOTTED_DAY = expression(
    r"(?:(?<=\bMon)|(?<=\bTue)|(?<=\bWed)|(?<=\bThu)|(?<=\bFri)|(?<=\bSat)|(?<=\bSun)|(?<=\bTues)|(?<=\bThurs))\.(?=/(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun))"
)
"""`Sat./Sun.`: as `Sat/Sun`."""
_COMPOUND = expression(r"(?<![\w.,$-])(?P<a>\d{1,3})[-–](?=(?P<b>\d{1,3})-[a-z]{3,}\b)")
"""`a 2-3-day trip`: from one to the other of an attribute."""
_COUNTDOWN = expression(r"(?<![\w.–-])\d{1,3}(?:–\d{1,3}){2,5}(?![\w–-]|\.\d)")
_DAY_AND_TIME = expression(
    rf"(?P<day>(?<![\d/])\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?|\b(?i:{MONTH})\.?\s\d{{1,2}}(?:st|nd|rd|th)?(?:, \d{{4}})?|\b{_WEEKDAY})\s[-–—]\s(?=\d{{1,2}}(?::[0-5]\d)?\s?[AaPp]\.?[Mm]\b|\d{{1,2}}:[0-5]\d)"
)
"""`Mon 12/1 – 6:30 AM`: when on that day, no range."""
_SHORT_YEARS = expression(r"(?<='\d\d)\s?[-–]\s?(?='\d\d(?![\d's]))")
_BETWEEN = expression(
    r"(?P<lead>\b[Bb]etween [$€£~]?\d[\d,]{0,10}(?:\.\d{1,3})?[kKMB%°]?)\s?[-–]\s?(?=[$€£]?\d[\d,]{0,10}(?:\.\d{1,3})?(?![\d/:-]))"
)
_SIZES = expression(
    r"(?<![\w-])(?P<a>\d?X{0,3}[SL]|M)\s?[-–]\s?(?=(?:\d?X{1,3}[SL]|\dXL|XL|XXL)\b)|(?<=\d)\.\.=?(?=\d)"
)
_LETTERED = expression(
    r"(?<!\w)(?P<n>\d{1,4}(?!(?P<same>[kKMBms])\s?[-–]\s?\d{1,4}(?P=same)\b)[A-Za-z])\s?[-–]\s?(?=\d{1,4}[A-Za-z]\b(?!-))"
)
_CLOCKS = expression(
    r"(?<=\d:[0-5]\d)\s?[-–~]\s?(?=\d{1,2}:[0-5]\d(?!\d|[.:]\d)|(?:1[0-2]|[1-9])(?:[,;)]|\.?\Z|\.\s|\s(?:[a-z]{2}|[A-Z])))"
)
_VERSE_BEFORE = expression(rf"\b(?:{BOOKS})\.? \d{{1,3}}:\d{{2}}\Z")


def _clocks(match: re.Match[str]) -> str | None:
    """`8:40–8:50`, but not `Luke 9:51–19:27`."""
    before = match.string[max(0, match.start() - 24) : match.start()]
    return None if _VERSE_BEFORE.search(before) else " to "


_SPANS = (
    _BEFORE_POINT,
    _MONTHS_AND_YEARS,
    _BEHIND_POINT,
    _OPEN_YEAR,
    _ABOUT_YEAR,
    _ERA,
    _BEFORE_MIXED,
    _SHORT_YEARS,
)


def apply(text: AlignedText) -> AlignedText:
    """`Dec 30 – Jan 2`, `8 a.m.–noon`, `2019–present`, `2–2 1/2` → with to."""
    if "./" in text.text:
        text = text.sub(_DOTTED_DAY, "")
    if ".." not in text.text and not _DASHES & set(text.text):
        return text
    text = text.sub(_DAY_AND_TIME, r"\g<day>, ")
    for pattern in _SPANS:
        text = text.sub(pattern, " to ")
    text = (
        text.sub(_COUNTDOWN, lambda m: m.group().replace("–", ", "))
        .sub(_SIZES, lambda m: f"{m['a'] or ''} to ")
        .sub(_CLOCKS, _clocks)
        .sub(_COMPOUND, lambda m: f"{m['a']} to " if int(m["a"]) < int(m["b"]) else None)
        .sub(_LETTERED, r"\g<n> to ")
        .sub(_BETWEEN, r"\g<lead> and ")
    )
    return text.sub(_LABELS, r"\g<label>\g<n> to ")


_DASHES = frozenset("-–—~")

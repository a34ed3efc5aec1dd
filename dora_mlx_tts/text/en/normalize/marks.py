"""Quotation marks behind figures: feet, inches, minutes, or just quotation marks."""

from __future__ import annotations

import re
from bisect import bisect_right

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import fraction, number
from dora_mlx_tts.text.en.words import word_set
from dora_mlx_tts.text.patterns import expression

_FEET_INCHES = expression(
    r"(?<![\w.,])(?P<feet>\d{1,3})'(?:\s?-?\s?(?P<inches>\d{1,2}(?:\.\d)?)(?:\s?(?P<a>\d)/(?P<b>\d{1,2}))?(?P<mark>\"|'')(?:\s?/\s?(?P<per>km|mi|mile)\b)?|(?P<short>\d{1,2})(?![\d'\"\w]))"
    r"|(?<![\w.,])(?P<ft>\d{1,3})\s?(?:ft|feet|foot)\.?\s(?P<in>\d{1,2})\s?in\b\.?(?!\s(?:the|a)\b)"
)
_SIGN = expression(
    r"(?:(?<![\w.,'])(?P<lead>\d{1,3}(?:\.\d{1,2})?\s?[x×]\s?)?|(?<='x)|(?<=\"x))(?P<n>\d{1,3}(?:(?:,\d{3})+|\.\d{1,3})?)(?:[ -](?P<a>\d{1,2})/(?P<b>\d{1,2})|/(?P<c>\d{1,2}))?(?P<mark>\"|''|'(?!\w)|'(?=x\s?\d))(?P<by>\s?[x×]\s?(?=\d))?"
)
_QUOTE = expression(
    r"\"|(?<!\w)'(?=\w)(?!\d0s|\d\d\b|(?i:em|til|cause|cuse|bout|tis|twas|n)\b)|(?<=\w)'(?!\w)|(?<=[.,?!])'(?!\w)"
)
_OPENING = expression(r"(?<![^\s(\[—-])[\"'](?=\S)")
_FUNCTION = word_set(
    "wide long tall high deep thick in by x of and or to from on at is was are were for with but than below above "
    "now then today yet already when while tall away apart across off short taller longer wider deep per as so if when that which who the a an this it i you "
    "he she they we has have had will can out up down more less square"
)
_SIDES = expression(r"(?<=\d[\"'])\s?([WDHL])\b(?:\s?[x×]\s?(?=\d))?")
_SPAN = expression(
    r"(?<=\d)(?P<m>[\"'])?\s?[-–]\s?(?=\d{1,3}(?:\.\d{1,3}|[ -]\d/\d{1,2})?(?(m)(?P=m)|[\"'])(?![\w'\"]))"
)
_HEIGHTS = expression(r"(?<=\d\")\s?[-–]\s?(?=\d{1,2}'\s?\d{1,2}\")")
_PAIR = expression(
    r"(?<![\w.,'\"/])(\d{1,3}(?:\.\d{1,2})?)[\"']\s?[x×]\s?(?=\d{1,3}(?:\.\d{1,2})?[\"']\s(?!x\b|by\b|and\b|or\b|in\b|is\b|for\b)[a-z]{3})"
)
"""Both sides of a thing: `a 9"x5" pan`."""
_ARTICLE = expression(r"(?i)\b(?:the|this|that|a|an|your|my|our)\s\Z")
_BY = expression(r"(?<=[a-z])(?<=inch|foot|feet|ches)\s[x×]\s(?=\w)")
_SIDE_NAMES = {"W": "wide", "D": "deep", "H": "high", "L": "long"}
_NEXT_WORD = expression(r"\s(?!\w+ly\b)([A-Za-z]+|\d{1,4}[A-Za-z]{1,3}\b)")
_DISTANCES = {"km": "kilometer", "mi": "mile", "mile": "mile"}
FEWEST_SECONDS = 12
"""So many inches are a foot: 5'30" is a time."""


class _Quotes:
    """Where quotation marks stand, and which of them are open."""

    def __init__(self, text: str) -> None:
        self._marks = [
            (m.start(), bool(_OPENING.match(text, m.start()))) for m in _QUOTE.finditer(text)
        ]
        self._places = [at for at, _ in self._marks]
        self._open: list[bool] = []
        is_open = False
        for _, opening in self._marks:
            self._open.append(is_open)
            is_open = opening

    def closes(self, at: int) -> bool:
        """Whether the mark at an offset closes a quotation."""
        index = bisect_right(self._places, at) - 1
        if index < 0 or not self._open[index]:
            return False
        following = self._marks[index + 1 : index + 2]
        return not following or following[0][1]


def _side_name(match: re.Match[str]) -> str:
    """`84"W x` → 84" wide by."""
    by = " by " if match.group()[-1] not in _SIDE_NAMES else ""
    return f" {_SIDE_NAMES[match[1]]}{by}"


def _feet_inches(match: re.Match[str]) -> str:
    if match["mark"] and not match["a"] and not match["per"] and _is_noun_next(match):
        return f"{number(match['feet'])} foot {number(match['inches'])} inch"
    feet = match["feet"] or match["ft"]
    inches = match["inches"] or match["short"] or match["in"]
    if match["mark"] and float(inches) >= FEWEST_SECONDS:
        per = f" per {_DISTANCES[match['per']]}" if match["per"] else ""
        return f"{_count(feet, 'minute', 'minutes')} {_count(inches, 'second', 'seconds')}{per}"
    words = f"{_count(feet, 'foot', 'feet')} {number(inches)}"
    if match["a"]:
        words += f" and {_part(match['a'], match['b'])}"
    if match["short"]:
        return words
    return f"{words} inch{'' if inches == '1' and not match['a'] else 'es'}"


def _count(figures: str, one: str, many: str) -> str:
    return f"{number(figures)} {one if figures == '1' else many}"


def _is_noun_next(match: re.Match[str]) -> bool:
    """`a 12" pan` is a twelve inch pan."""
    word = _NEXT_WORD.match(match.string, match.end())
    return word is not None and word[1].lower() not in _FUNCTION


def _signs(text: AlignedText) -> AlignedText:
    quotes = _Quotes(text.text)

    def sign(match: re.Match[str]) -> str | None:
        if quotes.closes(match.start("mark")) or "0" in (match["b"], match["c"]):
            return None
        names = ("foot", "feet") if match["mark"] == "'" else ("inch", "inches")
        return _measure(match, *names)

    return text.sub(_SIGN, sign)


def _measure(match: re.Match[str], one: str, many: str) -> str:
    lead = f"{number(match['lead'].rstrip('x× '))} by " if match["lead"] else ""
    return lead + _side(match, one, many)


def _side(match: re.Match[str], one: str, many: str) -> str:
    noun = not match["by"] and _is_noun_next(match)
    by = " by " if match["by"] else ""
    if match["c"]:
        part = fraction(int(match["n"]), int(match["c"])) if match["n"].isdecimal() else match["n"]
        return f"{part} {one}" if noun else f"{part} of {'an' if one == 'inch' else 'a'} {one}{by}"
    words = number(match["n"])
    if match["a"]:
        words += f" and {_part(match['a'], match['b'])}"
    is_one = (
        noun
        or _ARTICLE.search(match.string, 0, match.start())
        or (match["n"] == "1" and not match["a"])
    )
    return f"{words} {one if is_one else many}{by}"


def _part(a: str, b: str) -> str:
    return "a half" if (a, b) == ("1", "2") else fraction(int(a), int(b))


def apply(text: AlignedText) -> AlignedText:
    """`6'2"` → six feet two inches; `a 12" pan` → a twelve inch pan; `3' x 5'` → three feet x five feet."""
    if "'" not in text.text and '"' not in text.text and "ft" not in text.text:
        return text
    text = (
        text.sub(_SIDES, _side_name).sub(_HEIGHTS, " to ").sub(_SPAN, " to ").sub(_PAIR, r"\1 x ")
    )
    return _signs(text.sub(_FEET_INCHES, _feet_inches).sub(_BY, " by "))

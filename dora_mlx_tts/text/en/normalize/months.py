"""Names of months and weekdays, long and short, in any case."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.patterns import DASH
from dora_mlx_tts.text.en.words import listed
from dora_mlx_tts.text.patterns import expression

MONTHS = listed(
    "January February March April May June July August September October November December"
)
_BY_START = {month[:3].lower(): month for month in MONTHS}
MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|"
    r"Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
"""A month, to be matched without regard to case."""
WEEKDAYS = {
    "mon": "Monday", "tue": "Tuesday", "tues": "Tuesday", "tu": "Tuesday", "wed": "Wednesday", "weds": "Wednesday",
    "thu": "Thursday", "thur": "Thursday", "thurs": "Thursday", "th": "Thursday", "fri": "Friday",
    "sat": "Saturday", "sun": "Sunday",
}  # fmt: skip
_SHORT_MONTH = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec"
_SHORT_DAY = "Thurs|Thur|Tues|Weds|Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_MONTH_NAME = expression(
    rf"\b(?P<n>{_SHORT_MONTH})(?P<dot>\.)?(?=,?\s(?:'\d\d|[12]\d{{3}})\b)"
    rf"|(?<=\bof )(?P<n2>{_SHORT_MONTH})\b(?:\.(?=\s?[a-z,\d]))?"
    rf"|\b(?P<n4>{_SHORT_MONTH.replace('Mar|', '')})\.(?=\s?[a-z,;)])"
    rf"|\b(?P<n5>{_SHORT_MONTH.replace('Mar|', '')})\.(?P<end>\s*\Z)"
)
_MONTH_BEHIND = expression(
    rf"\b(?P<lead>(?:since|until|till|last|next|this|through|thru|late|early|mid)[ -]|in )(?P<n3>{_SHORT_MONTH})\b(?P<dot>\.)?(?!\s?\d|['-]\w)"
)
_MONTHS_BETWEEN = expression(
    rf"\b({_SHORT_MONTH}|{'|'.join(MONTHS)})\.?\s?{DASH}\s?({_SHORT_MONTH}|{'|'.join(MONTHS)})\b(?!\.?\s?\d{{1,2}}\b)(?:\.(?=\s[a-z]|[,;]))?"
)
_SURE_DAY = expression(
    r"\b(?:Tues?|Weds?|Thurs?|Thu|Fri|Mon(?=[\s,./;:)-]|\Z))\b(?!['-]\w|\.\w)(?P<dot>\.)?"
)
_WORKDAYS = expression(
    r"\b(M|Tu?|W)\s?[-–]\s?(F|Th|Sa|Su)\b(?=[:,]?\s(?:\d|from))|(?<!\w)(M)\s?[-–]\s?(F)\b(?!-)|(?<![\w-])(M|Tu|W)\s?[-–]\s?(Th|Sa|Su)\b(?![\w-])"
)
_DAYS = expression(rf"\b({_SHORT_DAY})\.?\s?[-–]\s?({_SHORT_DAY})\b")
_DAY_IN_CONTEXT = expression(
    rf"\b(?P<n>Sat|Sun)(?:\.(?=\s[a-z\d]|[,;]|\s*+\Z))?(?=\.?,?\s(?:\d{{1,2}}(?::\d\d|\s?[ap]\.?m|/\d|\s?[-–]\s?\d)|at\s\d|{MONTH}\b)|[/,]\s?(?:and )?(?:{_SHORT_DAY})\b)"
    rf"|(?:(?<=\b[Oo]n )|(?<=every )|(?<=\dst )|(?<=\dnd )|(?<=\drd )|(?<=\dth )|(?<=next )|(?<=this )|(?<=last )|(?<=and )|(?<=until )|(?<=[/,] ))(?P<n2>Sat|Sun)\b(?!\s(?:down|still|for|on|in|at a|there|is|was|rises|sets))(?:\.(?=\s[a-z\d]|[,;)]))?"
    r"|\b(?<!the )(?<!our )(?P<n3>Sat|Sun)\.(?=\s[a-z\d]|[,;)]|\s*+\Z)"
    r"|(?<=[a-z] )(?P<n4>Sat|Sun)(?=\s(?:at|and|or|from|to|before|after|until|by|night|morning|afternoon|evening|noon)\b|[,;)]|[.?!]?\s*\Z)(?<!the Sun)(?<!our Sun)(?<!a Sun)"
)
_LETTER_DAYS = {
    "M": "Monday", "T": "Tuesday", "Tu": "Tuesday", "W": "Wednesday", "Th": "Thursday", "F": "Friday", "Sa": "Saturday", "Su": "Sunday", "R": "Thursday",
}  # fmt: skip
_CLASSES = expression(
    r"(?i)\b(?:class(?:es)?|office hours|lectures?|sections?|labs?|seminars?|recitations?|courses?)\b"
)
_LETTER_DAY = expression(
    r"(?<![\w.-])([MTWF])(?= \d{1,2}(?::[0-5]\d)?\s?[-–]\s?\d{1,2}(?::[0-5]\d)?\b(?!%|[-–]))"
)
_SLASH_DAYS = expression(
    r"(?<![\w/])(?:(?:M|Tu?|W)/(?:Th|W|F|R)(?:/(?:Th|F))?|M[–-]W[–-]F|M[–-]W[–-]Th)(?![\w/])"
)
_SHORT_DAY_DATE = expression(r"\b(?P<n>Tu|Th)\.?(?=,?\s\(?\d{1,2}/\d)")


def month_name(name: str) -> str:
    """`sept` → September."""
    return _BY_START[name[:3].lower()]


def _month(match: re.Match[str]) -> str:
    name = month_name(next(n for key, n in match.groupdict().items() if n and key != "dot"))
    return f"{name}.{match['end']}" if match["end"] is not None else name


def _day(match: re.Match[str]) -> str:
    """A dot at the very end of the text ends the sentence as well."""
    name = WEEKDAYS[match.group().rstrip(".").lower()]
    dot = match.group().endswith(".")
    return f"{name}." if dot and _at_end(match) else name


def _month_behind(match: re.Match[str]) -> str:
    """`since Jan.` → since January."""
    dot = "." if match["dot"] and _at_end(match) else ""
    return f"{match['lead']}{month_name(match['n3'])}{dot}"


def _at_end(match: re.Match[str]) -> bool:
    after = match.string[match.end() : match.end() + 3]
    return not after.strip(" \"')") or after.lstrip()[:1].isupper()


def apply(text: AlignedText) -> AlignedText:
    """`Mon-Fri` → Monday to Friday; `in Dec. we` → in December we."""
    text = text.sub(
        _WORKDAYS,
        lambda m: f"{_LETTER_DAYS[m[1] or m[3] or m[5]]} to {_LETTER_DAYS[m[2] or m[4] or m[6]]}",
    )
    if not {"/", "-", "–"}.isdisjoint(text.text):
        text = text.sub(
            _SLASH_DAYS,
            lambda m: ", ".join(_LETTER_DAYS[day] for day in re.split("[/–-]", m.group())),
        )
        if _CLASSES.search(text.text):
            text = text.sub(_LETTER_DAY, lambda m: _LETTER_DAYS[m[1]])
    text = text.sub(_DAYS, lambda m: f"{WEEKDAYS[m[1].lower()]} to {WEEKDAYS[m[2].lower()]}")
    text = text.sub(_MONTHS_BETWEEN, lambda m: f"{month_name(m[1])} to {month_name(m[2])}")
    text = text.sub(_SURE_DAY, _day).sub(_DAY_IN_CONTEXT, _day).sub(_SHORT_DAY_DATE, _day)
    return text.sub(_MONTH_BEHIND, _month_behind).sub(_MONTH_NAME, _month)

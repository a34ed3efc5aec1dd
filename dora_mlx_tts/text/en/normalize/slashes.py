"""Figures on both sides of a slash: dates, ratings, shares. What is left over is a fraction."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.dates import month_day
from dora_mlx_tts.text.en.normalize.numbers import number
from dora_mlx_tts.text.en.normalize.patterns import spaced
from dora_mlx_tts.text.patterns import expression

_PAIR = expression(
    r"(?<![\w./:$€£-])(?<!\d,)~?(?P<a>\d{1,3}(?:\.\d{1,2})?)/(?P<b>\d{1,3}|(?:4|5|10)\.0)(?![\d/]|\.\d|(?:st|nd|rd|th)\b|\s?[/%°])"
)
_MIXED_SCORE = expression(r"(?<![\w.,/])(\d{1,2}) 1/2/(\d{1,2})(?![\w/.]?\d)")
_COUNTS = expression(r"(?<![\w.,/$€£-])(\d{1,3}(?:,\d{3})*)/(\d{1,3}(?:,\d{3})+)(?![\w/]|[.,]\d)")
_PART_BEFORE = expression(
    r"(?i)\b(?:day|week|month|step|page|part|question|item|slide|task|stage|lesson|module|chapter|episode|level|test|round|"
    r"file|batch|epoch|attempt|try|image|photo|game|lap|rep|set|hole|inning|issue|volume|disc|track|verse|unit|section|phase|"
    r"message|line|option|stop|frame|layer|iteration)\s\(?\Z"
)
"""Behind these the figures count what is done of a whole: page 5/20."""
_FROM_FRACTION = expression(r"(?<![\d/])(\d{1,3}/\d{1,3})\s?[-–—]\s?(?=\d(?!\d{3}))")
_DAYS = expression(
    r"(?<![\w./:$€£-])(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])(?P<link>\s?[-–]\s?|\s(?:to|through|thru|until)\s)(?P<n>1[0-2]|0?[1-9])/(?P<e>3[01]|[12]\d|0?[1-9])(?![\w/%°\"]|\.\d)"
)
"""Two days with the dash between them."""
_WHOLES = frozenset({(24, 7), (9, 11), (20, 20)})
_DATE_BEFORE = expression(
    r"(?i)\b(?:on|by|due|until|till|since|before|after|from|thru|through|starting|starts?|begins?|ends?|ending|"
    r"dated?|opens?|closes?|expires?|deadline|arrives?|arriving|ships?|delivery|scheduled|week of|is|to|and|"
    r"mon|tues?|wed|thu|thurs?|fri|sat|sun|\w+day)[,:.]?\s\(?\Z"
)
_FIRM_DATE_BEFORE = expression(
    r"(?i)\b(?:on|by|due|until|till|since|dated?|deadline|expires?|week of|ships?|arrives?|starting|released?|updated|posted|published|issued|effective|sent|shipped|delivered|paid|filed|signed|renewed|renews?|opened|closed|ordered|booked|visited|checked|launched|arriving|leaving|returning|returns?|"
    r"mon|tues?|wed|thu|thurs?|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day)[,:.]?\s\(?\Z"
)
_WEEKDAY_BEFORE = expression(r"(?i)\b(?:mon|tues?|wed|thu|thurs?|fri|sat|sun)(?:\w*day)?[,.]?\s\Z")
_MEASURE_AFTER = expression(
    r"(?i)\s?-?(?:of\b|inch|in\b|cups?\b|tsp|tbsp|teaspoons?|tablespoons?|miles?\b|mi\b|hours?\b|lbs?\b|pounds?\b|oz\b|"
    r"ounces?\b|ft\b|feet\b|s(?:ecs?)?\b|second|majority|full|\"|gallons?|an?\s(?:mile|inch|cup|second))"
)
_SCORE_BEFORE = expression(
    r"(?i)\b(?:placed|ranked|finished|came|rat\w*|scor\w*|got|gets?|g[ai]ve|gives?|given|gave it|graded?|solid|marks?|perfect|earned|pain|achieved|"
    r"level|it(?:'s| is)?|a|an|at least|about|shot|went|made|passed|answered|won|on|him|her|them|this)(?:\s(?:it|him|her|them|you))?\s\(?\Z"
)
_SCORE_AFTER = expression(
    r"(?i)\s?(?:stars?|points?|pts|rating|score|correct|right|questions?|people|students?|users?|votes?|tests?|cases?|"
    r"times|shooting|on\b|from\b|for\b|in\b|wins|games|left|remaining|used|full|available|unlocked|hp\b|completed?|done|passed|respondents|patients|tasks?|steps?|items?)"
)
_STORAGE = expression(r"\s?(?:GB|TB)\b")
_BETTING = expression(r"(?i)\b(?:odds|bets?|betting|long-?shots?|wagers?|payouts?|bookmakers?)\b")
_ROADS = expression(r"\s(?:split|interchange|junction|merge)\b")
_TRAINS = expression(r"\b(?:[1-7ACEBDFMGJZLNQRWS] train|subway|Metro)s?\b")
_GALLONS = expression(r"(?i)\b(?:mpg|miles per gallon|MPGe)\b")
_THREE_GALLONS = expression(r"(?<![\w./])(\d{1,3})/(\d{1,3})/(\d{1,3})(?= mpg\b)")
_DECIMALS = expression(
    r"(?<![\w./])(?:(?=[\d/]*\.)\d{1,4}(?:\.\d{1,2})?(?:/\d{1,4}(?:\.\d{1,2})?){2,4}|\d{1,3}(?:/\d{1,3}){3})(?![\w/]|\.\d)"
)
_EVEN = expression(
    r"(?<![\w.,$-])(?:50[-–]50|([5-9]\d)[-–]([1-4]\d)(?= (?:odds|split|chance|mix|rule|blend|joint|partnership)))(?![\w-])"
)
_CENTRAL = expression(r"(?<![\w/:])(\d{1,2}(?::\d\d)?)/(\d{1,2}(?::\d\d)?)c\b")
"""Hours of a broadcast in two zones: 8/7c."""
_FOR = expression(r"(?<![\w./])([2-9]|10|12)/(?=\$\d)")
"""`3/$10`: three for ten dollars."""
_ALWAYS = expression(r"(?<![\w.,])24 ?[x×] ?7(?![\w.,]?\d)")
_EXPIRY = expression(r"\b[Ee]xp\.?(?=:? \d\d?/\d\d)")
_EXPIRES = expression(r"(?i)\bexp(?:ires|\.|iry|iration)?:? \Z")
_SIGHT = expression(r"(?i)\b(?:vision|eyes?|eyesight|acuity|glasses|contacts|lens(?:es)?)\b")
_CARD = expression(r"(?i)\b(?:cards?|visa|mastercard|amex|debit|exp\b)")
_NAMED_BEFORE = expression(
    r"(?:\b(?:Windows|i?Phone|iOS|Android|macOS|Xbox|Galaxy|Pixel|Python|Office|[Gg]en|[Gg]rades?|[Tt]ypes?|[Ll]evels?|[Aa]ges?|[Rr]outes?|"
    r"[Rr]ooms?|[Gg]ates?|[Ee]xits?|[Hh]ighways?|[Ll]ines?|[Pp]orts?|[Cc]hannels?|[Zz]ones?|[Cc]lass(?:es)?|[Cc]hapters?|[Pp]ages?|[Ss]easons?|"
    r"[Vv]ersions?|[Ff]lights?|[Ii]ssues?) |\bPS)\Z"
)
"""Behind these the figures are names: Windows ten, eleven."""
_TERM_AFTER = expression(r"\s(?:=|≈|times\b|plus\b|minus\b)\s?[$€£~]?[\d(]")
_TERM_BEFORE = expression(r"(?:\btimes|\bplus|\bminus|[+×÷*−])\s\Z")
"""What stands beside a term of a sum."""
_SPEED = expression(r"\s?(?:[MG]B/s|[MG]bps)\b")
_FRACTIONS = expression(
    r"(?i)\b(?:multipl\w+|divid\w+|fractions?|numerators?|denominators?|simplif\w+|reciprocals?|improper|mixed numbers?)\b|\d/\d{1,3} (?:as|or|is|=) [\d.]+%"
)
"""Words of sums with fractions."""
_HOUR_AFTER = expression(
    r"\s(?:from|between)\s\d{1,2}(?::\d\d)?\s?(?:[-–]|a\.?m\b|p\.?m\b|to\b|and\b|until\b)"
)
_EVENT_AFTER = expression(
    r"\s(?:trip|flight|meeting|appointment|deadline|event|wedding|departure|arrival|party|show|concert|visit|release|launch|invoice|payment|delivery|webinar|interview|check-in|reservation)\b"
)
_MATH_AROUND = expression(r"[=+*×÷^(-]\s?\||\|\s?[=+*×÷^)]|\|\s?[xyznt]\b")
FIRST_SURE_MONTH = 6
"""`12/5` is hardly ever twelve fifths; `5/4` may be five fourths."""
LAST_MONTH, LAST_DAY, MOST_PERCENT = 12, 31, 100
LARGEST_FRACTION = 12
"""Parts up to twelfths are usual; beyond that only powers of two and hundredths are."""
_USUAL_PARTS = frozenset({*range(2, LARGEST_FRACTION + 1), 16, 32, 64})
_SCALES = frozenset({5, 10, 100})


def _pair(match: re.Match[str]) -> str | None:  # noqa: PLR0911  a kind of pair each
    before = match.string[max(0, match.start() - 24) : match.start()]
    after = match.string[match.end() : match.end() + 20]
    if "." in match["a"] + match["b"]:
        return spaced(match, f"{number(match['a'])} out of {number(match['b'])}")
    first, second = int(match["a"]), int(match["b"])
    is_card = match["a"][0] == "0" or bool(_CARD.search(match.string))
    link = _link(first, second, before, after, is_card=is_card, text=match.string)
    if link and _STORAGE.match(after):  # its unit needs figures
        return f"{number(match['a'])}, {match['b']}"
    if link:
        return spaced(match, f"{number(match['a'])}{link}{number(match['b'])}")
    is_weekday = bool(_WEEKDAY_BEFORE.search(before)) and first <= LAST_MONTH
    if not first or not second or (_MEASURE_AFTER.match(after) and not is_weekday):
        return None
    if _FRACTIONS.search(match.string) and match["a"][0] != "0":
        return None
    if _TERM_AFTER.match(after) or _TERM_BEFORE.search(before):
        is_part = second in _USUAL_PARTS | _SCALES
        return None if is_part else spaced(match, f"{number(match['a'])} over {number(match['b'])}")
    if first == 1 and _CAMERA.search(match.string):
        return None
    if first < second in _USUAL_PARTS and re.search(r"(?:\A|\D)\d{1,3} \Z", before):  # 9 3/4
        return None
    if _is_date(match, first, second, before, after):
        return spaced(match, month_day(first, second))
    return (
        spaced(match, f"{number(match['a'])} out of {number(match['b'])}")
        if _is_score(first, second, before, after)
        else None
    )


def _link(
    first: int, second: int, before: str, after: str, *, is_card: bool, text: str
) -> str | None:
    """What is said between two figures that are neither a date nor a fraction, or None."""
    if 0 < first <= second and _PART_BEFORE.search(before) and not before.endswith("Day ("):
        return " of "
    if _BETTING.search(text) and second <= LARGEST_FRACTION and second:
        return " to "
    is_split = first + second == MOST_PERCENT and first >= second > 0 and not first % 5
    expires = (
        bool(_EXPIRES.search(before)) and second > LAST_MONTH and (is_card or second > LAST_DAY)
    )  # of a card: month and year
    named = bool(_NAMED_BEFORE.search(before)) and first != second
    named = named or (first > LAST_MONTH and bool(_WEEKDAY_BEFORE.search(before)))  # a forecast
    named = named or (before.endswith("the ") and bool(_TRAINS.search(text)))
    named = named or bool(_ROADS.match(after))
    named = named or before.endswith("number ") or (first > 2 and bool(_STORAGE.match(after)))  # noqa: PLR2004 (½ GB)
    named = named or bool(_GALLONS.search(text))
    named = named or (first == 20 and bool(_SIGHT.search(text)))  # noqa: PLR2004 (feet)
    named = named or (second == 1 and after.startswith(" ARM"))
    return " " if (first, second) in _WHOLES or is_split or expires or named else None


def _says_when(before: str, after: str, *, is_mark: bool) -> bool:
    """Whether the words around speak of a day: `by 12/5`, `a 3/15 trip`, `Labor Day (9/1)`."""
    is_event = not is_mark and _EVENT_AFTER.match(after)
    return (
        bool(is_event or _HOUR_AFTER.match(after) or _FIRM_DATE_BEFORE.search(before))
        or after.startswith(" at ")
        or before.endswith("Day (")
    )


def _is_date(match: re.Match[str], month: int, day: int, before: str, after: str) -> bool:
    if month > LAST_MONTH or day > LAST_DAY or (_SCORE_AFTER.match(after) and day in _SCALES):
        return False
    if _says_when(before, after, is_mark=day in _SCALES) or match.group()[0] == "~":
        return True
    if match["a"][0] == "0" or match["b"][0] == "0":
        return True
    if month > day and month >= FIRST_SURE_MONTH:
        alone = before.endswith("(") and after.startswith(")")
        return alone or not _MATH_AROUND.search(before[-3:] + "|" + after[:3])
    unusual = day not in _USUAL_PARTS
    return (
        unusual
        and month < day
        and not _SCORE_AFTER.match(after)
        and (bool(_DATE_BEFORE.search(before)) or not _SCORE_BEFORE.search(before))
    )


_CAMERA = expression(r"(?i)\b(?:shutter|exposure|aperture|f/\d|iso \d)")


_COUNTED_AFTER = expression(r"\s(?!inches|cups|slices|servings|parts)[a-z]{2,14}[a-rt-z]s\b")
"""A noun in the plural: `3/4 people surveyed` may be shares, `3/4 flights` are flights that were counted."""


def _is_score(points: int, most: int, before: str, after: str) -> bool:
    if points > most:
        return False
    if points > 1 and _COUNTED_AFTER.match(after):
        return True
    if points == most and points > 1:
        return True
    if most == MOST_PERCENT:
        return points > 1
    if most == 10 or most not in _USUAL_PARTS:  # noqa: PLR2004 (marks out of ten)
        return most >= 10  # noqa: PLR2004
    asked = _SCORE_BEFORE.search(before) or _SCORE_AFTER.match(after)
    return (
        bool(asked)
        and most in _SCALES | {20, 30, 50}
        and bool(
            _SCORE_AFTER.match(after)
            or re.search(r"(?i)rat|scor|g[ai]ve|got|graded|solid|mark", before)
        )
    )


def _days(match: re.Match[str]) -> str | None:
    """`3/1–3/4`: days, where shares would fall, or a word says so."""
    (month, day), (last_month, last_day) = (
        (int(match[a]), int(match[b])) for a, b in (("m", "d"), ("n", "e"))
    )
    if _MEASURE_AFTER.match(match.string, match.end()):
        return None
    in_order = (month, day) < (last_month, last_day) or month > last_month
    falls = month * last_day > last_month * day
    before = match.string[max(0, match.start() - 24) : match.start()]
    if not in_order or not (falls or day not in _USUAL_PARTS or _FIRM_DATE_BEFORE.search(before)):
        return None
    link = match["link"].strip(" -–") or "to"
    return f"{month_day(month, day)} {link} {month_day(last_month, last_day)}"


def _even(match: re.Match[str]) -> str | None:
    first, second = match.group()[:2], match.group()[-2:]
    return f"{number(first)} {number(second)}" if int(first) + int(second) == MOST_PERCENT else None


def _counts(match: re.Match[str]) -> str:
    """`14,300/20,000` → 14,300 out of 20,000."""
    if _SPEED.match(match.string, match.end()):  # of reading and writing
        return f"{match[1]} {match[2]}"
    first, second = (int(part.replace(",", "")) for part in match.groups())
    return f"{match[1]} {'out of' if first <= second else 'over'} {match[2]}"


def apply(text: AlignedText) -> AlignedText:
    """`due 11/29` → due November twenty-ninth; `7/10` → seven out of ten; `50/50` → fifty fifty."""
    text = text.sub(_ALWAYS, "24 7").sub(_EXPIRY, "expires").sub(_CENTRAL, r"\1 \2 central")
    if "/" in text.text:
        text = text.sub(_DECIMALS, lambda m: m.group().replace("/", ", "))
        text = text.sub(_THREE_GALLONS, r"\1, \2, \3")
        text = text.sub(_MIXED_SCORE, r"\1 and a half out of \2")
        text = text.sub(_DAYS, _days).sub(_FOR, r"\1 for ").sub(_COUNTS, _counts)
        text = text.sub(_FROM_FRACTION, r"\1 to ").sub(_PAIR, _pair)
    return text.sub(_EVEN, _even) if "0" in text.text or "5" in text.text else text

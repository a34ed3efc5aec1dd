"""Numbers in running text that are neither dates, times, money nor measures."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import (
    digits,
    fraction,
    mixed,
    number,
    ordinal,
    plain_number,
)
from dora_mlx_tts.text.en.normalize.patterns import (
    DASH,
    INTEGER,
    MAGNITUDES,
    NOT_INSIDE,
    NUMBER,
    Rule,
    apply_rules,
    spaced,
)
from dora_mlx_tts.text.patterns import expression

_ITEM = expression(r"(?m)^(\s*)(\d{1,2})[.)]\s+(?=\S)")
_FIRST_ITEM = expression(r"(?<=[:;] )1[.)]\s+(?=[A-Z\"])")
_SECOND_ITEM = expression(r"(?<!\S)2[.)]\s")
_ORDINAL = expression(rf"{NOT_INSIDE}(?<!\d/)({INTEGER})(?:st|nd|rd|th|ST|ND|RD|TH)\b(-)?")
_ORDINALS = expression(rf"(?<=\d)(st|nd|rd|th)\s?{DASH}\s?(?=\d{{1,4}}(?:st|nd|rd|th)\b)")
_MIXED = expression(r"(?<![\d./])(\d{1,3})(?: |-| and )(\d{1,2})/(\d{1,3})(?:ths?\b)?(?![\d/])")
_FRACTION = expression(
    r"(?<![\d./:])(?<!\d,)(?P<minus>(?<![\w)])[-−])?(?:(\d{1,3})/(\d{1,3})|(1)/(\d{4,6})|(\d{5,9})/(\d{5,9}))"
    r"(?P<th>(?i:th|rd|nd)s?\b)?(?![\d/]|\.\d)"
)
_LARGE = expression(r"(?<![\w./:])(\d{1,3})/(\d{4})(?![\w/]|\.\d)")
_OVER = expression(r"(?<![\w./])1/([A-Za-z])(?!\w|\.\w)")
_RATIO = expression(
    r"(?<![\d.:])(\d{1,3}(?:\.\d{1,3})?)(?:\s:\s|:)(\d{1,3}(?:,\d{3})+|\d{1,6}(?:\.\d{1,3})?)(?![\d:]|[.,]\d)"
)
_RATIOS = expression(r"(?<![\w.:])\d{1,3}(?::\d{1,3}){2,5}(?![\w:]|\.\d)")
_TIMES = expression(
    rf"{NOT_INSIDE}(?<!plus )(?<!minus )(?:({NUMBER}){DASH})?({NUMBER})\s?[x×]"
    r"(?=\s(?!d ?[a-z]\b|plus|minus|times|equals|divided|squared|cubed|to the)(?:[a-z]|[A-Z][a-z]+'s\b)|\s*[.,;!?)]|\s*\Z)"
)
_ITEMS = expression(
    r"(?<![\w.,$-])([1-9])\s?[x×]\s(?=(?:[A-Za-z][\w-]{1,15} ){0,2}[a-z]{3,15}s\b)"
    r"(?!(?:[a-z]+ )?(?:equals|plus|minus|times|is|was|has|does|divided|squared|cubed|to)\b)(?!(?:more|less|as|the|a|an|per|faster|daily|weekly|this|his|her|its|returns|gains|fees?|damages|returns|profits|speeds|wages|earnings|costs|prices|rates|sales|losses|times|[a-z]+er)\b)"
)
"""`2x large pizzas` are two of them."""
_GLUED_SCALE = expression(
    rf"{NOT_INSIDE}(?<![A-Za-z])(\d{{1,3}}(?:\.\d{{1,2}})?)(K|M|B)-(?=[a-z]{{3,}})(?!K-(?:run|race|ultra|resolution|tv|display|video|screen))"
)
_BOUGHT = expression(
    r"(?<![\w.,$-])([1-9]\d?)\s?[x×]\s(?=[a-z][a-z -]{2,24}\((?:[a-z]{2,9}[ -]){1,8}?(?:dollar|cent|euro|pound))"
)
"""Behind a number of things stands what they cost."""
_LISTED = expression(r"(?:(?<=[:;(,] )|\A)([1-9]\d?)x (?=[A-Z][A-Za-z])")
_BY = expression(rf"{NOT_INSIDE}({NUMBER})\s?[x×]\s?(?={NUMBER})")
_RANGE = expression(
    rf"{NOT_INSIDE}(?<!\w-)(?<![A-Za-z])(?P<a>{NUMBER})(?:{DASH}|\s{DASH}\s)(?P<b>{NUMBER})(?![\w-]|\.\d)"
)
_GROUPED = expression(
    r"(?<![\w.,])\d{1,3}(?: \d{3}){2,6}(?![\d.,]\d|\d)|(?<![\w.,])[1-9]\d{0,2} 000(?![\d.,]\d|\d)"
)
_INDIAN = expression(r"(?<![\d,.])\d{1,2}(?:,\d{2})+,\d{3}(?![\d,])")
_ABOUT = expression(rf"(?<![\w.])[~≈]\s?(?={NUMBER})")
_NEGATIVE = expression(r"(?<![\w)\]%.])[-−](?=\.?\d)")
_SCALED = expression(rf"{NOT_INSIDE}({NUMBER})\s?(M|mn|bn|tn|k)\b(?!-| [A-Z]\b)")
_THOUSANDS = expression(
    rf"{NOT_INSIDE}(?:(?<=plus )|(?<=minus )|(?<=negative )|(?<![A-Za-z])(?=\d{{3}}))(?!401|403|457)({NUMBER})K\b(?!-)(?! (?:run|race|ultra|resolution|TV|display|video))"
)
_DECIMAL_THOUSANDS = expression(
    rf"{NOT_INSIDE}(?<![A-Za-z])(?<!seat )(?<!row )(?<!gate )(?<!room )(\d{{1,3}}\.\d|(?!(?:2|4|5|8|10)K)\d{{1,3}})K\b(?!-)(?! (?:run|race|ultra|resolution|TV|display|video|screen|monitor|footage|[A-Z]{{0,4}}LED|LCD|IPS|panel|webcam|camera))"
)
_BILLIONS = expression(
    rf"{NOT_INSIDE}(?<![A-Za-z])(\d{{1,3}}(?:\.\d{{1,2}})?)\s?B(?= (?:years|params?|parameters|tokens|models?|people|users|views|downloads|barrels|rows|records|searches|dollars|version|weights|in|for)\b)"
)
_NUMBER = expression(rf"(?P<glued>[A-Za-z])?(?<!\d)(?P<n>{NUMBER})(?P<more>\+(?!\s?\d))?")


def _ratio(match: re.Match[str]) -> str:
    """`4:3` is a ratio; `45:30` is how long something took."""
    first, second = match.groups()
    timed = len(second) == 2 and first.isdecimal() and int(first) > 23 and 10 <= int(second) < 60  # noqa: PLR2004 (minutes and seconds)
    return spaced(match, f"{number(first)}{' ' if timed else ' to '}{number(second)}")


def _times(match: re.Match[str]) -> str | None:
    """`2x faster`, but `the integral of 2x`."""
    if _CALCULUS.search(match.string):
        return None
    return (
        f"{number(match[1])} to {number(match[2])} times"
        if match[1]
        else f"{number(match[2])} times"
    )


_CALCULUS = expression(
    r"(?i)\b(?:integrals?|derivatives?|antiderivatives?|differentiat\w+|integrat\w+|polynomials?|slopes?|graph|solve|equations?)\b"
)


def _fraction(match: re.Match[str]) -> str | None:
    minus = match["minus"]
    a, b = next(
        (x, y) for x, y in zip(match.groups()[1:7:2], match.groups()[2:7:2], strict=True) if x
    )
    if int(b) == 0 or int(a) == 0 or (a[0] == "0" or b[0] == "0"):
        return spaced(match, f"{number(a)} over {number(b)}")
    large = int(b) > 10 or int(a) >= 100  # noqa: PLR2004 (120/80 is a blood pressure)
    if int(a) > int(b) and large and not match["th"]:
        return spaced(match, f"{number(a)} over {number(b)}")
    if int(b) == 1:
        return spaced(match, f"{number(a)} over one")
    return spaced(match, ("negative " if minus else "") + fraction(int(a), int(b)))


def _mixed(match: re.Match[str]) -> str | None:
    whole, a, b = (int(part) for part in match.groups())
    if b < 2 or a >= b:  # noqa: PLR2004 (no fraction)
        return None
    return spaced(match, mixed(str(whole), a, b))


def _plain(match: re.Match[str]) -> str:
    figures = match["n"]
    glued = match["glued"] or ""
    words = plain_number(figures) + (" plus" if match["more"] else "")
    end, text = match.end(), match.string
    if end < len(text) and text[end].isalpha():
        words += " "
    if glued or (match.start() and text[match.start() - 1].isalnum()):
        words = f" {words}"
    return glued + words


def _range(match: re.Match[str]) -> str | None:
    a, b = match["a"], match["b"]
    return spaced(match, f"{plain_number(a)} to {plain_number(b)}")


_RULES = (
    Rule(_GLUED_SCALE, lambda m: f"{number(m[1])} {MAGNITUDES[m[2].lower()]}-", "-"),
    Rule(_BOUGHT, lambda m: f"{number(m[1])} ", "x×"),
    Rule(_LISTED, lambda m: f"{number(m[1])} ", "x"),
    Rule(_ITEMS, lambda m: f"{number(m[1])} ", "x×"),
    Rule(
        _TIMES,
        _times,
        "x×",
    ),
    Rule(_BY, lambda m: spaced(m, f"{plain_number(m[1])} by "), "x×"),
    Rule(_RATIOS, lambda m: " to ".join(map(number, m.group().split(":"))), ":"),
    Rule(_RATIO, _ratio, ":"),
    Rule(_MIXED, _mixed, "/"),
    Rule(_OVER, lambda m: f"one over {m[1]}", "/"),
    Rule(_LARGE, lambda m: f"{number(m[1])} over {number(m[2])}", "/"),
    Rule(_FRACTION, _fraction, "/"),
    Rule(_RANGE, _range, "-–—−~"),
    Rule(_ABOUT, lambda m: "about ", "~≈"),  # noqa: ARG005 (a replacement takes its match)
    Rule(_NEGATIVE, lambda m: spaced(m, "negative "), "-−"),
    Rule(_SCALED, lambda m: spaced(m, f"{number(m[1])} {MAGNITUDES[m[2].lower()]}"), "Mmbtk"),
    Rule(_THOUSANDS, lambda m: spaced(m, f"{number(m[1])} thousand"), "K"),
    Rule(_BILLIONS, lambda m: spaced(m, f"{number(m[1])} billion"), "B"),
    Rule(_DECIMAL_THOUSANDS, lambda m: spaced(m, f"{number(m[1])} thousand"), "K"),
    Rule(_NUMBER, _plain),
)


def apply_groups(text: AlignedText) -> AlignedText:
    """`1 000 000` → 1000000."""
    text = text.sub(_INDIAN, lambda m: f"{int(m.group().replace(',', '')):,}")
    return text.sub(_GROUPED, lambda m: m.group().replace(" ", ","))


def apply_items(text: AlignedText) -> AlignedText:
    """`2. Wash it` → second, Wash it."""
    if not _SECOND_ITEM.search(text.text):  # it is a sentence of its own
        text = text.sub(_FIRST_ITEM, "first, ")
    return text.sub(_ITEM, lambda m: f"{m[1]}{ordinal(int(m[2]))}, ")


def apply_ordinals(text: AlignedText) -> AlignedText:
    """`22nd` → twenty-second."""
    text = text.sub(_ORDINALS, r"\1 to ")
    return text.sub(_ORDINAL, lambda m: spaced(m, ordinal_figures(m[1])) + (m[2] or ""))


def ordinal_figures(figures: str) -> str:
    """Ordinal of figures with or without thousands commas; very long ones are read as figures."""
    plain = figures.replace(",", "")
    return ordinal(int(plain)) if len(plain) < 13 else f"{digits(plain)}th"  # noqa: PLR2004 (trillions)


def apply(text: AlignedText) -> AlignedText:
    """Everything that is left: fractions, ratios, ranges, signs, plain numbers."""
    return apply_rules(text, _RULES)

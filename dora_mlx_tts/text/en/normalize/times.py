"""Times of day and marks of half days."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import cardinal
from dora_mlx_tts.text.en.normalize.patterns import DASH, NEW_SENTENCE, Rule, apply_rules, spaced
from dora_mlx_tts.text.patterns import expression

_HALF = r"[AaPp]\.?\s?[Mm]\b"
_CLOCK = r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?"
_TIME = expression(
    rf"(?<![\d:.])(?P<h>[01]?\d|2[0-3]|24(?=:00)):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d)(?:\.\d++)?)?(?![\d:]|,\d{{3}})"
    rf"(?:\s?(?P<half>{_HALF})(?P<dot>\.(?!{NEW_SENTENCE}))?)?(?:\s?(?P<zulu>Z)\b)?"
)
_HOUR = expression(
    rf"(?<![\d:.$£€])(?<!\d,)(?P<h>1[0-2]|0?[1-9])\s?(?P<half>{_HALF})(?P<dot>\.(?!{NEW_SENTENCE}))?"
)
_RANGE = expression(
    rf"(?<![\d:.])({_CLOCK}|1[0-2]|[1-9])(\s?{_HALF}\.?)?\s?{DASH}\s?"
    rf"(?={_CLOCK}(?![\d:])|(?:1[0-2]|[1-9])\s?{_HALF})"
)
_DOTTED = expression(rf"(?<![\w.:])(0?[1-9]|1[0-2])\.([0-5]\d)(?=\s?{_HALF})")
_DOTTED_CUE = expression(
    r"(?P<lead>\b(?:leav\w+|depart\w*|arriv\w+|start\w*|begin\w*|meet\w*|open\w*|train|bus|ferry|flight)(?:'s)?(?: \w+){0,4} at )"
    r"(?P<h>[01]?\d|2[0-3])\.(?P<m>[0-5]\d)(?![\d%]|\.\d)"
)
_LETTER = expression(
    r"(?<![\d:.])(?P<t>(?:[01]?\d|2[0-4]):[0-5]\d)(?P<half>[ap])(?![\w']|\.\s?[mM]|\.\w|\s?/)"
)
_LETTERS = expression(
    rf"(?<![\w:.$€£])(?P<t>1[0-2]|[1-9])(?P<half>[ap])?(?P<dash>\s?{DASH}\s?|(?<=[ap]) to )(?P<u>(?:1[0-2]|[1-9])(?::[0-5]\d)?)(?P<half2>[ap])(?:m\b|(?![\w']))"
)
_LETTER_CUE = expression(r"(?<=\b(?:at|by) )(?P<t>1[0-2]|[1-9])(?P<half>[ap])(?![\w'-])")
_EVENT_CUE = expression(
    r"(?P<lead>\b(?i:shows?|doors|starts?|opens?|closes?|ends?|until|till|from|before|after|since|around|dinner|lunch|kickoff|tip-?off|bedtime|curfew) )(?P<t>1[0-2]|[1-9])(?P<half>[ap])(?![\w'-])"
)
_ZONE = expression(
    r"(?<=\b[AP] M)(?P<dot>\.?)\s?(?P<z>(?i:[ecmp]\.?[sd]\.?t|gmt|utc|cet|cest|bst|ist|jst)|[ecmp]t)\b(?=\W|\Z)"
)
_MILITARY = expression(
    r"(?<![\w.,:$-])(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)(?:(?P<word> ?(?:hours|hrs)\b)|(?![\w.,:-]?\d|\w))"
)
_ZONED = expression(r"(?<![\w.,:$-])(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)(?P<zone>[LZ])(?![\w-])")
_FLIGHT = expression(
    r"(?i)\b(?:flights?|gates?|lands?|landing|depart\w*|arriv\w*|pushes back|takes? ?off|METAR|TAF|airport|runway|boards?)\b"
)
_BARE_HALF = expression(rf"\b([AaPp])\.\s?([Mm])(?:\.(?!{NEW_SENTENCE})|\b)")
_RATIO_AROUND = expression(r"(?i)\b(?:ratio|aspect|scale|dilut\w*|mix|odds|slope|proportions?)\b")
_ODDS_BEFORE = expression(
    r"(?i)\b(?:odds|ratios?|screens?|displays?|monitors?|aspect)\b(?:(?! at )[^.?!;])*\Z"
)
_BEFORE_MILITARY = (
    "at ",
    "by ",
    "than ",
    "before ",
    "until ",
    "till ",
    "after ",
    "around ",
    "about ",
)
_UNTIL = expression(
    r" to (?:\d|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon|midnight)\b)"
)
NOON = 12


def _half(sign: str) -> str:
    return f"{sign[0].upper()} M"


def _time(match: re.Match[str]) -> str | None:
    hour, minute, half = int(match["h"]), int(match["m"]), match["half"]
    if not half and _is_ratio(match):
        return None
    if half:
        half = _half(half)
    elif hour > NOON:
        half = "A M" if hour == 2 * NOON else "P M"
    elif hour == 0:
        half = "A M"
    words = [cardinal(hour % NOON or NOON)]
    if minute:
        words.append(f"{'oh ' if minute < 10 else ''}{cardinal(minute)}")  # noqa: PLR2004 (one figure)
    elif match["s"] and int(match["s"]):
        words.append("oh oh")
    elif not half and not match["zulu"] and not _UNTIL.match(match.string, match.end()):
        words.append("o'clock")
    if match["s"] and int(match["s"]):
        seconds = int(match["s"])
        words.append(f"and {cardinal(seconds)} second{'' if seconds == 1 else 's'}")
    is_zulu = match["zulu"] and not match["s"]  # the second is that of a time stamp
    half = half or ("A M" if is_zulu else "")
    return spaced(match, " ".join([*words, half, "Zulu" if is_zulu else ""]).strip())


def _is_ratio(match: re.Match[str]) -> bool:
    """Whether the words around speak of a ratio or of odds."""
    around = match.string[max(0, match.start() - 12) : match.end() + 8]
    before = match.string[max(0, match.start() - 40) : match.start()]
    return bool(_RATIO_AROUND.search(around) or _ODDS_BEFORE.search(before))


def _dotted(match: re.Match[str]) -> str:
    hour, minute = int(match["h"]), int(match["m"])
    said = "hundred" if not minute else f"{'oh ' if minute < 10 else ''}{cardinal(minute)}"  # noqa: PLR2004 (one figure)
    return f"{match['lead']}{cardinal(hour)} {said}"


def _military(match: re.Match[str]) -> str | None:
    """`0615 hours`, `at 0800`."""
    hour, minute = match["h"], match["m"]
    if not match["word"] and not (
        hour[0] == "0" and match.string.endswith(_BEFORE_MILITARY, 0, match.start())
    ):
        return None
    first = f"{'oh ' if hour[0] == '0' else ''}{cardinal(int(hour))}"
    second = f"{'oh ' if minute[0] == '0' else ''}{cardinal(int(minute))}"
    said = "hundred" if minute == "00" else second
    return f"{first} {said}{' hours' if match['word'] else ''}"


def _zoned(match: re.Match[str]) -> str | None:
    """`0830L` of a flight plan → oh eight thirty local."""
    if match["zone"] == "L" and not _FLIGHT.search(match.string):
        return None
    hour, minute = match["h"], match["m"]
    first = f"{'oh ' if hour[0] == '0' else ''}{cardinal(int(hour))}"
    second = f"{'oh ' if minute[0] == '0' else ''}{cardinal(int(minute))}"
    zone = "local" if match["zone"] == "L" else "Zulu"
    return f"{first} {'hundred' if minute == '00' else second} {zone}"


def _zone(match: re.Match[str]) -> str:
    return f" {' '.join(match['z'].replace('.', '').upper())}"


def _letters(match: re.Match[str]) -> str:
    """`7a-3p` → 7am-3pm."""
    half = f"{match['half']}m" if match["half"] else ""
    return f"{match['t']}{half}{match['dash']}{match['u']}{match['half2']}m"


_ONE_ON_ONE = expression(
    r"1:1(?<![\d:.]1:1)(?<!mix 1:1)(?<!mixed 1:1)(?<!dilute 1:1)(?<!diluted 1:1)(?<!ratio 1:1)(?=s?\b(?! (?:ratio|mix|scale|aspect|map|correspond|dilution|by)))(?=s\b| (?:with|meetings?|calls?|syncs?|chats?|sessions?|coaching|time|at|on|today|tomorrow|next|this)\b)"
)
_PAST_HOUR = expression(r"(?:(?<=\s)|(?<=\()):(?P<m>[0-5]\d)(?![\d:.])")
_ABOUT = expression(r"(?<![\w.)/~])~\s?(?=\d{1,2}(?::[0-5]\d|\s?[AaPp]\.?[Mm]))")
_RULES = (
    Rule(_ONE_ON_ONE, "one-on-one", ":"),
    Rule(
        _PAST_HOUR,
        lambda m: f"{'oh ' if m['m'][0] == '0' else ''}{cardinal(int(m['m']))}",
        ":",
    ),
    Rule(_ABOUT, "about ", "~"),
    Rule(_LETTERS, _letters, "ap"),
    Rule(_LETTER, r"\g<t> \g<half>m", "ap"),
    Rule(_LETTER_CUE, r"\g<t> \g<half>m", "ap"),
    Rule(_EVENT_CUE, r"\g<lead>\g<t> \g<half>m", "ap"),
    Rule(_DOTTED, r"\1:\2", "."),
    Rule(_DOTTED_CUE, _dotted, "."),
    Rule(_RANGE, lambda m: f"{m[1]}{m[2] or ''} to ", "-–—−~"),
    Rule(_TIME, _time, ":"),
    Rule(_HOUR, lambda m: spaced(m, f"{cardinal(int(m['h']))} {_half(m['half'])}"), "123456789"),
    Rule(_BARE_HALF, lambda m: f"{m[1].upper()} M", "."),
    Rule(_ZONE, _zone, "M"),
    Rule(_ZONED, _zoned, "LZ"),
    Rule(_MILITARY, _military, "012"),
)


def apply(text: AlignedText) -> AlignedText:
    """`8:05` → eight oh five, `13:30` → one thirty P M, `9 a.m.` → nine A M, `2.30 pm` → two thirty P M."""
    return apply_rules(text, _RULES)

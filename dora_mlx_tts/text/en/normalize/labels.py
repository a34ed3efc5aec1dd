"""Numbers with a letter behind a word that says they only name: `Gate 5C`, `Question 4m`, `Runway 09L`."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.abbreviation_tables import BEFORE_NUMBER
from dora_mlx_tts.text.en.normalize.numbers import cardinal, digits, named
from dora_mlx_tts.text.en.normalize.patterns import Rule, apply_rules, spaced
from dora_mlx_tts.text.patterns import expression

_TEXT_LABELS = (
    "question|problem|exercise|figure|fig|table|page|pp?|chapter|ch|item|clause|article|art|schedule|section|sec|subsection|step|part|"
    "appendix|exhibit|note|footnote|paragraph|para|verse|equation|eq|theorem|lemma|grade|class|apartment|apt|flat|unit|house|seat|row|"
    "room|rm|suite|ste|locker|number|no|box"
)
_LABELS = (
    rf"{_TEXT_LABELS}|gate|aisle|exit|bus|route|line|track|platform|terminal|form|floor|fl|block|blk|lot|coach|carriage|pier|stall|"
    "booth|pod|bay|dock|bin|shelf|lane|concourse|door|entrance|stand|bed|ward|zone|hangar|stop|highway|hwy|interstate|building|bldg|"
    "group|team|region|district|precinct|berth|slip|court|cabin|deck|level|stage|type|model|plate|plan"
)
_UNIT_LETTERS = "gdhkmsx"
"""Small letters that are units far more often than names."""
_LETTERED = expression(
    rf"(?P<lead>\b(?:{_LABELS})s?\.?\s)(?P<first>#?\d{{1,4}}[A-Za-z])(?P<more>(?:(?:\s?[–-]\s?|, (?:and )?| and | & | or |/)\d{{1,4}}[A-Za-z]){{0,6}})"
    r"(?![\w°²³%]|[-/]\w|\.\d|\s?[x×+]\s?\d|\s\d|\s(?:wide|long|tall|deep|high|away|ahead|ago|late|early|later|left|delay|from)\b)",
    re.IGNORECASE,
)
_ONE = expression(r"#?(\d{1,4})([A-Za-z])(?![A-Za-z])")
_TEXT_LABEL = expression(rf"(?i)(?:{_TEXT_LABELS})s?\.?\s\Z")
_ELECTRIC = expression(r"(?i)\b(?:breakers?|fuses?|circuits?|volts?|amps?|outlets?|charg\w+)\b")
_SECTION = expression(r"(?<!§§ )(?<=§ )(\d{1,5})-(\d{1,5})(?=[\s,.;()]|\Z)")
_SPAN = expression(r"\s?[–-]\s?")
_RUNWAY = expression(
    r"\b(?:[Rr]unways?|[Rr][Ww][Yy]s?|ILS|RNAV|VOR|cleared (?:to land|for take-?off))\b"
)
_RUNWAY_SIDE = expression(r"(?<![\w.])(0[1-9]|[1-9]|[12]\d|3[0-6])([LRC])(?!\w)")
_SIDES = {"L": "left", "R": "right", "C": "center"}
_SQUAWK = expression(r"(?<=\b[Ss]quawk )(\d{4})\b|(?<=\b[Ss]quawking )(\d{4})\b")
_TAIL_NUMBER = expression(r"(?<![\w-])N(\d{1,5})([A-Z]{1,2})(?![\w-])")
_LONG_CODE = expression(r"(?<!\w)([A-Z]{1,4})(\d{5,7})(?![\w,.]*\d|\w|%)")
_MIXED_CODE = expression(
    r"(?<![\w-])(?!RTX|GTX|A3\d\d[A-Z])([A-Z]{1,4})(\d{3,5})([A-Z]{2,4})(?!\w|-)"
)
_CODE_LEAD = expression(
    r"(?i)(?:\b(?:no|number|docket|case|serial|part|file|claim|policy|container|ref|reference|order|invoice|ticket|booking|reservation|confirmation|tracking|shipment|po|roll|account|permit|lot|warrant|patent|archive)\b\.?:?|#)\s?#?\Z"
)
_PAIR_LEAD = expression(r"\b[A-Z]{2,5}\s\Z")
_ROOM_PAIR = expression(
    r"(?:(?<=\bRm\. )|(?<=\b[Rr]oom )|(?<=\b[Ss]uite )|(?<=\b[Uu]nit )|(?<=\b[Oo]ffice ))(\d{1,2})-(\d{3})(?![\w-]|[.,]\d)"
)
_CODE_PAIR = expression(
    r"(?<![\w.,$€£/#-])(?P<hash>#\s?)?(?P<a>\d{2,9})-(?P<b>\d{1,9})(?![\w/]|[-.,]\d|\s?%)"
)
_ROUND = re.compile(r"\d+00")
FEWEST_MORE = 2
"""Figures that the second part of a range may have more than the first."""


def _lettered(match: re.Match[str]) -> str | None:
    """`seats 14A–14D` → seats fourteen A to fourteen D."""
    letter = match["first"][-1]
    if letter in _UNIT_LETTERS and not _TEXT_LABEL.search(match["lead"]):
        return None
    if letter in "AVW" and _ELECTRIC.search(match.string):
        return None
    rest = _SPAN.sub(" to ", match["first"] + match["more"])
    return _label(match["lead"]) + _ONE.sub(lambda m: f"{named(m[1])} {m[2].upper()}", rest)


def _label(lead: str) -> str:
    """`Apt. ` → Apartment: the abbreviation of a label, which later rules know before figures only."""
    written = lead.rstrip(". ")
    word = BEFORE_NUMBER.get(written.lower())
    if word is None:
        return lead
    return f"{word.capitalize() if written[0].isupper() else word} "


def _code_pair(match: re.Match[str]) -> str | None:
    """`No. 22-55988`, `container 907032-3`: what is no range is a code."""
    first, second = match["a"], match["b"]
    more = len(second) - len(first)
    if _ROUND.fullmatch(second) or (second[0] == "0" and len(second) == 1):
        return None
    before = match.string[max(0, match.start() - 16) : match.start()]
    has_lead = bool(match["hash"] or _CODE_LEAD.search(before))
    is_descending = int(second) < int(first) and more < 0 and (has_lead or len(first) > len("2019"))
    is_leap = more >= FEWEST_MORE and (
        has_lead or (more > FEWEST_MORE and _PAIR_LEAD.search(before))
    )
    has_zero = second[0] == "0" and len(second) > FEWEST_MORE
    if not (is_descending or is_leap or has_zero):
        return None
    number = "number " if match["hash"] else ""
    return spaced(match, f"{number}{_part(first)}, {_part(second)}")


def _part(figures: str) -> str:
    return (
        cardinal(int(figures))
        if len(figures) <= FEWEST_MORE and figures[0] != "0"
        else digits(figures)
    )


_RULES = (
    Rule(_LETTERED, _lettered),
    Rule(_SQUAWK, lambda m: digits(m[1] or m[2])),
    Rule(_TAIL_NUMBER, lambda m: f"N {digits(m[1])} {' '.join(m[2])}", "N"),
    Rule(_LONG_CODE, lambda m: f"{' '.join(m[1])} {digits(m[2])}"),
    Rule(_MIXED_CODE, lambda m: f"{' '.join(m[1])} {digits(m[2])} {' '.join(m[3])}"),
    Rule(_SECTION, lambda m: f"{named(m[1])} dash {named(m[2])}", "§"),
    Rule(_ROOM_PAIR, lambda m: f"{m[1]} {named(m[2])}"),
    Rule(_CODE_PAIR, _code_pair, "-"),
)


def apply(text: AlignedText) -> AlignedText:
    """`Gate 5C` → Gate five C, `Runway 09L` → Runway 09 left, `squawk 4721` → squawk four seven two one."""
    if _RUNWAY.search(text.text):
        text = text.sub(_RUNWAY_SIDE, lambda m: f"{m[1]} {_SIDES[m[2]]}")
    return apply_rules(text, _RULES)

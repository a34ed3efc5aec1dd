"""What is counted per something: `60 req/min`, `per sq mi`, `twice a wk`."""

from __future__ import annotations

import re

from dora_mlx_tts.text.en.normalize.patterns import Rule, alternatives, magnitude
from dora_mlx_tts.text.en.normalize.unit_names import PER, names, per_name
from dora_mlx_tts.text.patterns import expression

PER_SIGN = alternatives(set(PER))
PER_UNIT = r"(?:\([a-z]{1,3}\s?[·* ]\s?°[CF]\)|\([A-Za-zμ]{1,4}(?:[²³]|\^[23])?(?:\s?[·* ]\s?[A-Za-zμ]{1,4}(?:[²³]|\^[23])?){1,2}\)|(?:sq|cu)\.? [a-z]{1,3}|(?:kg|g|mol|m|cm)?[·⋅ ]?°[CF](?!\w)|[A-Za-zμΩ]{1,6}(?:[²³]|\^?[23](?!\d))?)"
"""What looks like a unit behind a slash."""
PER_WORD = r"(?!zero|one|two|three|four|five|six|seven|eight|nine|oh)[a-z]{3,12}"
ENDS_BEFORE = r"(?![A-Za-z\d²³]|-[A-Za-z]|\.[A-Za-z])"
_WORD_PER = expression(
    r"(?<=[a-z]{3})/(oz|lbs?|kg|gal|mL|ml|dL|mi|km|sq ft|acre|serving|day|night|hr|hour|min|sec|wk|week|mo|month|yr|year|person|capita)\b(?:\.(?=\s[a-z]|[,;]))?"
)
_BRACKET_PER = expression(
    r"(?<=\))\s?/\s?(day|night|wk|week|mo|month|yr|year|hr|hour|min|sec|kg|person|serving)\b(?:\.(?=\s[a-z]|[,;]))?"
)
_ONCE_PER = expression(rf"(?<=\bonce)\s?/\s?({PER_SIGN})\b")
_PER_TIME = expression(
    r"(?<=[A-Za-z])\s?/\s?(?=\d{1,3}[ -]?(?:hrs?|hours?|h|days?|d|weeks?|wks?|mins?|minutes?|months?)\b)"
)
_PER_AREA = expression(r"\bper sq\.? (mi|km|ft|m|in|yd)\b(?:\.(?=\s[a-z]|[,;]))?")
_PER_THING = expression(
    r"(?<=\d )(?P<what>[a-z]{2,13}s)/(?P<per>char|character|word|line|page|user|item|sample|token|frame|row|node|core|pixel|acre|"
    r"class|customer|query|request|call|game|student|employee|site|file|device|seat|ticket|serving|cup|can|bottle|box|pack|"
    r"patient|team|room|household|country|set|song|image|batch|step|meal|session|lesson|chapter|visit|trip|unit|bag)\b"
)
_PERIOD = expression(
    r"\b(?P<lead>(?i:each|per|every|last|next|this|a|twice a|once a|\d{1,3}(?:st|nd|rd|th)) )(?P<p>mo|wk|yr|hr|qtr|min|sec)\b(?:\.(?!\Z))?"
)
_PER_UNIT = expression(
    r"(?<=\b[Pp]er )(?P<u>μL|mcL|lb|oz|ft|gal|qt|yd|sq|bbl|ml|cm|mm|mi|dL|doz)\b(?:\.(?=\s[a-z]|[,;]))?(?! (?:ft|in|mi|m|km|yd)\b)"
)
_PERIODS = PER | {"qtr": "quarter"}
_COUNTED = {
    "req": "request", "reqs": "request", "tok": "token", "toks": "token", "tokens": "token", "msg": "message", "msgs": "message",
    "img": "image", "imgs": "image", "it": "iteration", "its": "iteration", "txn": "transaction", "txns": "transaction",
    "ops": "operation", "op": "operation", "samples": "sample", "calls": "call", "steps": "step",
}  # fmt: skip
_COUNT_PER = expression(
    rf"(?<=\d)(?P<mag>[kKM])?\s?(?P<c>{alternatives(set(_COUNTED))})\s?/\s?(?P<per>{PER_SIGN})(?![A-Za-z\d])"
)
_ONCE = expression(
    r"(?<![\w.,-])1 ?[x×](?=\s?/\s?[a-z]|\s(?:a|an|per|each|every)\s(?:day|week|month|year|hour|night)\b|\s(?:daily|weekly|monthly|yearly|nightly|hourly|annually)\b)"
)
_TIMES_PER = expression(rf"(?P<n>\d)\s?[x×]\s?/\s?(?P<per>{PER_SIGN})\b")


def per(sign: str | None) -> str:
    """` per hour` of the sign behind a slash; nothing without one."""
    return f" per {per_name(sign) or sign}" if sign else ""


def _count_per(match: re.Match[str]) -> str:
    """`60 req/min` → 60 requests per minute."""
    scale = magnitude(match["mag"])
    return f"{scale} {_COUNTED[match['c']]}s{per(match['per'])}"


_POWER_PER = expression(
    rf"(?P<lead>\bten to the (?:minus )?[a-z-]{{3,20}})\s?/\s?(?P<per>{PER_UNIT}){ENDS_BEFORE}"
)


def _power_per(match: re.Match[str]) -> str | None:
    """`ten to the ninth/L` → ten to the ninth per liter."""
    name = per_name(match["per"])
    return f"{match['lead']} per {name}" if name else None


RATES = (
    Rule(_POWER_PER, _power_per, "/"),
    Rule(_COUNT_PER, _count_per, "/"),
    Rule(_PERIOD, lambda m: m["lead"] + _PERIODS[m["p"]]),
    Rule(_ONCE, "once", "x×"),
    Rule(_PER_UNIT, lambda m: per_name(m["u"])),
    Rule(_TIMES_PER, lambda m: f"{m['n']} times{per(m['per'])}", "/"),
    Rule(_ONCE_PER, lambda m: f" a {per_name(m[1])}", "/"),
    Rule(_PER_TIME, " per ", "/"),
    Rule(_PER_AREA, lambda m: f"per {(names(f'sq {m[1]}') or (None,))[0]}", "q"),
    Rule(_PER_THING, r"\g<what> per \g<per>", "/"),
    Rule(_BRACKET_PER, lambda m: per(m[1]), "/"),
    Rule(_WORD_PER, lambda m: per(m[1]), "/"),
)

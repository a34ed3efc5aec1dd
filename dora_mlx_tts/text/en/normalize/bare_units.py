"""Units of measure that no number stands before."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.patterns import alternatives
from dora_mlx_tts.text.patterns import expression

_BARE = {
    "hrs": "hours", "mins": "minutes", "secs": "seconds", "yrs": "years", "wks": "weeks", "lbs": "pounds", "yds": "yards",
    "tbsp": "tablespoons", "tsp": "teaspoons", "kg": "kilograms", "km": "kilometers", "cm": "centimeters", "mm": "millimeters",
    "mg": "milligrams", "mcg": "micrograms", "mL": "milliliters", "kWh": "kilowatt hours", "kW": "kilowatts", "GHz": "gigahertz", "MHz": "megahertz",
    "kcal": "kilocalories", "Mbps": "megabits per second", "Gbps": "gigabits per second", "mph": "miles per hour", "dB": "decibels",
    "mpg": "miles per gallon", "mmHg": "millimeters of mercury", "sts": "stitches",
}  # fmt: skip
_BARE_UNIT = expression(
    rf"(?<![\w./@$-])(?<!\d )(?P<unit>{alternatives(set(_BARE))})(?![\w²³/-]|\.\w)(?:\.(?=\s[a-z]|[,;)]))?"
)


_BEHIND_WORD = expression(
    r"(?<=\d) (?P<word>[a-z]{3,12}) (?P<unit>min|mins|sec|secs|hr|hrs)\b(?!\.\w)(?:\.(?=\s[a-z]|[,;)]))?"
)
_ONE_BEFORE = expression(r"(?<![\d.,])1\Z")
_TIMES = {"min": "minutes", "sec": "seconds", "hr": "hours"}


def _behind_word(match: re.Match[str]) -> str:
    """`42 active min` → 42 active minutes; of one there is one."""
    name = _TIMES[match["unit"].rstrip("s")]
    is_one = _ONE_BEFORE.search(match.string, 0, match.start())
    return f" {match['word']} {name[:-1] if is_one else name}"


def _bare_unit(match: re.Match[str]) -> str:
    """`in lbs`, `peak hrs`; behind *per* there is one."""
    words = _BARE[match["unit"]]
    if match.string.endswith(("per ", "Per ", " a "), 0, match.start()):
        first, blank, rest = words.partition(" ")
        if blank and rest.endswith("hours"):
            return f"{first} hour"
        return first.removesuffix("s") + blank + rest
    return words


def apply(text: AlignedText) -> AlignedText:
    """`weight in kg` → weight in kilograms, `peak hrs` → peak hours."""
    return text.sub(_BEHIND_WORD, _behind_word).sub(_BARE_UNIT, _bare_unit)

"""Versions of programs: `3.11.4`, `2.x`."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import integer
from dora_mlx_tts.text.en.normalize.patterns import Rule, apply_rules, spaced
from dora_mlx_tts.text.patterns import expression

_ANY_VERSION = expression(r"(?<![\d.])(\d{1,4}(?:\.\d{1,4})*)\.([xX])(?!\w)")
_VERSION = expression(r"(?<![\d.])\d{1,4}(?:\.\d{1,4}){2,5}(?!\d|\.\d)")


def _points(figures: str) -> str:
    return " point ".join(integer(part) for part in figures.split("."))


def _version(match: re.Match[str]) -> str:
    return spaced(match, _points(match.group()))


_RULES = (
    Rule(_ANY_VERSION, lambda m: spaced(m, f"{_points(m[1])} point {m[2]}"), "xX"),
    Rule(_VERSION, _version, "."),
)


def apply(text: AlignedText) -> AlignedText:
    """`3.11.4` → three point eleven point four, `3.11.x` → three point eleven point x."""
    return apply_rules(text, _RULES) if "." in text.text else text

"""Versions of programs: `3.11.4`, `2.x`."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.numbers import integer
from dora_mlx_tts.text.en.normalize.patterns import Rule, apply_rules, spaced

_ANY_VERSION = re.compile(r"(?<=\d)\.(?=[xX*](?!\w))")
_VERSION = re.compile(r"(?<![\d.])\d{1,4}(?:\.\d{1,4}){2,5}(?!\d|\.\d)")


def _version(match: re.Match[str]) -> str:
    return spaced(match, " point ".join(integer(part) for part in match.group().split(".")))


_RULES = (
    Rule(_ANY_VERSION, lambda m: " point ", "xX*"),  # noqa: ARG005 (a replacement takes its match)
    Rule(_VERSION, _version, "."),
)


def apply(text: AlignedText) -> AlignedText:
    """`3.11.4` → three point eleven point four, `2.x` → two point x."""
    return apply_rules(text, _RULES) if "." in text.text else text

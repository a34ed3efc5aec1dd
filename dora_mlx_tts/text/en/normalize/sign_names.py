"""Signs of mathematics, of trends, of cards and the like, by their names."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.patterns import expression

NAMES = {
    "∀": "for all", "∃": "there exists", "∄": "there does not exist", "∅": "empty set", "⌀": "diameter", "∂": "partial", "∇": "del", "∆": "delta", "∏": "product of", "∐": "coproduct of",
    "∓": "minus or plus", "∔": "plus", "∕": "/", "∖": "minus", "∗": "*", "∘": "of", "∜": "fourth root of", "∟": "right angle", "∠": "angle", "∡": "angle", "∢": "angle", "∣": "divides", "∤": "does not divide",
    "∥": "is parallel to", "∦": "is not parallel to", "⊥": "is perpendicular to", "∧": "and", "∨": "or", "⋀": "and", "⋁": "or", "⊻": "exclusive or", "⊼": "nand", "⊽": "nor", "¬": "not",
    "∬": "double integral of", "∭": "triple integral of", "∮": "contour integral of", "∯": "surface integral of", "∴": "therefore", "∵": "because", "∶": ":", "∷": ":", "∎": "Q E D",
    "≃": "is about equal to", "≄": "is not about equal to", "≅": "is congruent to", "≆": "is approximately", "≇": "is not congruent to", "≉": "is not about", "≊": "is approximately", "≌": "is congruent to", "≐": "approaches",
    "≔": "is defined as", "≕": "defines", "≙": "is estimated as", "≜": "is defined as", "≝": "is defined as", "≟": "is it equal to", "≡": "is equivalent to", "≢": "is not equivalent to", "≣": "is equivalent to",
    "≦": "≤", "≧": "≥", "≨": "less than", "≩": "greater than", "≪": "much less than", "≫": "much greater than", "⋘": "much less than", "⋙": "much greater than", "≮": "not less than", "≯": "not greater than",
    "≰": "not less than or equal to", "≱": "not greater than or equal to", "≲": "less than about", "≳": "greater than about", "⩽": "≤", "⩾": "≥", "≺": "precedes", "≻": "succeeds", "≼": "precedes or equals", "≽": "succeeds or equals",
    "∉": "is not in", "∊": "in", "∋": "contains", "∌": "does not contain", "⊂": "is a subset of", "⊃": "is a superset of", "⊄": "is not a subset of", "⊅": "is not a superset of", "⊆": "is a subset of", "⊇": "is a superset of",
    "⊈": "is not a subset of", "⊉": "is not a superset of", "⊊": "is a proper subset of", "⊋": "is a proper superset of", "⋂": "intersection", "⋃": "union", "⊓": "meet", "⊔": "join", "⊕": "plus", "⊖": "minus", "⊗": "times", "⊘": "divided by",
    "⊙": "times", "⊢": "proves", "⊨": "models", "⊤": "true", "⋆": "star", "⋅": "·", "⋈": "join", "⊲": "is a normal subgroup of", "⇔": "if and only if", "⟺": "if and only if", "⇒": "implies", "⟹": "implies", "⇐": "is implied by", "⟸": "is implied by",
    "↔": "to", "⟷": "to", "⇄": "is in equilibrium with", "⇌": "is in equilibrium with", "⇋": "is in equilibrium with", "↦": "maps to", "⟼": "maps to", "⟶": "→", "⇢": "→", "➔": "→", "➜": "→", "➙": "→", "➝": "→", "⟵": "←",
    "←": "left", "↑": "up", "↓": "down", "↗": "up", "↘": "down", "↖": "up", "↙": "down", "⇧": "shift", "↵": "enter", "⏎": "enter", "⌫": "backspace", "⌦": "delete", "⎋": "escape", "⇥": "tab",
    "‱": "per ten thousand", "ℏ": "h bar", "ℵ": "aleph", "℅": "care of", "℞": "R X", "‴": "triple prime", "⁗": "quadruple prime", "♂": "male", "♀": "female", "☉": "solar", "‽": "?", "℧": "ohms", "¤": "", "⁒": "−", "⅌": "per", "℔": "lb", "⏐": "|", "¦": "|",
}  # fmt: skip
"""Read wherever they stand; where one stands for another sign, that is read."""
_SUITS = {
    "♠": "spades", "♤": "spades", "♥": "hearts", "♡": "hearts", "♦": "diamonds", "♢": "diamonds", "♣": "clubs", "♧": "clubs",
}  # fmt: skip
_RANKS = {"A": "ace", "K": "king", "Q": "queen", "J": "jack", "T": "10"}
_CARD = expression(
    r"(?<!\w)(?P<rank>[AKQJT]|10|[2-9])(?P<suit>[♠♤♥♡♦♢♣♧])\ufe0f?(?P<next>(?=[AKQJT2-9]))?"
)
_SUIT = expression(r"(?<=\d\s)([♠♤♥♡♦♢♣♧])\ufe0f?s?(?!\w)")
_TREND = expression(r"(?P<sign>[▲△🔺▼▽🔻⬆⬇])\ufe0f?\s?(?=[\d.$€£])")
_TRIANGLE = expression(r"[△▵∆](?=[A-Z]{3}\b)")
_FLOOR = expression(r"⌊([^⌊⌋]{1,60})⌋|⌈([^⌈⌉]{1,60})⌉|‖([^‖\n]{1,40})‖")
_SUN = expression(r"\b([MRL])[☉⊙]")
_SUN_NAMES = {"M": "solar masses", "R": "solar radii", "L": "solar luminosities"}
_HAT = expression("(?<![A-Za-z])(?:([A-Za-zα-ω])([\u0302\u0303\u0307\u20d7])|([ŷŵẑ]))(?![a-z])")
_MARKS = {"\u0302": "hat", "\u0303": "tilde", "\u0307": "dot", "\u20d7": "vector"}
_ANGSTROM = expression(r"(?<=\d)\s?[Å\u212b](?![A-Za-z])")
_NOTE = expression(r"♩(\.)?(?=\s?=)")
_COPYRIGHT = expression(r"©\s?(?=(?:19|20)\d\d\b)")
_ANY = expression(f"[{re.escape(''.join(NAMES))}]")


def _card(match: re.Match[str]) -> str:
    comma = ", " if match["next"] is not None else ""
    return f"{_RANKS.get(match['rank'], match['rank'])} of {_SUITS[match['suit']]}{comma}"


def _floor(match: re.Match[str]) -> str:
    """`⌊x⌋` → floor of x."""
    kind = "floor" if match[1] else "ceiling" if match[2] else "norm"
    return f"{kind} of {match[1] or match[2] or match[3]}"


def _hat(match: re.Match[str]) -> str:
    """`x̂` → x hat."""
    if match[3]:
        return f"{'ywz'['ŷŵẑ'.index(match[3])]} hat"
    return f"{match[1]} {_MARKS[match[2]]}"


def _named(match: re.Match[str]) -> str:
    name = NAMES[match.group()]
    return name if len(name) < 2 else f" {name} "  # noqa: PLR2004 (another sign)


def apply(text: AlignedText) -> AlignedText:
    """`A ⊂ B` → A is a subset of B, `K♥` → king of hearts, `▲ 2%` → up 2%."""
    text = (
        text.sub(_CARD, _card)
        .sub(_SUIT, lambda m: _SUITS[m[1]])
        .sub(_TREND, lambda m: "down " if m["sign"] in "▼▽🔻⬇" else "up ")
    )
    text = text.sub(_TRIANGLE, "triangle ").sub(_FLOOR, _floor).sub(_HAT, _hat)
    text = (
        text.sub(_ANGSTROM, " angstroms")
        .sub(_SUN, lambda m: _SUN_NAMES[m[1]])
        .sub(_COPYRIGHT, "copyright ")
        .sub(_NOTE, lambda m: "dotted quarter note " if m[1] else "quarter note ")
    )
    return text.sub(_ANY, _named)

"""Signs between amounts that are added, taken away, multiplied or divided: `$1,000 − $250 = $750`."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize.unit_names import names
from dora_mlx_tts.text.patterns import expression

_LEFT = r"(?:(?<=[\d)%¢°²³!])|(?<=[A-Za-z]{2})|(?<=[·/][A-Za-z])|(?<=[\d°] [A-Za-zΩ])|(?<=[\d°][A-Za-zΩ]))"
_RIGHT = r"(?=\(?[-−~]?\(?(?:[A-Z]{0,2}[$€£¥])?(?:\d|\.\d|√))(?!\d{1,3}[a-z](?![A-Za-z°²/]))"
_SIGN = expression(
    rf"{_LEFT}(?:\s?(?P<times>[×*])\s?|\s(?P<spaced>[xX/–−-])\s|(?<![\d)²³])(?P<over>/)|(?P<minus>−)){_RIGHT}"
    r"|(?P<grouped>(?<=\d)/)(?=\d)"
    r"|(?P<glued>(?<=\d)-)(?=[$€£]\d[\d,.]*\s?=)"
)
_WORDS = {"×": "times", "*": "times", "x": "times", "X": "times", "/": "divided by"}
_CLAUSE = r"(?:(?![;?!\n→]|[.:,]\s)[^=≈≡]){0,60}"
_EQUALS_AFTER = expression(rf"{_CLAUSE}[=≈]")
_EQUALS_BEFORE = expression(rf"[=≈]{_CLAUSE}\Z")
_GROUPED_LEFT = expression(r"(?<![\d/])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?\Z")
_VARIABLE = expression(r"\d{1,3}[a-z]{1,2}(?![A-Za-z])")
_DECIMAL_NEXT = expression(r"\d+\.\d|\d{1,3},\d{3}")
_LAST_WORD = expression(r"[A-Za-z]+\Z")
_PRICED = expression(r"[$€£¥][\d.,]*\d\s?\Z|[%¢]\s?\Z")
_PRICE_NEXT = expression(r"[A-Z]{0,2}[$€£¥]")
_BRACKET = expression(
    r"(?<=[\d)²³])(?<!\^-1)(?<!\^−1)\((?=[-−√]?\d[\d.,]*[°²³]?\)|[^()=]{1,12}\s?[-+−*/×]\s?[^()=]{1,12}\))"
)
AROUND = 72
"""Characters on each side in which a sum has its sign of equality."""


def _has_equals(text: str, start: int, end: int) -> bool:
    """Whether the clause around says what the sum comes to."""
    return bool(
        _EQUALS_AFTER.match(text, end, end + AROUND)
        or _EQUALS_BEFORE.search(text, max(0, start - AROUND), start)
    )


def _is_amount(before: str) -> bool:
    """Whether a unit or a sign of an amount ends here: `60 mi`, not `20 s on`."""
    word = _LAST_WORD.search(before)
    return word is None or names(word.group()) is not None


def _sign(match: re.Match[str]) -> str | None:
    text, (start, end) = match.string, match.span()
    sums = _has_equals(text, start, end)
    if match["grouped"]:
        left = _GROUPED_LEFT.search(text, max(0, start - 16), start)
        is_large = left is not None and ("," in left.group() or "." in left.group())
        is_large = is_large or bool(_DECIMAL_NEXT.match(text, end))
        return (
            " divided by "
            if sums and (is_large or _PRICED.search(text, max(0, start - AROUND), start))
            else None
        )
    if match["times"] or (match["spaced"] or "").lower() == "x":
        priced = _PRICED.search(text, max(0, start - AROUND), start) or _PRICE_NEXT.match(text, end)
        return " times " if sums or priced else None
    if match["over"] and not _is_amount(text[max(0, start - 16) : start]):
        return None
    if not sums or (text[start - 1] in "²³)xyz" and _VARIABLE.match(text, end)):
        return None
    return " divided by " if "/" in match.group() else " minus "


def _bracket(match: re.Match[str]) -> str | None:
    """`2(3 + 4) = 14`, `½(2)(9)`: what is written side by side is multiplied."""
    return " times (" if _has_equals(match.string, match.start(), match.end()) else None


def apply(text: AlignedText) -> AlignedText:
    """`15% × $80` → 15% times $80, `180° / 6 = 30°` → 180° divided by 6 = 30°."""
    if "=" in text.text or "≈" in text.text:
        text = text.sub(_BRACKET, _bracket)
    elif not {"×", "*", "x", "X"} & set(text.text):
        return text
    return text.sub(_SIGN, _sign)

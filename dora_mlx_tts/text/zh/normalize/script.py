"""One way of writing: half-width letters and digits, simplified characters, no decoration."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.numbers import cardinal

if TYPE_CHECKING:
    import opencc

_WIDE = re.compile(
    r"[\uff01-\uff5e\uf900-\ufaff\u3358-\u33ff\u2f00-\u2fdf\u2460-\u24ff\u2070-\u209f"
    r"\u2044\u2150-\u218b\u2776-\u2793\u00b2\u00b3\u00b9\u00bc-\u00be\u2103\u2109\u3220-\u32b0\U0002f800-\U0002fa1f]"
)
_KEPT_WIDE = frozenset("，。！？：；～（）")
_SUPERSCRIPTS = frozenset("\u00b2\u00b3\u00b9")
_INVISIBLE = re.compile(
    r"[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f"
    r"\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]+"
)
_SPACES = re.compile(r"[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_NOT_SIMPLIFIED = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_ZHU = re.compile(r"(?<![显名编原土专论巨合遗拙译卓昭新旧所])著(?![名作称述者录书])")


_COMPARED = re.compile("(?:[<>]|(?<![0-9)n])!)=(?=[ ]?-?[0-9零一二两三四五六七八九十百])")
_PLUS_MINUS = re.compile("(?<![0-9A-Za-z+)])[+]/?[-\u2212][ ]?(?=[0-9])")
_COMPARISONS = {"<=": "≤", ">=": "≥", "!=": "≠"}


def clean(text: AlignedText) -> AlignedText:
    """Drop what has neither sound nor meaning and write the rest in one form."""
    text = text.sub(_INVISIBLE, "").sub(_SPACES, " ")
    text = text.sub(_WIDE, _narrow)
    if "+" in text.text:
        text = text.sub(_PLUS_MINUS, "±")
    if "=" in text.text:
        text = text.sub(_COMPARED, lambda m: _COMPARISONS[m[0]])
    return simplify(text)


def _narrow(match: re.Match[str]) -> str | None:
    char = match.group()
    if char in _KEPT_WIDE or char in _SUPERSCRIPTS or "\u2070" <= char <= "\u209f":
        return None
    value = unicodedata.numeric(char, None)
    if value is not None and value.is_integer() and unicodedata.category(char) != "Nd":
        return cardinal(str(int(value)))
    narrow = unicodedata.normalize("NFKC", char).replace("\u2044", "/")
    if value is None or "/" not in narrow:
        return narrow
    return f"{'又' if match.string[max(0, match.start() - 1) : match.start()].isdecimal() else ''}{narrow}"


_TRADITIONAL = frozenset("後於")
"""Characters of GB 2312 that simplified texts have in names only."""


@cache
def _converter() -> opencc.OpenCC:
    import opencc  # noqa: PLC0415 - its tables are only needed for traditional text

    return opencc.OpenCC("t2s")


def _needs_conversion(char: str) -> bool:
    """Whether a character is outside GB 2312, the set of common simplified characters."""
    if char in _TRADITIONAL:
        return True
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return True
    return False


def simplify(text: AlignedText) -> AlignedText:
    """Traditional words as simplified ones (乾淨 as 干净 but 乾隆 unchanged)."""
    found = set(_NOT_SIMPLIFIED.findall(text.text))
    if not any(_needs_conversion(c) for c in found):
        return text
    simple = _converter().convert(text.text)
    if len(simple) != len(text):
        simple = "".join(_one_for_one(c) for c in text.text)
    if simple == text.text:
        return text
    return AlignedText(_ZHU.sub("着", simple).translate({0x59B3: "你", 0x7260: "它"}), text.spans)


def _one_for_one(char: str) -> str:
    simple = str(_converter().convert(char))
    return simple if len(simple) == 1 else char

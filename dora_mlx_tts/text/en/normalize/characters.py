"""Unifies characters before the rules see them: width, quotes, dashes, accents, emoji, Greek."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from dora_mlx_tts.text.aligned import AlignedText, CharSpan

_MAPPED = {
    **dict.fromkeys("‘’‚‛′`´ʼ＇", "'"),
    **dict.fromkeys("“”„‟«»″＂「」『』《》〈〉", '"'),
    **dict.fromkeys("‐‑‒﹣－", "-"),
    **dict.fromkeys("、，،﹐", ","),
    **dict.fromkeys("。．｡", "."),
    **dict.fromkeys("―—⸺", "—"),
    **dict.fromkeys("⋯", "…"),
    **dict.fromkeys("〜～∼˜", "~"),
    **dict.fromkeys("∙⋅", "·"),
    **dict.fromkeys("\u2028\u2029\x0b\x0c\x85\n\r", "\n"),
    **dict.fromkeys("•◦▪●■►", ","),
    "¡": "",
    "¿": "",
    "−": "−",
    "ß": "ss",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "ø": "o",
    "Ø": "O",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ð": "d",
    "þ": "th",
    "ı": "i",
    "℃": "°C",
    "℉": "°F",
    "㎞": "km",
    "№": "No. ",
    "℡": "TEL",
    "™": "",
    "®": "",
    "©": "",
    "½": " 1/2",
    "¼": " 1/4",
    "¾": " 3/4",
    "⅓": " 1/3",
    "⅔": " 2/3",
    "⅛": " 1/8",
    "²": "²",
    "³": "³",
    "µ": "μ",
    "￥": "¥",
    "\u2126": "Ω",
    "¹": "",
}
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Mn", "Me", "Sk", "Zs", "Zl", "Zp"})
GREEK, GREEK_END = "\u0370", "\u03ff"
_BLANKS = re.compile(r"\s{2,}")
_KEPT = frozenset("μΩ²³°€£¥₩₹₽₿¢§×÷±≤≥≠≈√∞∑→…—–−·‰%\n")


@lru_cache(maxsize=4096)
def _unified(char: str) -> str:
    mapped = _MAPPED.get(char)
    if mapped is not None:
        return mapped
    if (char.isascii() and char.isprintable()) or char in _KEPT:
        return char
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category in _INVISIBLE:
        return " " if char.isspace() else ""
    return _decomposed(char, category)


def _decomposed(char: str, category: str) -> str:
    """Base characters of a composed one, the name of a Greek letter, else a blank."""
    plain = unicodedata.normalize("NFKD", char)
    if plain != char:
        return "".join(_unified(c) for c in plain if not unicodedata.combining(c))
    is_greek = GREEK <= char <= GREEK_END and category.startswith("L")
    return f" {_letter_name(char)} " if is_greek else " "


def _letter_name(char: str) -> str:
    """English name of a Greek letter."""
    name = unicodedata.name(char, "").rsplit("LETTER ", 1)[-1].split(" ")[0]
    return name.lower().replace("lamda", "lambda")


def unify(text: AlignedText) -> AlignedText:
    """One form for each kind of sign; what English has no reading for becomes a blank or nothing."""
    if not (text.text.isascii() and text.text.isprintable()):
        text = _translate(text)
    return text.sub(_BLANKS, lambda m: "\n" if "\n" in m.group() else " ")


def _translate(text: AlignedText) -> AlignedText:
    chars: list[str] = []
    spans: list[CharSpan] = []
    for char, span in zip(text.text, text.spans, strict=True):
        new = _unified(char)
        chars.append(new)
        spans.extend([span] * len(new))
    return AlignedText("".join(chars), tuple(spans))

"""Unifies characters before the rules see them: width, quotes, dashes, accents, emoji, Greek."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from dora_mlx_tts.text.aligned import AlignedText, CharSpan
from dora_mlx_tts.text.en.normalize import sign_names
from dora_mlx_tts.text.en.normalize.numbers import named
from dora_mlx_tts.text.patterns import expression

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
    "²": "²",
    "³": "³",
    "µ": "μ",
    "￥": "¥",
    "\u2126": "Ω",
    "º": "°",
    "⁄": "/",
    "⌘": "Cmd+",
    "⌥": "Option+",
    "⌃": "Ctrl+",
    "⇧": "Shift+",
}
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Mn", "Me", "Sk", "Zs", "Zl", "Zp"})
GREEK, GREEK_END = "\u0370", "\u03ff"
_TITLE_END = expression("(?<=[A-Za-z0-9!?.])[》」』”](?=[A-Za-z])")
_BLANKS = expression(r"\s{2,}")
_KEPT = frozenset("μΩ²³°€£¥₩₹₽₿₺₴₫฿₦₱₪₡₲₵₸₭₮₾₼₣₤₧﷼৳៛֏¢§¶×÷±≤≥≠≈√∛∞∑→…—–−·‰%♭♯∫∈∪∩∝⇒\n")
_POWER_FIGURES = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
_BASE_FIGURES = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_RAISED = expression(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+")
_LOW_LETTER = expression(r"(?<=[A-Za-z])[ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼᵣᵤᵥ]")
_IN_BASE = expression(r"(?<![\w.])((?=[\dA-F]*\d)[\dA-F]{1,32})([₂-₉]|₁₀|₁₂|₁₆)(?![₀-₉A-Za-z])")
_ISOTOPE = expression(
    r"(?<![\w⁰¹²³⁴⁵⁶⁷⁸⁹])([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})(?:[₀-₉]{1,3})?([A-Z][a-z]?)(?![a-z])"
)
_LOGARITHM = expression(r"\blog(?:([₀-₉]+)\s?|_?(\d{1,3})(?=\())")
_NARROW_GROUPS = expression(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
"""Thousands set apart by blanks that do not break a line."""
_FORMULA = expression(r"\$(?=[^\s$])([^$\n]{1,120}?)(?<=[^\s$])\$(?![\w$])")
_PROSE = expression(r"[A-Za-z]{3}|^[\d.,]+$")
_OPERATOR = expression(r"[=+*/^<>\\_{}-]|^[A-Za-z]$")
LETTERS_OF_A_NOTE = 4
"""A raised figure behind so many letters is a footnote: no unit and no function is that long."""


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
    if "\u2044" in plain:  # a vulgar fraction, which may touch a whole number
        return " " + plain.replace("\u2044", "/")
    if plain != char:
        return "".join(_unified(c) for c in plain if not unicodedata.combining(c))
    is_greek = GREEK <= char <= GREEK_END and category.startswith("L")
    return f" {_letter_name(char)} " if is_greek else " "


def _letter_name(char: str) -> str:
    """English name of a Greek letter."""
    name = unicodedata.name(char, "").rsplit("LETTER ", 1)[-1].split(" ")[0]
    return name.lower().replace("lamda", "lambda")


_BAR = expression("(?<![A-Za-z])([A-Za-zα-ω])\u0304(?![a-z])")
"""A mean: a single letter with a stroke above, which is no vowel of pinyin with its tone."""


_STAR_FIRST = expression(r"[★⭐]\ufe0f?\s?(\d(?:\.\d{1,2})?)(?![\w★☆⭐])")
_STARS = expression(r"(?<=\d)\s?[★⭐]\ufe0f?(?![★☆⭐])|(?<!\d)[★⭐]{2,5}☆{0,4}(?!\w)")
_ION = expression(r"(?<![A-Za-z])((?:[A-Z][a-z]?[₂-₉]?){1,3}|e)([²³⁴]?)([⁺⁻])(?![⁰¹²³⁴⁵⁶⁷⁸⁹])")


_RATED = expression(
    r"\s(?:hotels?|restaurants?|resorts?|ratings?|reviews?|rated|places?|rooms?|spots?|stays?|apps?|recipes?|meals?|service|experiences?|[a-z]+-rated)\b"
)


def _stars(match: re.Match[str]) -> str:
    """`4.8★` → 4.8 stars, `★★★☆` → 3 stars."""
    count = sum(match.group().count(sign) for sign in "★⭐")
    name = "star" if _RATED.match(match.string, match.end()) else "stars"
    return f" {name}" if count == 1 else f"{count} {name}"


def _ion(match: re.Match[str]) -> str:
    """`Ca²⁺` → C A 2 plus."""
    letters = " ".join(match[1].upper().translate(_BASE_FIGURES))
    charge = f" {match[2].translate(_POWER_FIGURES)}" if match[2] else ""
    return f"{letters}{charge} {'plus' if match[3] == '⁺' else 'minus'}"


def _in_base(match: re.Match[str]) -> str:
    """`1011₂` → 1 0 1 1 base 2."""
    return f"{' '.join(match[1])} base {match[2].translate(_BASE_FIGURES)}"


def _isotope(match: re.Match[str]) -> str:
    """`¹³¹I` → I one thirty-one."""
    return f"{' '.join(match[2].upper())} {named(match[1].translate(_POWER_FIGURES))}"


def unify(text: AlignedText) -> AlignedText:
    """One form for each kind of sign; what English has no reading for becomes a blank or nothing."""
    text = text.sub(_LOGARITHM, _logarithm)
    if "$" in text.text:
        text = text.sub(_FORMULA, _formula)
    if not (text.text.isascii() and text.text.isprintable()):
        text = sign_names.apply(text)
        text = (
            text.sub(_STAR_FIRST, r"\1 stars")
            .sub(_STARS, _stars)
            .sub(_ION, _ion)
            .sub(_IN_BASE, _in_base)
            .sub(_BAR, r"\1 bar")
            .sub(_ISOTOPE, _isotope)
            .sub(_LOW_LETTER, lambda m: f" {unicodedata.normalize('NFKD', m.group())}")
            .sub(_RAISED, _raised)
            .sub(_NARROW_GROUPS, "")
        )
        text = _translate(text.sub(_TITLE_END, r"\g<0> "))
    return text.sub(_BLANKS, lambda m: "\n" if "\n" in m.group() else " ")


def _formula(match: re.Match[str]) -> str | None:
    """`$x = 5$` without its signs; `$5 and 10$` is money."""
    inside = match[1]
    is_formula = _OPERATOR.search(inside) and not (inside[0].isdecimal() and _PROSE.search(inside))
    return inside if is_formula else None


def _logarithm(match: re.Match[str]) -> str:
    base = match[1].translate(_BASE_FIGURES) if match[1] else match[2]
    return f"log base {base} of "


def _raised(match: re.Match[str]) -> str | None:
    """`10⁻³` → 10^-3; squares and cubes stay, footnotes go."""
    before = match.string[max(0, match.start() - LETTERS_OF_A_NOTE) : match.start()]
    if (
        not before
        or before[-1] in " .,;:!?\"'"
        or (before.isalpha() and len(before) == LETTERS_OF_A_NOTE)
    ):
        return ""
    if match.group() in {"²", "³"}:
        return None
    return f"^{match.group().translate(_POWER_FIGURES).lstrip('+')}"


def _translate(text: AlignedText) -> AlignedText:
    chars: list[str] = []
    spans: list[CharSpan] = []
    for char, span in zip(text.text, text.spans, strict=True):
        new = _unified(char)
        chars.append(new)
        spans.extend([span] * len(new))
    return AlignedText("".join(chars), tuple(spans))

"""Cleanup before language detection."""

from __future__ import annotations

import re
import unicodedata

from dora_mlx_tts.text.aligned import AlignedText, join
from dora_mlx_tts.text.markup.chat import TOKEN
from dora_mlx_tts.text.markup.citations import CITATION, MARK_STARTS, without_citation
from dora_mlx_tts.text.markup.entities import ENTITY, decoded
from dora_mlx_tts.text.markup.formulas import formulas
from dora_mlx_tts.text.markup.terminal import SEQUENCE

_UNREADABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200c\u200e-\u200f"
    r"\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ud800-\udfff\U000e0020-\U000e007e]"
)
_BLANKS = re.compile(r"[^\S\n]{2,}")
_SIGNS = "\u00b5\u2126\u212a\u212b\ufe59-\ufe6b"
"""Signs for which Unicode has another of the same form: the micro sign, ohm, kelvin, small plus and so on."""
_TO_ASCII = re.compile(rf"[Ａ-Ｚａ-ｚ{_SIGNS}]|(?![0-9])\d")
_TO_ASCII_BUT_WORDS = re.compile(
    rf"(?:(?<=[A-Za-z])[Ａ-Ｚａ-ｚ]+|[Ａ-Ｚａ-ｚ]+(?=[A-Za-z]))|(?![0-9])\d|[{_SIGNS}]"
)


def cleaned(text: AlignedText, *, wide_words: bool = False) -> AlignedText:
    """Drop characters that do not belong in text, collapse spaces, write letters and digits in ASCII.

    `wide_words` keeps words in full-width letters, which belong to Japanese.
    """
    clean = _without_markup(text).sub(_UNREADABLE, "").sub(_BLANKS, " ")
    pattern = _TO_ASCII_BUT_WORDS if wide_words else _TO_ASCII
    return clean.sub(pattern, lambda match: _ascii(match.group()))


def _without_markup(text: AlignedText) -> AlignedText:
    """Handle what is never prose in unfiltered texts: sequences of terminals, formulas, entities, tokens, citations."""
    if "\x1b" in text.text or "\x9b" in text.text:
        text = text.sub(SEQUENCE, "")
    if text.text.count("$") > 1 or "\\" in text.text:
        text = _without_formulas(text)
    if "&" in text.text:
        text = text.sub(ENTITY, lambda match: decoded(match.group()))
    if "<" in text.text:
        text = text.sub(TOKEN, "")
    if "[" in text.text or not MARK_STARTS.isdisjoint(text.text):
        text = text.sub(CITATION, without_citation)
    return text


def _without_formulas(text: AlignedText) -> AlignedText:
    parts: list[AlignedText] = []
    done = 0
    for start, end, said in formulas(text.text):
        span = text.source(start, end)
        parts += [text[done:start], AlignedText(said, (span,) * len(said))]
        done = end
    return join([*parts, text[done:]]) if done else text


def _ascii(char: str) -> str:
    return (
        str(unicodedata.decimal(char)) if char.isdecimal() else unicodedata.normalize("NFKC", char)
    )

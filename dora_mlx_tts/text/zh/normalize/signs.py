"""Punctuation as the marks that the networks know; everything else goes."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.patterns import HAN

_INTERJECTIONS = {"嗯": "恩", "呣": "母", "〇": "零"}
_LINES = re.compile(r"[ ]*[\r\n\v\f\u0085][\s]*")
_DASHES = re.compile(r"[—–―─\u2e3a\u2e3b]+|(?<![-])--+")
_OUTER_DASHES = re.compile(r"\A[\s—–―─-]+|(?<![\s—–―─-])[\s—–―─-]+\Z")
"""A dash is a pause between words, nothing at the borders of the text."""
_MARKS = (
    (re.compile(r"\.{2,}|…+|⋯+|‥+"), "…"),
    (re.compile(r"[：；，、:;,·﹐､•‧・]"), ","),
    (re.compile(r"[。．｡]"), "."),
    (re.compile(r"[！!﹗]"), "!"),
    (re.compile(r"[？?﹖]"), "?"),
    (re.compile(r"[~～〜∼]+"), "…"),
)
_ONLY = re.compile(f"[^{HAN[1:-1]}!?….,￥^]+")
_NUMERAL = "零幺一二两三四五六七八九十百千万亿"
_BETWEEN_NUMBERS = re.compile(f"(?<=[{_NUMERAL}点%])[ ]?[（(#)）][ ]?(?=[负正{_NUMERAL}])")
"""A bracket that alone keeps two numbers apart: 版本11.0（2020年）."""
_OTHER_SIGN = re.compile(r"[￥^]")
_REPEATED = re.compile(r"([!?….,])[!?….,]+")


def read_signs_as_marks(text: AlignedText) -> AlignedText:
    """Leave Hanzi and `! ? … , .`, one mark where several stood in a row."""
    text = text.sub(f"[{''.join(_INTERJECTIONS)}]", lambda m: _INTERJECTIONS[m[0]])
    text = text.sub(_BETWEEN_NUMBERS, "，")
    text = text.sub(_LINES, lambda m: None if m[0] == "。" else "。")
    text = text.sub(_OUTER_DASHES, "").sub(_DASHES, "，")
    text = text.sub("…{1,}", "…")
    for pattern, mark in _MARKS:
        text = text.sub(pattern, mark)
    text = text.sub(_ONLY, "")
    if _OTHER_SIGN.search(text.text):
        text = _pause_signs(text)
    return text.sub(_REPEATED, r"\1")


def _pause_signs(text: AlignedText) -> AlignedText:
    """`￥` and `^` before a word are the reference's marks of longer pauses, one kind a text."""
    used, other = ("￥", "^") if "￥" in text.text else ("^", "￥")
    text = text.sub(re.escape(other), "").sub(rf"{re.escape(used)}(?!{HAN}|\Z)", "")
    return text.sub(rf"[!?….,]*({re.escape(used)})", r"\1")

"""Whether two readings are the same, or the same but for a choice of words."""

from __future__ import annotations

import re
import unicodedata

from dora_mlx_tts.errors import TextError
from dora_mlx_tts.text.frontend import FrontEnd

_SILENT = frozenset({*"!?…,.-[]_", "UNK", "SP", "SP2", "SP3", "空"})
_LEFT_OUT = frozenset({"and", "the", "of", "a", "an", "point", "dot"})
_CHOICES = {
    "zh": (
        ("幺", "一"), ("两", "二"), ("人民币", "元"), ("块", "元"), ("〇", "零"), ("公斤", "千克"),
        ("公里", "千米"), ("公分", "厘米"), ("摄氏度", "度"), ("号", "日"), ("至", "到"), ("的", ""), ("儿", ""),
    ),
    "ja": (("零", "ゼロ"), ("〇", "ゼロ")),
    "ko": (("공", "영"), ("국가번호", "플러스"), ("신용카드", "")),
}  # fmt: skip
"""Words that may stand for each other: which one is said is a matter of taste."""
_ENGLISH_CHOICES = (
    ("negative", "minus"), ("fourths", "quarters"), ("fourth", "quarter"), ("oh", "zero"),
    ("times", "x"), ("inches", "inch"), ("feet", "foot"),
)  # fmt: skip


def words(text: str, language: str) -> str:
    """Letters and figures of a reading, without marks, case and (but in English) blanks."""
    plain = unicodedata.normalize("NFKC", text).lower()
    if language == "en":
        return " ".join(re.sub(r"[^\w]+|_", " ", plain.replace("'", "")).split())
    return re.sub(r"[\W_]+", "", plain)


def choice(said: str, language: str) -> str:
    """A reading in `words` form, coarser: alike for readings that most would call the same."""
    if language == "en":
        table = dict(_ENGLISH_CHOICES)
        kept = [table.get(word, word) for word in said.split() if word not in _LEFT_OUT]
        return "".join(kept)
    for word, other in _CHOICES.get(language, ()):
        said = said.replace(word, other)
    return said


def sounds(front_end: FrontEnd, text: str, language: str) -> list[str] | None:
    """Phones without marks, accents and secondary stress; None if there are none."""
    try:
        phones = front_end.phonemize(text, language, allow_silence=True).symbols
    except TextError:
        return None
    return [
        phone.replace("2", "1") if language == "en" else phone
        for phone in phones
        if phone not in _SILENT
    ]


def agreement(
    front_end: FrontEnd, text: str, accepted: tuple[str, ...], language: str
) -> tuple[str, str]:
    """What is read, and `same`, `variant` or `other`."""
    try:
        said = front_end.phonemize(text, language).norm_text
    except TextError as error:
        return str(error), "other"
    ours = words(said, language)
    readings = [words(reading, language) for reading in accepted]
    if ours in readings:
        return said, "same"
    heard = sounds(front_end, text, language)
    if heard and any(sounds(front_end, reading, language) == heard for reading in accepted):
        return said, "same"
    coarse = choice(ours, language)
    if any(choice(reading, language) == coarse for reading in readings):
        return said, "variant"
    return said, "other"

"""One pinyin syllable as the two symbols the networks know.

The rule replaces the table `opencpop-strict.txt` of the reference and gives all of its rows.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

INITIALS = (
    *("zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h"),
    *("j", "q", "x", "r", "z", "c", "s", "y", "w"),
)
NEUTRAL = 5

_SPELLING = re.compile(r"([a-zü]+)([1-5])")
_TONE_MARKS = {"\u0304": "1", "\u0301": "2", "\u030c": "3", "\u0300": "4"}
_AFTER_CONSONANT = {"uei": "ui", "iou": "iu", "uen": "un"}
_WITHOUT_CONSONANT = {"ing": "ying", "i": "yi", "in": "yin", "u": "wu"}
_FIRST_LETTER = {"v": "yu", "i": "y", "u": "w"}
_FINALS = frozenset(
    [
        "a",
        "ai",
        "an",
        "ang",
        "ao",
        "e",
        "ei",
        "en",
        "eng",
        "o",
        "ong",
        "ou",
        "i",
        "i0",
        "ir",
        "ia",
        "ian",
        "iang",
        "iao",
        "ie",
        "in",
        "ing",
        "iong",
        "iu",
        "u",
        "ua",
        "uai",
        "uan",
        "uang",
        "ui",
        "un",
        "uo",
        "v",
        "van",
        "ve",
        "vn",
        "er",
        "E",
        "En",
    ]
)


def from_marks(marked: str) -> str:
    """`zhōng` as `zhong1`; a syllable without a mark gets tone 5."""
    tone, letters = "5", ""
    for char in unicodedata.normalize("NFD", marked):
        if char in _TONE_MARKS:
            tone = _TONE_MARKS[char]
        elif char == "\u0308":
            letters = letters[:-1] + "v"
        elif char == "\u0302":  # ê
            continue
        else:
            letters += char
    return letters + tone


def tone_of(pinyin: str) -> int:
    """Tone 1 to 5 of a syllable such as `hao3`."""
    return int(pinyin[-1])


def with_tone(pinyin: str, tone: int) -> str:
    """The same syllable in another tone."""
    return f"{pinyin[:-1]}{tone}"


@cache
def symbols_of(pinyin: str) -> tuple[str, str] | None:
    """Initial and final symbol of a syllable such as `lv4`, or None where there is none."""
    match = _SPELLING.fullmatch(pinyin)
    if match is None:
        return None
    syllable = _respell(match[1].replace("ü", "v"))
    initial = next((i for i in INITIALS if syllable.startswith(i)), "")
    final = _final(initial, syllable[len(initial) :])
    if final not in _FINALS:
        return None
    if not initial:
        initial = syllable[0].upper() * 2
        if initial not in ("AA", "EE", "OO"):
            return None
    return initial, final + match[2]


def _respell(syllable: str) -> str:
    """The spelled form of a syllable that may be written in full (`liou`, `uen`, `ve`)."""
    initial = next((i for i in INITIALS if syllable.startswith(i)), "")
    final = syllable[len(initial) :]
    if initial:
        return initial + _AFTER_CONSONANT.get(final, final)
    if final in _WITHOUT_CONSONANT:
        return _WITHOUT_CONSONANT[final]
    return _FIRST_LETTER.get(final[:1], final[:1]) + final[1:]


def _final(initial: str, final: str) -> str:
    if final == "i":
        return {"zh": "ir", "ch": "ir", "sh": "ir", "r": "ir", "z": "i0", "c": "i0", "s": "i0"}.get(
            initial, "i"
        )
    if initial == "y" and final in ("an", "e"):
        return {"an": "En", "e": "E"}[final]
    if initial in ("j", "q", "x", "y") and final.startswith("u"):
        return "v" + final[1:]
    return final

"""A Jyutping syllable as the two units of the models' inventory.

The inventory (`text/cantonese.py` of the reference) has units without a tone for beginnings and
units with a tone for the rest. It lacks some rests; their syllables take the nearest sound.
"""

from __future__ import annotations

_BEGINNINGS = (
    "aa", "ai", "ak", "au", "a", "b", "c", "d", "e", "f", "gw", "g", "h", "j", "kw", "k", "l", "m",
    "ng", "n", "oi", "ok", "on", "ou", "o", "p", "s", "t", "uk", "w", "z",
)  # fmt: skip
_NEAREST = {
    "ep": "ip", "et": "it", "em": "im", "en": "in", "eu": "iu", "oet": "eot", "oen": "eon",
    "oep": "eot",
}  # fmt: skip
"""Rests the inventory lacks, all of colloquial or foreign words, and what is spoken instead."""
_NEED_NG = ("aang", "ang", "ung", "ik", "it", "oet", "oek", "eot")
"""Vowel beginnings the inventory lacks; ng- before a vowel is a free variant in Cantonese."""

_GLIDES = {"i": "j", "y": "j", "u": "w"}
"""What is heard before a vowel that begins no syllable of the inventory."""


def phones(syllable: str) -> tuple[str, str]:
    """Beginning and rest of a syllable with its tone: `jyut6` Yj Yyut6, `aa3` Yaa Ya3."""
    sound, tone = syllable[:-1], syllable[-1]
    if sound in _NEED_NG:
        sound = f"ng{sound}"
    elif sound not in _BEGINNINGS and sound[:1] in _GLIDES:
        sound = _GLIDES[sound[0]] + sound
    first = next((b for b in _BEGINNINGS if sound.startswith(b)), sound)
    rest = sound[len(first) :] or first[-1:]
    if rest == "ng":  # hng6: the inventory writes the syllabic nasal g, as in ng5
        rest = "g"
    return f"Y{first}", f"Y{_NEAREST.get(rest, rest)}{tone}"

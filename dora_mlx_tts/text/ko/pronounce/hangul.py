"""Hangul syllables and their letters."""

from __future__ import annotations

from dataclasses import dataclass

ONSETS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
CODAS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_FIRST, _LAST = 0xAC00, 0xD7A3

DIVIDED = {
    "ㅑ": "ㅣㅏ", "ㅒ": "ㅣㅐ", "ㅕ": "ㅣㅓ", "ㅖ": "ㅣㅔ", "ㅛ": "ㅣㅗ", "ㅠ": "ㅣㅜ", "ㅘ": "ㅗㅏ",
    "ㅙ": "ㅗㅐ", "ㅚ": "ㅗㅣ", "ㅝ": "ㅜㅓ", "ㅞ": "ㅜㅔ", "ㅟ": "ㅜㅣ", "ㅢ": "ㅡㅣ", "ㄳ": "ㄱㅅ",
    "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㄽ": "ㄹㅅ", "ㄾ": "ㄹㅌ",
    "ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ",
}  # fmt: skip
"""Letters that the inventory writes as two."""


@dataclass(slots=True)
class Syllable:
    """Letters of a syllable while the rules work on it.

    Attributes:
        onset: first consonant, ㅇ if there is none.
        vowel: the vowel.
        coda: last consonant or consonants, empty if there is none.
        at: place of the syllable in its text.
    """

    onset: str
    vowel: str
    coda: str
    at: int

    @classmethod
    def of(cls, char: str, at: int) -> Syllable:
        """Letters of the syllable `char`."""
        code = ord(char) - _FIRST
        return cls(ONSETS[code // 588], VOWELS[code % 588 // 28], CODAS[code % 28], at)


def is_syllable(char: str) -> bool:
    """Whether a character is a Hangul syllable."""
    return len(char) == 1 and _FIRST <= ord(char) <= _LAST


def coda_of(char: str) -> str:
    """Last consonants of a syllable; empty where there are none or it is no syllable."""
    return CODAS[(ord(char) - _FIRST) % 28] if is_syllable(char) else ""

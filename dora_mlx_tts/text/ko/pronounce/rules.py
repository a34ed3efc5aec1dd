"""Rules of pronunciation between a coda and the onset that follows it.

Numbers in brackets are the articles of the Standard Pronunciation of Korean (표준 발음법). The
reference (g2pk2) applies them across a blank too, except for the liaison.
"""

from __future__ import annotations

from dora_mlx_tts.text.ko.pronounce.hangul import Syllable

_TENSE = {"ㄱ": "ㄲ", "ㄷ": "ㄸ", "ㅂ": "ㅃ", "ㅅ": "ㅆ", "ㅈ": "ㅉ"}
_ASPIRATED = {"ㄱ": "ㅋ", "ㄷ": "ㅌ", "ㅂ": "ㅍ", "ㅈ": "ㅊ"}
_NASAL = {"ㄱ": "ㅇ", "ㄷ": "ㄴ", "ㅂ": "ㅁ"}
_STOPS = {
    "ㄱ": "ㄱ", "ㄲ": "ㄱ", "ㄳ": "ㄱ", "ㅋ": "ㄱ", "ㄺ": "ㄱ", "ㄷ": "ㄷ", "ㅅ": "ㄷ", "ㅆ": "ㄷ", "ㅈ": "ㄷ",
    "ㅊ": "ㄷ", "ㅌ": "ㄷ", "ㅂ": "ㅂ", "ㅄ": "ㅂ", "ㅍ": "ㅂ", "ㄿ": "ㅂ",
}  # fmt: skip
"""Codas that are spoken as a stop, and which one (9-11)."""
_SONORANTS = {"ㄵ": "ㄴ", "ㄶ": "ㄴ", "ㄻ": "ㅁ", "ㄼ": "ㄹ", "ㄽ": "ㄹ", "ㄾ": "ㄹ", "ㅀ": "ㄹ"}
"""Codas of two letters that are spoken as a sonorant (10, 11)."""
_WITH_H = {  # what is left of a coda before ㅎ, and the aspirate it makes (12.1)
    "ㄱ": ("", "ㅋ"), "ㄲ": ("", "ㅋ"), "ㄳ": ("", "ㅋ"), "ㅋ": ("", "ㅋ"), "ㄺ": ("ㄹ", "ㅋ"),
    "ㄷ": ("", "ㅌ"), "ㅅ": ("", "ㅌ"), "ㅆ": ("", "ㅌ"), "ㅊ": ("", "ㅌ"), "ㅌ": ("", "ㅌ"),
    "ㅈ": ("", "ㅊ"), "ㄵ": ("ㄴ", "ㅊ"), "ㅂ": ("", "ㅍ"), "ㅍ": ("", "ㅍ"), "ㅄ": ("ㅂ", "ㅍ"),
    "ㄿ": ("ㅂ", "ㅍ"), "ㄼ": ("ㄹ", "ㅍ"), "ㅎ": ("", "ㅎ"),
}  # fmt: skip
_LIAISON = {  # what stays of a coda and what moves to the vowel after it (13, 14, 12.4)
    "ㄳ": ("ㄱ", "ㅆ"), "ㄵ": ("ㄴ", "ㅈ"), "ㄺ": ("ㄹ", "ㄱ"), "ㄻ": ("ㄹ", "ㅁ"), "ㄼ": ("ㄹ", "ㅂ"),
    "ㄽ": ("ㄹ", "ㅆ"), "ㄾ": ("ㄹ", "ㅌ"), "ㄿ": ("ㄹ", "ㅍ"), "ㅄ": ("ㅂ", "ㅆ"), "ㅎ": ("", "ㅇ"),
    "ㄶ": ("", "ㄴ"), "ㅀ": ("", "ㄹ"), "ㅇ": ("ㅇ", "ㅇ"),
}  # fmt: skip
_PALATAL = {"ㄷ": ("", "ㅈ"), "ㅌ": ("", "ㅊ"), "ㄾ": ("ㄹ", "ㅊ")}


def within(syllable: Syllable) -> None:
    """Vowels: 져 is 저 (5.1), 희 is 히 (5.3)."""
    if syllable.vowel == "ㅕ" and syllable.onset in "ㅈㅉㅊ":
        syllable.vowel = "ㅓ"
    elif syllable.vowel == "ㅢ" and syllable.onset != "ㅇ":
        syllable.vowel = "ㅣ"


def at_end(syllable: Syllable) -> None:
    """A coda before a pause: one of seven sounds (8-11)."""
    coda = syllable.coda
    syllable.coda = _STOPS.get(coda, _SONORANTS.get(coda, "ㄷ" if coda == "ㅎ" else coda))


def between(left: Syllable, right: Syllable, *, blank: bool, tense: bool) -> None:
    """Sounds where two syllables meet.

    Args:
        left: the syllable whose coda meets
        right: the syllable whose onset it meets.
        blank: a blank stands between them.
        tense: grammar or the dictionary makes the onset tense (24-28).
    """
    coda, onset = left.coda, right.onset
    if not coda:
        return
    if tense:
        right.onset = _TENSE.get(onset, onset)
        at_end(left)
        if coda == "ㄺ":
            left.coda = "ㄹ"
    elif onset == "ㅇ":
        _before_vowel(left, right, blank=blank)
    elif onset == "ㅎ" and coda in _WITH_H:
        _before_h(left, right, blank=blank)
    elif coda in "ㅎㄶㅀ":
        _after_h(left, right)
    elif coda in _STOPS or coda == "ㄼ":
        _after_stop(left, right)
    else:
        at_end(left)
        is_particle = blank and left.vowel == "ㅡ" and left.onset in "ㅇㄹ"  # 을, 를
        if not (is_particle and right.onset == "ㄴ"):
            _sonorants(left, right, coda)


def _before_vowel(left: Syllable, right: Syllable, *, blank: bool) -> None:
    if blank:
        at_end(left)
    elif left.coda in _PALATAL and right.vowel in "ㅣㅕ":  # (17)
        left.coda, right.onset = _PALATAL[left.coda]
    else:
        left.coda, right.onset = _LIAISON.get(left.coda, ("", left.coda))


def _before_h(left: Syllable, right: Syllable, *, blank: bool) -> None:
    is_passive = right.vowel == "ㅣ" or (right.vowel == "ㅕ" and right.coda in ("", "ㅆ"))
    if left.coda == "ㄷ" and is_passive and not blank:  # 닫히다, 닫혔다 (17)
        left.coda, right.onset = "", "ㅊ"
    else:
        left.coda, right.onset = _WITH_H[left.coda]


def _after_h(left: Syllable, right: Syllable) -> None:
    """ㅎ joins the onset (12.1, 12.2) or is silent (12.3)."""
    onset = right.onset
    left.coda = {"ㅎ": "", "ㄶ": "ㄴ", "ㅀ": "ㄹ"}[left.coda]
    if onset in "ㄱㄷㅈ":
        right.onset = _ASPIRATED[onset]
    elif onset == "ㅅ":
        right.onset = "ㅆ"
    elif onset == "ㄴ" and not left.coda:
        left.coda = "ㄴ"
    else:
        _sonorants(left, right, left.coda)


def _after_stop(left: Syllable, right: Syllable) -> None:
    """Nasals before nasals (18, 19), tense sounds behind stops (23)."""
    coda, onset = left.coda, right.onset
    if coda == "ㄼ" and onset not in "ㄴㅁ" and left.onset + left.vowel != "ㅂㅏ":  # 밟 (10.1)
        left.coda = "ㄹ"
    else:
        left.coda = _STOPS.get(coda, "ㅂ")
        if onset in "ㄴㅁㄹ":
            left.coda = _NASAL[left.coda]
            right.onset = "ㄴ" if onset == "ㄹ" else onset
    right.onset = _TENSE.get(right.onset, right.onset)


def _sonorants(left: Syllable, right: Syllable, coda: str) -> None:
    """ㄴ beside ㄹ is ㄹ (20), ㄹ behind ㅁ and ㅇ is ㄴ (19)."""
    pair = left.coda + right.onset
    if pair in ("ㄴㄹ", "ㄹㄴ"):
        left.coda = right.onset = "ㄹ"
    elif pair in ("ㅁㄹ", "ㅇㄹ") and coda != "ㄻ":
        right.onset = "ㄴ"
    elif coda == "ㄽ":
        right.onset = _TENSE.get(right.onset, right.onset)

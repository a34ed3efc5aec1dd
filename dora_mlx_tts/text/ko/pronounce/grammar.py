"""Where grammar makes a consonant tense: behind stems of verbs, behind the adnominal ㄹ.

The reference asks a morphological analyser; here word forms are listed, which is enough and needs
neither a model nor time to load one.
"""

from __future__ import annotations

import re

from dora_mlx_tts.text.ko.pronounce.hangul import Syllable, coda_of, is_syllable
from dora_mlx_tts.text.ko.pronounce.stems import (
    ADNOMINAL_ENDINGS,
    CLUSTER_NOUNS,
    CLUSTER_STEMS,
    EUL_OR_PARTICLE,
    NASAL_STEMS,
    NOUNS,
    ONE_SYLLABLE,
    REUL,
    REUL_OR_PARTICLE,
    STEMS_BEFORE_EUL,
)

_VERB = re.compile(
    "(?<![가-힣])(?:"
    + "|".join(f"{stem}(?={'|'.join(ends.split())})" for stem, ends in NASAL_STEMS.items())
    + ")"
)
_FOOTWEAR = re.compile("(?:신발|양말|구두|부츠|운동화|스타킹|장화|슬리퍼)(?:을|를)? 신(?=고)")
"""신고 is a report too, unless something to wear stands before it."""
_DEPENDENT = re.compile(
    "수(?=[ 가는도를밖만록,.!?]|$)|거(?![기실울])|(?:게|걸)(?=[ ,.!?]|$)|건(?=[ 데가,.!?]|$)|"
    "데(?=[ 가는도를에요,.!?]|$)|적(?=[ 이은도에,.!?]|$)|바(?=[ 를가는와]|$)|지(?=[ 도는를가]|$)|"
    "만(?=[하한해])|것|줄|겁|듯|법|성싶|정도|셈"
)
"""Words that follow an adnominal form, and hardly ever a noun."""
_CAN_BE_TENSE = "ㄱㄷㅂㅅㅈ"
_LONGEST_WORD = 12
"""Characters of a word that are checked."""


def tense_after(text: str) -> frozenset[int]:
    """Places of the syllables in `text` behind whose coda grammar makes the onset tense."""
    places = {match.end() - 1 for match in _VERB.finditer(text)}
    places.update(match.end() - 1 for match in _FOOTWEAR.finditer(text))
    places.update(i for i in range(len(text) - 1) if _is_stem(text, i) or _is_adnominal(text, i))
    return frozenset(i for i in places if _onset_can_be_tense(text, i))


def _onset_can_be_tense(text: str, at: int) -> bool:
    following = text[at + 1 : at + 3].lstrip(" ")[:1]
    return is_syllable(following) and Syllable.of(following, 0).onset in _CAN_BE_TENSE


def _is_stem(text: str, at: int) -> bool:
    """Whether the coda at `at` shows that the syllable is a verb's stem, not a causative's."""
    char, after = text[at], text[at + 1]
    if char in CLUSTER_STEMS:
        return after not in " 기"
    is_cluster = coda_of(char) == "ㄺ" and char not in CLUSTER_NOUNS
    return is_cluster and is_syllable(after) and Syllable.of(after, 0).onset == "ㄱ"


def _is_adnominal(text: str, end: int) -> bool:
    """Whether the word ending at `end` is a verb's form in ㄹ that describes the next word (27)."""
    if text[end + 1] != " " or coda_of(text[end]) != "ㄹ":
        return False
    start = end
    while start and is_syllable(text[start - 1]) and end - start < _LONGEST_WORD:
        start -= 1
    word = text[start : end + 1]
    dependent = _DEPENDENT.match(text, end + 2) is not None
    if word in ONE_SYLLABLE:
        return dependent
    if word in NOUNS:
        return False
    if word[-1] == "을":
        return _has_stem_before_eul(word, dependent=dependent)
    if word[-1] == "를":
        return word in REUL or (dependent and word in REUL_OR_PARTICLE)
    return word.endswith(ADNOMINAL_ENDINGS) or (dependent and word[-1] != "들")


def _has_stem_before_eul(word: str, *, dependent: bool) -> bool:
    if word in EUL_OR_PARTICLE:
        return dependent
    stem = word[-2:-1]
    return stem in STEMS_BEFORE_EUL or coda_of(stem) in ("ㅆ", "ㄶ", "ㅀ", "ㄵ")

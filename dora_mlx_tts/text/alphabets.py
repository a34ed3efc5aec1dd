"""Ways to write a reading by hand: pinyin, Jyutping, ARPAbet, IPA, a model's own phones.

Each reader takes a reading and the word it is for, and gives the units of that alphabet, or None
if the reading is not written in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from dora_mlx_tts.text.punctuation import is_east_asian

_JYUTPING = re.compile(r"[a-z]{1,6}[1-6]")
_VOWELS = frozenset(re.findall(r"\w+", "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW"))
_CONSONANTS = frozenset(
    re.findall(r"\w+", "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH")
)
_IPA = {
    "p": "P", "b": "B", "t": "T", "d": "D", "k": "K", "ɡ": "G", "g": "G", "f": "F", "v": "V", "θ": "TH",
    "ð": "DH", "s": "S", "z": "Z", "ʃ": "SH", "ʒ": "ZH", "h": "HH", "m": "M", "n": "N", "ŋ": "NG",
    "l": "L", "ɫ": "L", "ɹ": "R", "r": "R", "ɾ": "D", "j": "Y", "w": "W", "tʃ": "CH", "dʒ": "JH", "ʧ": "CH",
    "ʤ": "JH", "i": "IY", "ɪ": "IH", "e": "EY", "eɪ": "EY", "ɛ": "EH", "æ": "AE", "ɑ": "AA", "a": "AA",
    "ɒ": "AA", "ɔ": "AO", "ʊ": "UH", "u": "UW", "ʌ": "AH", "ə": "AH", "ɐ": "AH", "ɝ": "ER", "ɚ": "ER",
    "ɜ": "ER", "ɜɹ": "ER", "əɹ": "ER", "ɜr": "ER", "ər": "ER", "aɪ": "AY", "aʊ": "AW", "ɔɪ": "OY",
    "oʊ": "OW", "əʊ": "OW", "o": "OW", "ʔ": "",
}  # fmt: skip
_IPA_SOUND = re.compile("|".join(sorted(map(re.escape, _IPA), key=len, reverse=True)))
_IPA_IGNORED = re.compile(r"[/\[\]ː.‿\u0329\u0361\u035c\s]")
_UNSTRESSED = frozenset({"ə", "ɚ", "əɹ", "ər", "ɐ"})

Reader = Callable[[str, str], tuple[str, ...] | None]


def pinyin(reading: str, word: str) -> tuple[str, ...] | None:
    """`chong2 qing4` or `chóng qìng`: one syllable per Han character."""
    from dora_mlx_tts.text.zh.syllable import (  # noqa: PLC0415 (on demand)
        from_marks,
        symbols_of,
    )

    parts = reading.lower().replace("u:", "v").replace("ü", "v").split()
    if len(parts) != len(word) or not all(is_east_asian(char) for char in word):
        return None
    units = tuple(part if part[-1].isdecimal() else from_marks(part) for part in parts)
    return units if all(unit.isascii() and symbols_of(unit) for unit in units) else None


def jyutping(reading: str, word: str) -> tuple[str, ...] | None:
    """`jyut6 ping3`: one syllable per Han character."""
    parts = tuple(reading.lower().split())
    if len(parts) != len(word) or not all(is_east_asian(char) for char in word):
        return None
    return parts if all(map(_is_jyutping, parts)) else None


def _is_jyutping(syllable: str) -> bool:
    """Whether the models have units for a syllable."""
    from dora_mlx_tts.text.symbols import SymbolTable  # noqa: PLC0415 (on demand)
    from dora_mlx_tts.text.yue.syllable import phones as pair_of  # noqa: PLC0415 (on demand)

    if not _JYUTPING.fullmatch(syllable):
        return False
    table = SymbolTable.load("v2")
    return all(unit in table for unit in pair_of(syllable))


def arpabet(reading: str, word: str) -> tuple[str, ...] | None:  # noqa: ARG001 (a reader)
    """`HH AH0 L OW1`; if no vowel has a stress, the first one gets it."""
    parts = reading.upper().split()
    stressed = any(part[-1:] in {"1", "2"} for part in parts)
    units: list[str] = []
    for part in parts:
        if part in _VOWELS:
            units.append(f"{part}{0 if stressed else 1}")
            stressed = True
        elif part in _CONSONANTS or (part[:-1] in _VOWELS and part[-1] in "012"):
            units.append(part)
        else:
            return None
    return tuple(units) or None


def ipa(reading: str, word: str) -> tuple[str, ...] | None:  # noqa: ARG001 (a reader)
    """`həˈloʊ`: English sounds, as ARPAbet."""
    text = _IPA_IGNORED.sub("", reading)
    units: list[str] = []
    stress, at, has_marks = "", 0, "ˈ" in text
    while at < len(text):
        if text[at] in "ˈˌ":
            stress, at = "1" if text[at] == "ˈ" else "2", at + 1
            continue
        match = _IPA_SOUND.match(text, at)
        if match is None:
            return None
        sound, at = _IPA[match[0]], match.end()
        if sound in _VOWELS:
            first = not has_marks and match[0] not in _UNSTRESSED
            sound, stress, has_marks = f"{sound}{stress or ('1' if first else '0')}", "", True
        if sound:
            units.append(sound)
    return tuple(units) or None


def phones(reading: str, word: str) -> tuple[str, ...] | None:  # noqa: ARG001 (a reader)
    """Symbols of the models' own table."""
    from dora_mlx_tts.text.symbols import SymbolTable  # noqa: PLC0415 (on demand)

    table, parts = SymbolTable.load("v2"), tuple(reading.split())
    return parts if parts and all(part in table for part in parts) else None


def unknown_units(alphabet: str, reading: str) -> list[str]:
    """Parts of a reading that are no unit of an alphabet, in their order."""
    read = READERS[alphabet]
    return [part for part in reading.split() if read(part, "字") is None]


READERS: Mapping[str, Reader] = MappingProxyType(
    {"pinyin": pinyin, "jyutping": jyutping, "arpabet": arpabet, "ipa": ipa, "phones": phones}
)
"""Readers by the name of their alphabet."""


def phones_of(
    alphabet: str, units: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[int, ...] | None]:
    """The models' phones for units of an alphabet, and the number per Han character."""
    if alphabet == "pinyin":
        from dora_mlx_tts.text.zh.syllable import (  # noqa: PLC0415 (on demand)
            symbols_of,
        )

        pairs = [symbols_of(unit) or () for unit in units]
    elif alphabet == "jyutping":
        from dora_mlx_tts.text.yue.syllable import phones as pair_of  # noqa: PLC0415 (on demand)

        pairs = [pair_of(unit) for unit in units]
    else:
        return units, None
    return tuple(phone for pair in pairs for phone in pair), tuple(map(len, pairs))

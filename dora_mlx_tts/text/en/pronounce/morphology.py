"""Sounds of English endings and of contracted words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

Phones = tuple[str, ...]
Lookup = Callable[[str], Phones | None]

_VOICELESS = frozenset({"P", "T", "K", "F", "TH", "HH"})
_SIBILANT = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})
_VOICELESS_BEFORE_D = frozenset({"P", "K", "F", "TH", "HH", "S", "SH", "CH"})

CONTRACTED: Mapping[str, Phones] = MappingProxyType(
    {
        "n't": ("AH0", "N", "T"),
        "'ll": ("AH0", "L"),
        "'ve": ("V",),
        "'re": ("ER0",),
        "'m": ("M",),
    }
)


def with_s(stem: Phones) -> Phones:
    """Stem with the ending of a plural, a possessive or a third person."""
    if stem[-1] in _SIBILANT:
        return (*stem, "AH0", "Z")
    return (*stem, "S" if stem[-1] in _VOICELESS else "Z")


def with_d(stem: Phones) -> Phones:
    """Stem with the ending of a past tense or of a contracted *had* or *would*."""
    if stem[-1] in {"T", "D"}:
        return (*stem, "IH0", "D")
    return (*stem, "T" if stem[-1] in _VOICELESS_BEFORE_D else "D")


def split_contraction(word: str) -> tuple[str, str] | None:
    """Stem and ending (`'s`, `'d`, `'ll`, …) of a word with an apostrophe, if it is of that form."""
    if word.endswith(("s'", "s’")):
        return word[:-1], ""
    for ending in ("'s", "'d", *CONTRACTED):
        if word.endswith(ending) and len(word) > len(ending):
            return word[: -len(ending)], ending
    return None


def attach(stem: Phones, ending: str) -> Phones:
    """Stem with one of the endings that `split_contraction` returns."""
    if ending == "'s":
        return with_s(stem)
    if ending == "'d":
        return with_d(stem)
    return (*stem, *CONTRACTED.get(ending, ()))


def inflected(word: str, lookup: Lookup) -> Phones | None:
    """Reading of a regular plural, past tense or -ing form of a word that `lookup` knows."""
    for ending, build in _ENDINGS:
        if not word.endswith(ending):
            continue
        for stem in _stems(word[: -len(ending)], ending):
            known = lookup(stem) if len(stem) > 2 else None  # noqa: PLR2004 (shorter ones are no stems)
            if known is not None:
                return build(known)
    return None


def _stems(base: str, ending: str) -> tuple[str, ...]:
    """Spellings the stem may have: as it stands, with a dropped e or y, undoubled."""
    if ending == "s":
        return (base,)
    if ending in {"ies", "ied"}:
        return (f"{base}y",)
    doubled = base[:-1] if len(base) > 2 and base[-1] == base[-2] else base  # noqa: PLR2004 (two letters)
    return (base, f"{base}e", doubled)


def _with_ing(stem: Phones) -> Phones:
    return (*stem, "IH0", "NG")


_ENDINGS: tuple[tuple[str, Callable[[Phones], Phones]], ...] = (
    ("ies", with_s),
    ("s", with_s),
    ("ied", with_d),
    ("ed", with_d),
    ("ing", _with_ing),
)

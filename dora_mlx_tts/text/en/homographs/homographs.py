"""Words written alike and spoken differently: the reading that the context asks for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from dora_mlx_tts.text.en.homographs.classifier import classifier
from dora_mlx_tts.text.en.homographs.context import WordContext, is_plainly_verb, is_verb
from dora_mlx_tts.text.en.homographs.features import REACH, features
from dora_mlx_tts.text.en.homographs.senses import has_own_rule, is_sure, sense
from dora_mlx_tts.text.en.tokens import Token

Phones = tuple[str, ...]
Entry = tuple[Phones, Phones, bool]


_CERTAIN: Mapping[str, str] = MappingProxyType(
    {
        "bass": "B AE1 S",
        "blessed": "B L EH1 S T",
        "bow": "B AW1",
        "lead": "L EH1 D",
        "live": "L AY1 V",
        "minute": "M AY0 N UW1 T",
        "tear": "T EH1 R",
        "upset": "AH0 P S EH1 T",
        "wound": "W AW1 N D",
    }
)
"""Readings for which a word's own rule speaks only where it is right; it then needs no classifier.
At the beginning of a line every rule does: what precedes may be words of another language."""


@cache
def _table() -> Mapping[str, Entry]:
    """Word → reading as a verb (or the first of two senses), other reading, whether the first is likelier."""
    table: dict[str, Entry] = {}
    data = (
        files("dora_mlx_tts.text.en.homographs")
        .joinpath("homographs.tsv")
        .read_text(encoding="utf-8")
    )
    for line in data.splitlines():
        if not line.startswith("#"):
            word, verb, other, likelier = line.split("\t")
            table[word] = (tuple(verb.split()), tuple(other.split()), likelier == "v")
    return MappingProxyType(table)


def reading(line: list[Token], index: int) -> Phones | None:
    """ARPAbet of a word with several readings, or None if it has but one."""
    context = WordContext(line, index)
    entry = _table().get(context.word)
    phones = sense(context)
    if entry is None:
        return phones
    first, second, first_is_likelier = entry
    if phones is None and is_plainly_verb(context):
        return first
    own = phones is not None and (
        index == 0 or _CERTAIN.get(context.word) == " ".join(phones) or is_sure(context)
    )
    if context.word in classifier() and not own:
        return first if _score(context, entry, phones) > 0 else second
    if phones is not None:
        return phones
    found = is_verb(context)
    return first if (first_is_likelier if found is None else found) else second


def readings_of(word: str) -> tuple[Phones, Phones] | None:
    """Both readings of a word, or None if the table has but one."""
    entry = _table().get(word)
    return None if entry is None else entry[:2]


def observed(context: WordContext) -> list[str]:
    """What the classifier of a word sees, the opinion of this package's own rules among it."""
    entry = _table().get(context.word)
    return _observed(context, entry, sense(context)) if entry else []


def _observed(context: WordContext, entry: Entry, phones: Phones | None) -> list[str]:
    opinion = None if phones is None else phones == entry[0]
    return list(features(context, opinion))


def _score(context: WordContext, entry: Entry, phones: Phones | None) -> float:
    return classifier().score(context.word, _observed(context, entry, phones))


def context_needed(word: str) -> int | None:
    """Words that must follow before a word's reading is certain; None where only the whole sentence tells."""
    plain = word.lower()
    if plain == "read":
        return None
    if has_own_rule(plain) or plain in classifier():
        return REACH
    return 2 if plain in _table() else 0

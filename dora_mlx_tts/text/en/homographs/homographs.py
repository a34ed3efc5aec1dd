"""Words written alike and spoken differently: the reading that the context asks for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from dora_mlx_tts.text.en.homographs.context import WordContext, is_verb
from dora_mlx_tts.text.en.homographs.senses import sense
from dora_mlx_tts.text.en.tokens import Token

Phones = tuple[str, ...]


@cache
def _table() -> Mapping[str, tuple[Phones, Phones, bool]]:
    """Word → reading as a verb, other reading, whether the verb is the likelier one."""
    table: dict[str, tuple[Phones, Phones, bool]] = {}
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
    phones = sense(context)
    if phones is not None:
        return phones
    entry = _table().get(context.word)
    if entry is None:
        return None
    verb, other, verb_is_likelier = entry
    found = is_verb(context)
    return verb if (verb_is_likelier if found is None else found) else other

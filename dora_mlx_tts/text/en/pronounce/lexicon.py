"""Words whose pronunciation is known: the CMU dictionary and this package's own entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType

from dora_mlx_tts.text.en.pronounce.wordlist import FIRST, WordList, packaged

Phones = tuple[str, ...]


@cache
def own_words() -> Mapping[str, Phones]:
    """Entries that the dictionary lacks or has with another reading than the common one."""
    text = files(__package__).joinpath("own_words.tsv").read_text(encoding="utf-8")
    lines = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return MappingProxyType({word: tuple(phones.split()) for word, phones in lines})


class PronouncingDictionary:
    """Pronunciations by word: overrides first, then this package's own entries, then the CMU dictionary."""

    def __init__(self, overrides: Mapping[str, Sequence[str]] | None = None) -> None:
        self._own: dict[str, Phones] = dict(own_words())
        self._own.update({w.lower(): tuple(p) for w, p in (overrides or {}).items()})

    @cached_property
    def _list(self) -> WordList:
        return packaged("cmudict.bin")

    @cached_property
    def _phones(self) -> Phones:
        return tuple(self._list.header.split())

    def get(self, word: str) -> Phones | None:
        """ARPAbet of a lower-case word, or None if it is not known."""
        own = self._own.get(word)
        if own is not None:
            return own
        codes = self._list.get(word)
        return None if codes is None else tuple(self._phones[code - FIRST] for code in codes)

    def __contains__(self, word: str) -> bool:
        return word in self._own or self._list.get(word) is not None

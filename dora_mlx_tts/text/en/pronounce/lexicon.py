"""Words whose pronunciation is known: the CMU dictionary and this package's own entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from dora_mlx_tts.text.en.pronounce.wordlist import FIRST, WordList, packaged

Phones = tuple[str, ...]

OWN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "ascii": "AE1 S K IY0",
        "captcha": "K AE1 P CH AH0",
        "covid": "K OW1 V IH0 D",
        "gif": "G IH1 F",
        "gui": "G UW1 IY0",
        "jpeg": "JH EY1 P EH2 G",
        "lidar": "L AY1 D AA2 R",
        "messers": "M EH1 S ER0 Z",
        "miz": "M IH1 Z",
        "async": "EY1 S IH0 NG K",
        "config": "K AH0 N F IH1 G",
        "configs": "K AH0 N F IH1 G Z",
        "enum": "IY1 N AH0 M",
        "kubectl": "K Y UW1 B K AH0 N T R OW1 L",
        "localhost": "L OW1 K AH0 L HH OW2 S T",
        "nginx": "EH1 N JH AH0 N EH1 K S",
        "numpy": "N AH1 M P AY2",
        "pydantic": "P AY0 D AE1 N T IH0 K",
        "pytest": "P AY1 T EH2 S T",
        "pytorch": "P AY1 T AO2 R CH",
        "readme": "R IY1 D M IY0",
        "regex": "R EH1 JH EH2 K S",
        "repo": "R IY1 P OW0",
        "repos": "R IY1 P OW0 Z",
        "stderr": "S T AE1 N D ER0 D EH1 R ER0",
        "stdin": "S T AE1 N D ER0 D IH1 N",
        "stdout": "S T AE1 N D ER0 D AW1 T",
        "sudo": "S UW1 D UW0",
        "toefl": "T OW1 F AH0 L",
        "toml": "T AA1 M AH0 L",
        "uefa": "Y UW0 EY1 F AH0",
        "wasm": "W AA1 Z AH0 M",
        "yaml": "Y AE1 M AH0 L",
        "yolo": "Y OW1 L OW0",
        "chatgpt": "CH AE1 T JH IY1 P IY1 T IY1",
        "conda": "K AA1 N D AH0",
        "json": "JH EY1 S AH0 N",
        "y'all": "Y AO1 L",
    }
)
"""Entries that the dictionary lacks or has with another reading than the common one."""


class PronouncingDictionary:
    """Pronunciations by word: overrides first, then this package's own entries, then the CMU dictionary."""

    def __init__(self, overrides: Mapping[str, Sequence[str]] | None = None) -> None:
        self._own: dict[str, Phones] = {w: tuple(p.split()) for w, p in OWN_WORDS.items()}
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

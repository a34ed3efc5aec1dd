"""The registry of language modules, each of which reads spans of its language.

To register a further language add one line to `MODULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from dora_mlx_tts.text.phonemes import Language
from dora_mlx_tts.text.symbols import Version

if TYPE_CHECKING:
    from dora_mlx_tts.text.lexicon import Lexicon

LanguageFactory = Callable[[Version], Language]
"""Builds a language module for a symbol inventory; raises LanguageError if it is not installed."""


def _mandarin(version: Version) -> Language:  # noqa: ARG001 (both inventories hold its phones)
    from dora_mlx_tts.text.zh.language import Mandarin  # noqa: PLC0415 (loads dictionaries)

    return Mandarin()


def _english(version: Version) -> Language:  # noqa: ARG001 (both inventories hold its phones)
    from dora_mlx_tts.text.en.language import English  # noqa: PLC0415 (loads dictionaries)

    return English()


def _cantonese(version: Version) -> Language:  # noqa: ARG001 (v1 has no Cantonese code)
    from dora_mlx_tts.text.yue.language import Cantonese  # noqa: PLC0415 (an extra)

    return Cantonese()


def _japanese(version: Version) -> Language:
    from dora_mlx_tts.text.ja.language import Japanese  # noqa: PLC0415 (an extra)

    return Japanese(version)


def _korean(version: Version) -> Language:  # noqa: ARG001 (v1 has no Korean code)
    from dora_mlx_tts.text.ko.language import Korean  # noqa: PLC0415 (its tables)

    return Korean()


MODULES: Mapping[str, LanguageFactory] = MappingProxyType(
    {
        "zh": _mandarin,
        "en": _english,
        "ja": _japanese,
        "ko": _korean,
        "yue": _cantonese,
    }
)


def configured(
    lexicon: Lexicon, polyphone_model: Path | None = None
) -> Mapping[str, LanguageFactory]:
    """Factories of the languages that take a lexicon or a model; for the others see `MODULES`."""

    def mandarin(version: Version) -> Language:  # noqa: ARG001 (both inventories hold its phones)
        from dora_mlx_tts.text.zh.language import Mandarin  # noqa: PLC0415 (loads dictionaries)

        return Mandarin(lexicon.mandarin_rules(), lexicon.phones.get("zh"), polyphone_model)

    def english(version: Version) -> Language:  # noqa: ARG001 (both inventories hold its phones)
        from dora_mlx_tts.text.en.language import English  # noqa: PLC0415 (loads dictionaries)

        return English(lexicon.phones.get("en"))

    def cantonese(version: Version) -> Language:  # noqa: ARG001 (v1 has no Cantonese code)
        from dora_mlx_tts.text.yue.language import Cantonese  # noqa: PLC0415 (an extra)

        words = lexicon.phones.get("yue", {})
        return Cantonese({word: " ".join(units) for word, units in words.items()})

    return MappingProxyType({"zh": mandarin, "en": english, "yue": cantonese})

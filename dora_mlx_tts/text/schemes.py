"""Language codes: how the text of a code is divided into spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dora_mlx_tts.config.languages import canonical
from dora_mlx_tts.errors import LanguageError
from dora_mlx_tts.messages import unknown
from dora_mlx_tts.text.symbols import Version


@dataclass(frozen=True, slots=True)
class Scheme:
    """How the text of a language code is divided into spans.

    Attributes:
        code: the language code of the reference.
        main: language of Han characters, and of everything without a distinctive script.
        detect: Han beside kana is Japanese; a foreign script needs its own module.
        only_main: everything but Latin words belongs to `main` (the `all_` codes).
    """

    code: str
    main: str
    detect: bool = False
    only_main: bool = False


_SCHEMES = (
    Scheme("zh", "zh"),
    Scheme("en", "en"),
    Scheme("ja", "ja"),
    Scheme("ko", "ko"),
    Scheme("yue", "yue"),
    Scheme("auto", "zh", detect=True),
    Scheme("auto_yue", "yue", detect=True),
    Scheme("all_zh", "zh", only_main=True),
    Scheme("all_ja", "ja", only_main=True),
    Scheme("all_ko", "ko", only_main=True),
    Scheme("all_yue", "yue", only_main=True),
)

CODES: Mapping[str, Scheme] = MappingProxyType({scheme.code: scheme for scheme in _SCHEMES})

V1_CODES = frozenset({"auto", "en", "zh", "ja", "all_zh", "all_ja"})
"""Codes of models with the v1 inventory, which has neither Korean nor Cantonese symbols."""

V1_LANGUAGES = frozenset({"zh", "en", "ja"})
"""Languages whose phones the v1 inventory holds."""


def scheme_of(language: str, version: Version = "v2") -> Scheme:
    """Scheme of a language code or alias; raises LanguageError with the available codes."""
    scheme = CODES.get(canonical(language) or "")
    if scheme is not None and (version != "v1" or scheme.code in V1_CODES):
        return scheme
    available = [code for code in CODES if version != "v1" or code in V1_CODES]
    if scheme is not None:
        raise LanguageError(
            f"v1 models do not support {language!r}; available: {', '.join(available)}"
        )
    raise LanguageError(unknown("language", language, available))

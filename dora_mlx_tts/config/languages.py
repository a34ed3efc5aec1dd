"""Language codes and their other names."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dora_mlx_tts.messages import unknown

CODES: Final = (
    "zh", "en", "ja", "ko", "yue", "auto", "auto_yue", "all_zh", "all_ja", "all_ko", "all_yue",
)  # fmt: skip
"""GPT-SoVITS' codes."""

ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cn": "zh",
        "chinese": "zh",
        "mandarin": "zh",
        "cmn": "zh",
        "zh_cn": "zh",
        "zh_tw": "zh",
        "zh_sg": "zh",
        "zh_hans": "zh",
        "zh_hant": "zh",
        "中文": "zh",
        "english": "en",
        "en_us": "en",
        "en_gb": "en",
        "eng": "en",
        "英文": "en",
        "japanese": "ja",
        "jp": "ja",
        "ja_jp": "ja",
        "all_jp": "all_ja",
        "日文": "ja",
        "korean": "ko",
        "kr": "ko",
        "ko_kr": "ko",
        "韩文": "ko",
        "cantonese": "yue",
        "zh_hk": "yue",
        "粤语": "yue",
        "mixed": "auto",
        "multilingual": "auto",
        # Kokoro's: American and British English, Mandarin, Japanese
        "a": "en",
        "b": "en",
        "z": "zh",
        "j": "ja",
    }
)
"""Other names -> code; in lower case, with `_` for `-`."""


def canonical(name: str) -> str | None:
    """The code that a name stands for, or None if there is no such language."""
    key = name.strip().lower().replace("-", "_")
    code = ALIASES.get(key, key)
    return code if code in CODES else None


def known(name: str) -> str:
    """The name, if it stands for a language.

    Raises:
        ValueError: it does not.
    """
    if canonical(name) is None:
        raise ValueError(unknown("language", name, CODES))
    return name

"""Writes out the content of `say-as`, so that the normalizers need not guess."""

from __future__ import annotations

import re

from dora_mlx_tts.text.punctuation import is_east_asian

WAYS = (
    *("characters", "spell-out", "verbatim", "digits", "telephone", "cardinal", "number"),
    *("ordinal", "date", "time", "fraction", "unit", "currency", "address"),
)
"""Values of `interpret-as`; from `date` on the normalizers know best."""

_LONGEST_ORDINAL = 12
_NUMBER = re.compile(r"-?[0-9]{1,16}(?:\.[0-9]{1,16})?")
_GROUPS = re.compile(r"[0-9+]+")
_LETTER = re.compile(r"[A-Za-z]")


def say(text: str, way: str, *, chinese: bool) -> str:
    """`text` written out in Chinese or English, or unchanged if it is not of that kind."""
    if way in {"characters", "spell-out", "verbatim"}:
        return _spell(text, chinese=chinese)
    if way in {"digits", "telephone"}:
        found = (_figures(part, way, chinese=chinese) for part in _GROUPS.findall(text))
        return ("，" if chinese else ", ").join(found) or text
    bare = text.replace(",", "").strip()
    if way in {"cardinal", "number"} and _NUMBER.fullmatch(bare):
        return _number(bare, chinese=chinese)
    if way == "ordinal" and bare.isdecimal() and len(bare) <= _LONGEST_ORDINAL:
        return _ordinal(bare, chinese=chinese)
    return text


def is_chinese(text: str, main: str) -> bool:
    """Whether numbers in `text` are read in Chinese, `main` deciding where it has no words."""
    if any(is_east_asian(char) and char.isalpha() for char in text):
        return True
    return main != "en" and _LETTER.search(text) is None


def _spell(text: str, *, chinese: bool) -> str:
    parts = (
        _figures(char, "digits", chinese=chinese) if char in "0123456789" else char.upper()
        for char in text
        if not char.isspace()
    )
    return " ".join(parts)


def _figures(figures: str, way: str, *, chinese: bool) -> str:
    bare = figures.replace("+", "")
    if chinese:
        from dora_mlx_tts.text.zh.normalize.numbers import (  # noqa: PLC0415 (on demand)
            digits as han,
        )

        return han(bare, telephone=way == "telephone")
    from dora_mlx_tts.text.en.normalize.numbers import (  # noqa: PLC0415 (on demand)
        digits,
    )

    return digits(bare)


def _number(figures: str, *, chinese: bool) -> str:
    if chinese:
        from dora_mlx_tts.text.zh.normalize.numbers import (  # noqa: PLC0415 (on demand)
            number as han,
        )

        return han(figures)
    from dora_mlx_tts.text.en.normalize.numbers import (  # noqa: PLC0415 (on demand)
        number,
    )

    sign = "negative " if figures.startswith("-") else ""
    return sign + number(figures.lstrip("-"))


def _ordinal(figures: str, *, chinese: bool) -> str:
    if chinese:
        from dora_mlx_tts.text.zh.normalize.numbers import (  # noqa: PLC0415 (on demand)
            cardinal,
        )

        return f"第{cardinal(figures)}"
    from dora_mlx_tts.text.en.normalize.numbers import (  # noqa: PLC0415 (on demand)
        ordinal,
    )

    return ordinal(int(figures))

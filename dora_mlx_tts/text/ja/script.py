"""Chinese forms of characters as the Japanese ones, so that the dictionary knows them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from dora_mlx_tts.text.aligned import AlignedText

if TYPE_CHECKING:
    from collections.abc import Callable

_HAN = re.compile("[\u3400-\u9fff]")


@cache
def _converters() -> tuple[Callable[[str], str], ...]:
    """Simplified to traditional, traditional to Japanese; nothing where opencc is missing."""
    try:
        import opencc  # noqa: PLC0415 (only needed for characters Japan does not write)
    except ImportError:
        return ()
    return tuple(opencc.OpenCC(name).convert for name in ("s2t", "t2jp"))


@cache
def _japanese_form(char: str) -> str:
    form = char
    for convert in _converters():
        form = convert(form)
    return form if len(form) == 1 else char


def in_japanese_script(text: AlignedText) -> AlignedText:
    """`说话` as `説話`; characters of the JIS inventory stay."""
    return text.sub(_HAN, lambda m: None if _in_jis(m[0]) else _japanese_form(m[0]))


def _in_jis(char: str) -> bool:
    try:
        char.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True

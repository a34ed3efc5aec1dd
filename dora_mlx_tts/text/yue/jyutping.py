"""Jyutping of a text, from the dictionary of ToJyutping and a few corrections of this package."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Protocol

from dora_mlx_tts.errors import LanguageError, SettingError

_HEADS = {
    "行": "hong4", "組": "zou2", "團": "tyun4", "所": "so2", "縣": "jyun6", "鎮": "zan3",
    "區": "keoi1", "艦": "laam6", "鄉": "hoeng1", "庭": "ting4", "總": "zung2", "廠": "cong2",
    "室": "sat1", "連": "lin4", "營": "jing4",
}  # fmt: skip
"""What a head (長 zoeng2) may be of; those that ToJyutping knows are not repeated."""

CORRECTIONS: Mapping[str, str] = {
    **{f"{body}長": f"{reading} zoeng2" for body, reading in _HEADS.items()},
    "銀行行長": "ngan4 hong4 hong4 zoeng2",
    "書記長": "syu1 gei3 zoeng2",
    "護士長": "wu6 si6 zoeng2",
    "參與": "caam1 jyu6",
    "請問": "cing2 man6",
}
"""Words that ToJyutping reads wrong, in traditional characters."""


class _Converter(Protocol):
    """What is used of ToJyutping, which has no type hints of its own."""

    def customize(self, entries: Mapping[str, str]) -> _Converter:
        """A converter that knows further words."""

    def get_jyutping_list(self, s: str) -> list[tuple[str, str | None]]:
        """Each character with its syllables, parted by blanks."""


@cache
def _converter() -> _Converter:
    try:
        package = importlib.import_module("ToJyutping")  # builds its dictionary
    except ImportError as error:
        raise LanguageError(
            "Cantonese text needs the extra 'yue': pip install 'dora-mlx-tts[yue]'"
        ) from error
    converter: _Converter = package.ToJyutping
    return converter


class JyutpingReader:
    """Readings of characters in their words."""

    def __init__(self, pronunciations: Mapping[str, str], *, corrected: bool = True) -> None:
        """Set own words; with `corrected` those of `CORRECTIONS` count too."""
        words = {**(CORRECTIONS if corrected else {}), **pronunciations}
        converter = _converter()
        try:
            self._converter = converter.customize(words)
        except ValueError as error:
            raise SettingError(f"a Cantonese pronunciation cannot be used: {error}") from error

    def read(self, text: str) -> Iterator[tuple[str, list[str]]]:
        """Each character with its syllables: one as a rule, several in 卅, none if unknown."""
        for char, reading in self._converter.get_jyutping_list(text):
            yield char, reading.split() if reading else []

"""Pinyin of words and characters: pypinyin's dictionaries under this package's own corrections."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from dora_mlx_tts.text.zh.packages import package_file
from dora_mlx_tts.text.zh.syllable import from_marks, symbols_of

_FEWEST_PHRASES = 1000
_FIRST_READING = re.compile(r'\[\s*"([^"]+)"')
_VARIANTS = {
    "嗯": "en1",
    "呣": "mu3",
    "𠮷": "ji2",
    "㐂": "xi3",
    "噷": "heng5",
    "哏": "gen2",
    "𡈽": "tu3",
    "㕶": "en2",
    "𠮾": "en4",
}
"""Characters that pypinyin lacks or gives a syllable without symbols."""


@cache
def _phrases() -> dict[str, str]:
    """Phrases of pypinyin, each with the JSON of its reading, which is parsed when it is asked for.

    Parsing all 47,000 would take a fifth of a second, so the file is only divided where one phrase
    ends; should a later version be laid out otherwise, it is parsed as a whole.
    """
    text = package_file("pypinyin", "phrases_dict.json").read_text(encoding="utf-8")
    items = [item.partition('": [') for item in text.strip('{}\n "').split('],\n"')]
    if len(items) >= _FEWEST_PHRASES and all(sign for _, sign, _ in items):
        return {phrase: reading for phrase, _, reading in items}
    return {
        phrase: json.dumps(reading, ensure_ascii=False)
        for phrase, reading in json.loads(text).items()
    }


@cache
def _characters() -> dict[str, str]:
    table: dict[str, str] = json.loads(package_file("pypinyin", "pinyin_dict.json").read_bytes())
    return table


@cache
def _longest_phrase() -> int:
    return max(map(len, _phrases()))


@cache
def load_data(name: str) -> Any:  # noqa: ANN401 - each file has its own form
    """A JSON data file beside this module."""
    return json.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))


@cache
def readings_of_character(char: str) -> tuple[str, ...]:
    """Readings of a character that have symbols, the commonest first; empty if it has none."""
    if char in _VARIANTS:
        return (_VARIANTS[char],)
    marked = _characters().get(str(ord(char)), "")
    plain = dict.fromkeys(from_marks(m) for m in marked.split(",") if m)
    return tuple(p for p in plain if symbols_of(p))


@cache
def _words() -> Mapping[str, str]:
    """Words that pypinyin lacks or reads otherwise; see `scripts/build_polyphones.py`."""
    data = resources.files(__package__).joinpath("words.bin").read_bytes()
    lines = zlib.decompress(data).decode().split("\n")
    return dict(line.split(" ", 1) for line in lines)


def phrase_reading(phrase: str) -> list[str] | None:
    """Reading of a phrase that a dictionary lists as a whole, or None."""
    reading = _words().get(phrase)
    return pypinyin_reading(phrase) if reading is None else reading.split(" ")


def pypinyin_reading(phrase: str) -> list[str] | None:
    """Reading of a phrase in pypinyin's dictionary, or None."""
    reading = _phrases().get(phrase)
    return None if reading is None else [from_marks(m) for m in _FIRST_READING.findall(reading)]


def dictionary_reading(word: str) -> list[str | None]:
    """Pinyin of every character: longest phrases first, then each character's first reading.

    A character without any reading gives None.
    """
    result: list[str | None] = []
    at = 0
    while at < len(word):
        for end in range(min(len(word), at + _longest_phrase()), at + 1, -1):
            found = phrase_reading(word[at:end])
            if found is not None and len(found) == end - at:
                result.extend(found)
                at = end
                break
        else:
            readings = readings_of_character(word[at])
            result.append(readings[0] if readings else None)
            at += 1
    return result

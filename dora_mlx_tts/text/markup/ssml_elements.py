"""The elements of speech markup and their attributes."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from dora_mlx_tts.config.settings import FASTEST, SLOWEST
from dora_mlx_tts.text.alphabets import READERS
from dora_mlx_tts.text.markup.say_as import WAYS
from dora_mlx_tts.text.punctuation import CLAUSE_MARKS, HARD_STOPS
from dora_mlx_tts.text.spoken import Kind, Reading

LONGEST_PAUSE = 10.0
"""Longest pause in seconds; longer ones are cut to this."""

LOWEST_RATE, HIGHEST_RATE = SLOWEST / FASTEST, FASTEST / SLOWEST
"""Rates that some speed brings within its bounds; any other is malformed."""

_ATTRIBUTE = re.compile(r"([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+))")
_NAME = re.compile(r"<(/?)\s*([A-Za-z-]+)")
_TIME = re.compile(r"\+?(\d+(?:\.\d*)?|\.\d+)\s?(ms|s)")
_PERCENT = re.compile(r"([+-]?)(\d+(?:\.\d*)?|\.\d+)(%?)")
_STRENGTHS = {
    "none": 0.0,
    "x-weak": 0.1,
    "weak": 0.2,
    "medium": 0.4,
    "strong": 0.7,
    "x-strong": 1.0,
}
_RATES = {"x-slow": 0.5, "slow": 0.75, "medium": 1.0, "default": 1.0, "fast": 1.25, "x-fast": 1.5}
_ALPHABETS: dict[str, Kind] = {
    "pinyin": "pinyin",
    "py": "pinyin",
    "arpabet": "arpabet",
    "cmu": "arpabet",
    "ipa": "arpabet",
    "jyutping": "jyutping",
    "phones": "phones",
}


@dataclass(frozen=True, slots=True)
class Element:
    """A parsed tag.

    Attributes:
        name: of the element.
        closing: `</…>`.
        empty: `<…/>`.
        number: seconds of a break, factor of a rate.
        value: alias, way to say, or reading.
        alphabet: of the reading; "" if the text decides.
    """

    name: str
    closing: bool = False
    empty: bool = False
    number: float = 1.0
    value: str = ""
    alphabet: str = ""

    def spoken(self, content: str) -> tuple[str, Reading | None] | None:
        """What to speak in place of the content, and how to read it; None if it does not fit."""
        content = " ".join(content.split())
        if self.name == "sub":
            return self.value, None
        if not content:
            return None
        if self.name == "say-as":
            return content, Reading(-len(content), 0, "say", (self.value,))
        if any(char in CLAUSE_MARKS or char in HARD_STOPS for char in content):
            return None
        reading = find_reading(self.alphabet, self.value, content)
        return None if reading is None else (content, reading)


def read_element(tag: str) -> Element | None:
    """The element of a tag, or None if an attribute is missing or wrong."""
    match = _NAME.match(tag)
    if match is None:
        return None
    name, closing, empty = match[2].lower(), bool(match[1]), tag.endswith("/>")
    if closing:
        return Element(name, closing=True)
    given = {
        key.lower(): html.unescape("".join(values)) for key, *values in _ATTRIBUTE.findall(tag)
    }
    plain = Element(name, empty=empty)
    return _BUILDERS.get(name, _plain)(plain, given)


def _plain(element: Element, given: dict[str, str]) -> Element | None:  # noqa: ARG001 (a builder)
    return element


def _break(element: Element, given: dict[str, str]) -> Element | None:
    seconds = read_pause(given["time"]) if "time" in given else None
    if "time" not in given:
        seconds = _STRENGTHS.get(given.get("strength", "medium"))
    return None if seconds is None else _with(element, number=seconds)


def _sub(element: Element, given: dict[str, str]) -> Element | None:
    alias = " ".join(given.get("alias", "").split())
    return _with(element, value=alias) if alias else None


def _say_as(element: Element, given: dict[str, str]) -> Element | None:
    way = given.get("interpret-as", "")
    return _with(element, value=way) if way in WAYS else None


def _phoneme(element: Element, given: dict[str, str]) -> Element | None:
    reading, alphabet = given.get("ph", "").strip(), given.get("alphabet", "").lower()
    alphabet = alphabet.removeprefix("x-")
    if not reading or (alphabet and alphabet not in _ALPHABETS):
        return None
    return _with(element, value=reading, alphabet=alphabet)


def _prosody(element: Element, given: dict[str, str]) -> Element | None:
    rate = read_rate(given["rate"]) if "rate" in given else 1.0
    return None if rate is None else _with(element, number=rate)


_BUILDERS = {
    "break": _break,
    "sub": _sub,
    "say-as": _say_as,
    "phoneme": _phoneme,
    "prosody": _prosody,
}


def _with(element: Element, *, number: float = 1.0, value: str = "", alphabet: str = "") -> Element:
    return Element(element.name, element.closing, element.empty, number, value, alphabet)


def read_pause(time: str) -> float | None:
    """Seconds of `500ms` or `1.5s`, at most `LONGEST_PAUSE`; None if it is not a time."""
    match = _TIME.fullmatch(time.strip())
    if match is None:
        return None
    return min(float(match[1]) / (1000 if match[2] == "ms" else 1), LONGEST_PAUSE)


def read_rate(rate: str) -> float | None:
    """Factor of `slow`, `80%`, `+10%` or `1.2`; None if it is not a rate or out of bounds."""
    rate = rate.strip()
    if rate in _RATES:
        return _RATES[rate]
    match = _PERCENT.fullmatch(rate)
    if match is None:
        return None
    factor = float(match[2]) / (100 if match[3] else 1)
    if match[1]:
        factor = 1 + factor if match[1] == "+" else 1 - factor
    return factor if LOWEST_RATE <= factor <= HIGHEST_RATE else None


def find_reading(alphabet: str, reading: str, word: str) -> Reading | None:
    """This reading for the `word` before it, or None if it is not valid in the alphabet.

    Without an alphabet a word with Han characters is given pinyin, any other ARPAbet or IPA.
    """
    for name in (alphabet,) if alphabet else ("pinyin", "jyutping", "arpabet", "ipa"):
        reader = READERS.get({"py": "pinyin", "cmu": "arpabet"}.get(name, name))
        units = reader(reading, word) if reader else None
        if units is not None:
            return Reading(-len(word), 0, _ALPHABETS[name], tuple(units))
    return None

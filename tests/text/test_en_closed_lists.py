"""Closed lists of English, every member in several surroundings: units, places, titles, money, signs."""

from __future__ import annotations

import re

import pytest

from dora_mlx_tts.text.en.language import English
from dora_mlx_tts.text.en.normalize import abbreviation_tables as tables
from dora_mlx_tts.text.en.normalize.currencies import CODES, DOUBTFUL, SIGNS
from dora_mlx_tts.text.en.normalize.months import MONTHS
from dora_mlx_tts.text.en.normalize.places import STATES
from dora_mlx_tts.text.en.normalize.sign_names import NAMES
from dora_mlx_tts.text.en.normalize.unit_names import FORMS, GLUED_ONLY, NEVER_BARE, names
from dora_mlx_tts.text.roman import value

ENGLISH = English()
NUMBERS = {
    "1": "one",
    "7": "seven",
    "2.5": "two point five",
    "3-4": "three to four",
    "1,200": "twelve hundred",
}
LETTERS = re.compile(r"\b[B-HJ-Zb-hj-z]\b")


def said(text: str) -> str:
    return ENGLISH.normalize(text).text


@pytest.mark.parametrize("figures", NUMBERS)
def test_every_unit(figures: str) -> None:
    """Behind a blank; `1` makes it one. Signs that are words as well are left out."""
    for sign in FORMS.keys() - GLUED_ONLY - {"pm", "am", "pp", "K", "Ah", "pA", "PM", "pM"}:
        one, many = FORMS[sign]
        name = one if figures == "1" else many
        assert (
            said(f"It has {figures} {sign} in all.") == f"It has {NUMBERS[figures]} {name} in all."
        ), sign


@pytest.mark.parametrize("per", ["s", "hr", "day", "kg", "m²", "mol", "L"])
def test_every_unit_per_another(per: str) -> None:
    named = {
        "s": "second",
        "hr": "hour",
        "day": "day",
        "kg": "kilogram",
        "m²": "square meter",
        "mol": "mole",
        "L": "liter",
    }
    for sign in FORMS.keys() - NEVER_BARE - {"%", "‰", "pp", "°", "pA", "pm", "pM"}:
        if sign.startswith("°") or "/" in sign:
            continue
        assert f" per {named[per]}" in said(f"It has 7 {sign}/{per} in all."), sign


def test_every_state() -> None:
    for code, name in STATES.items():
        assert f"Springdale, {name}, six two" in said(f"Mail it to Springdale, {code} 62704."), code
        assert said(f"We drove to Springdale, {code}.").endswith(f"Springdale, {name}."), code


@pytest.mark.parametrize("dot", ["", "."])
def test_every_month(dot: str) -> None:
    for month in MONTHS:
        for short in {month[:3], "Sept" if month == "September" else month[:3]}:
            if short == "May" and dot:
                continue
            assert said(f"It is due {short}{dot} 5.") == f"It is due {month} fifth."
            assert (
                said(f"It opened in {short}{dot} and closed.")
                == f"It opened in {month} and closed."
            )


def test_every_title() -> None:
    for short, title in tables.TITLES.items():
        assert said(f"I met {short}. Miller there.") == f"I met {title} Miller there.", short
    for short, title in tables.BARE_TITLES.items():
        assert said(f"I met {short} Miller there.") == f"I met {title} Miller there.", short


def test_every_label_before_a_number() -> None:
    for short, word in tables.BEFORE_NUMBER.items():
        assert f"see {word} seven" in said(f"Please see {short}. 7 of it.").lower(), short


def test_every_code_of_money() -> None:
    for code in CODES.keys() - DOUBTFUL:
        if code.isalpha():
            assert CODES[code].many in said(f"It costs 25 {code} now."), code
        assert CODES[code].many in said(f"It costs {code} 25 now."), code
    for sign, money in SIGNS.items():
        assert said(f"It costs {sign}25 now.") == f"It costs twenty-five {money.many} now.", sign


def test_every_sign_is_spoken() -> None:
    for sign, name in NAMES.items():
        if len(name) > 1:
            words = " ".join(re.findall("[a-z]+", name.lower()))
            assert words in said(f"a {sign} b").lower().replace("-", " "), sign


@pytest.mark.parametrize(
    ("sign", "name"),
    [
        ("sq. ft.", "square foot"), ("cu in", "cubic inch"), ("fl. oz.", "fluid ounce"), ("N·m", "newton meter"),
        ("ft-lb", "foot pound"), ("km²", "square kilometer"), ("cm^3", "cubic centimeter"), ("MiB", "mebibyte"), ("keV", "kilo electron volt"),
    ],
)  # fmt: skip
def test_composed_units(sign: str, name: str) -> None:
    found = names(sign)
    assert found is not None
    assert found[0] == name


@pytest.mark.parametrize("sign", ["xyz", "km-long", "sq", "·", "²", "ft-km", ""])
def test_what_is_no_unit(sign: str) -> None:
    assert names(sign) is None


@pytest.mark.parametrize(
    ("numeral", "number"),
    [("XIV", 14), ("mcmxc", 1990), ("IV", 4), ("IIII", 4), ("IIX", 8), ("VX", 5), ("", 0)],
)
def test_roman_numbers(numeral: str, number: int) -> None:
    assert value(numeral) == number


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("The force is 5 N.", "The force is five newtons."),
        ("He has 5 N stickers.", "He has five N stickers."),
        ("The surface temperature is 300 K.", "The surface temperature is three hundred kelvin."),
        ("It cost 300 K more.", "It cost three hundred K more."),
        ("A charger of 5 V and 2 A.", "A charger of five volts and two amps."),
        ("She got 2 A grades.", "She got two A grades."),
    ],
)
def test_letters_are_units_where_words_say_so(text: str, reading: str) -> None:
    assert said(text) == reading

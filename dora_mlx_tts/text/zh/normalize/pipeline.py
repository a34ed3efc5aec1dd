"""The order in which the rules of normalization apply."""

from __future__ import annotations

import re
import string
from collections.abc import Callable

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.counts import read_counts, read_versions
from dora_mlx_tts.text.zh.normalize.dates import read_dates
from dora_mlx_tts.text.zh.normalize.degrees import read_percentages, read_temperatures
from dora_mlx_tts.text.zh.normalize.labels import read_labels, read_verses
from dora_mlx_tts.text.zh.normalize.maths import (
    RELATIONS,
    read_equations,
    read_fractions,
    read_mixed_fractions,
    read_powers_and_comparisons,
    read_signs,
)
from dora_mlx_tts.text.zh.normalize.money import read_money
from dora_mlx_tts.text.zh.normalize.month_days import read_month_days
from dora_mlx_tts.text.zh.normalize.patterns import FIGURES, HAN
from dora_mlx_tts.text.zh.normalize.ranges import read_ranges
from dora_mlx_tts.text.zh.normalize.script import clean
from dora_mlx_tts.text.zh.normalize.signs import read_signs_as_marks
from dora_mlx_tts.text.zh.normalize.telephone import read_telephone_numbers
from dora_mlx_tts.text.zh.normalize.times import read_times
from dora_mlx_tts.text.zh.normalize.units import (
    read_feet_and_minutes,
    read_quantities,
)
from dora_mlx_tts.text.zh.normalize.writing import read_thousands

_PLAIN = re.compile(rf"[{HAN[1:-1]}，。！？、；：“”‘’（）《》…—\s]*+")
"""Text in which no rule about numbers, units and formulas has anything to do."""

_ITEM = re.compile(r"(?:\A|(?<=[：；，。:;]))[ ]*[（(]([0-9]{1,2})[)）][ ]*(?![，。、；：.,])")
"""The number of an item in brackets: （1）."""
_STEPS: tuple[tuple[Callable[[AlignedText], AlignedText], str], ...] = (
    (read_thousands, FIGURES),  # before commas become pauses
    (read_dates, FIGURES),  # before hyphens and slashes become ranges and fractions
    (read_verses, ":："),
    (read_labels, "/-–#*折:：∶档"),
    (read_telephone_numbers, FIGURES),
    (read_month_days, "/-.月日号"),
    (read_money, FIGURES),
    (read_times, FIGURES),
    (read_feet_and_minutes, "'\"′″’”"),
    (read_versions, "."),
    (read_mixed_fractions, "/分又"),
    (read_equations, "+×*÷=≈≠<>≤≥±≡√/%|!"),  # before a hyphen in one becomes a range
    (read_percentages, "%‰"),
    (read_temperatures, "°℃℉度"),
    (read_ranges, "-~–—−～〜∼"),
    (read_quantities, f"{string.ascii_letters}/°′″²³^ÅΩμ"),  # before powers: m² is a unit
    (read_powers_and_comparisons, f"+×÷=≈≠<>≤≥^⁰¹²³⁴⁵⁶⁷⁸⁹⁻{RELATIONS}"),
    (read_fractions, "/"),
    (read_counts, ""),
    (read_signs, ""),
)
"""The steps in their order, each with characters without which it has nothing to do."""


def normalize(text: str) -> AlignedText:
    """Write a Mandarin text with Hanzi and `! ? … , .` only."""
    aligned = clean(AlignedText.of(text)).sub(_ITEM, r"\1，")
    if not _PLAIN.fullmatch(aligned.text):
        characters = set(aligned.text)
        for step, needs in _STEPS:
            if not needs or not characters.isdisjoint(needs):
                aligned = step(aligned)
    return read_signs_as_marks(aligned)

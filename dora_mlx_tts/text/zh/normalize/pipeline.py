"""The order in which the rules of normalization apply."""

from __future__ import annotations

import re

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.zh.normalize.counts import read_counts, read_thousands, read_versions
from dora_mlx_tts.text.zh.normalize.dates import read_dates
from dora_mlx_tts.text.zh.normalize.maths import (
    read_equations,
    read_fractions,
    read_powers_and_comparisons,
    read_signs,
)
from dora_mlx_tts.text.zh.normalize.money import read_money
from dora_mlx_tts.text.zh.normalize.patterns import HAN
from dora_mlx_tts.text.zh.normalize.ranges import read_ranges
from dora_mlx_tts.text.zh.normalize.script import clean
from dora_mlx_tts.text.zh.normalize.signs import read_signs_as_marks
from dora_mlx_tts.text.zh.normalize.telephone import read_telephone_numbers
from dora_mlx_tts.text.zh.normalize.times import read_times
from dora_mlx_tts.text.zh.normalize.units import (
    read_percentages,
    read_quantities,
    read_temperatures,
)

_PLAIN = re.compile(rf"(?:{HAN}|[，。！？、；：“”‘’（）《》…—\s]){{0,5000}}")
"""Text in which no rule about numbers, units and formulas has anything to do."""

_STEPS = (
    read_thousands,  # before commas become pauses
    read_dates,  # before hyphens and slashes become ranges and fractions
    read_telephone_numbers,
    read_money,
    read_times,
    read_versions,
    read_equations,  # before a hyphen in one becomes a range
    read_percentages,
    read_temperatures,
    read_ranges,
    read_quantities,  # before powers: m² is a unit
    read_powers_and_comparisons,
    read_fractions,
    read_counts,
    read_signs,
)


def normalize(text: str) -> AlignedText:
    """Write a Mandarin text with Hanzi and `! ? … , .` only."""
    aligned = clean(AlignedText.of(text))
    if not _PLAIN.fullmatch(aligned.text):
        for step in _STEPS:
            aligned = step(aligned)
    return read_signs_as_marks(aligned)

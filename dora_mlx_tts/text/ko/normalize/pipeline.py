"""The order in which the rules of normalization apply."""

from __future__ import annotations

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.ko.normalize.amounts import (
    read_counts,
    read_labels,
    read_money,
    read_quantities,
    read_telephone_numbers,
    read_thousands,
    read_times,
)
from dora_mlx_tts.text.ko.normalize.dates import read_dates
from dora_mlx_tts.text.ko.normalize.signs import clean, read_letters, read_marks

_STEPS = (
    clean,
    read_thousands,  # before commas are pauses
    read_dates,  # before hyphens and slashes are ranges and fractions
    read_times,  # before 05 is a name in figures
    read_telephone_numbers,
    read_labels,  # before 장 and 대 are counters
    read_money,
    read_quantities,
    read_counts,
    read_letters,
    read_marks,
)


def normalize(text: AlignedText) -> AlignedText:
    """Write a Korean text with Hangul, blanks and `, . ! ? … -` only."""
    for step in _STEPS:
        text = step(text)
    return text

"""The order in which the rules of normalization apply."""

from __future__ import annotations

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.ja.dates import read_dates
from dora_mlx_tts.text.ja.numbers import (
    read_differences,
    read_fractions,
    read_money,
    read_percentages,
    read_quantities,
    read_scores,
    read_telephone_numbers,
    read_thousands,
    read_times,
    read_versions,
)
from dora_mlx_tts.text.ja.signs import (
    clean,
    read_dashes,
    read_remaining_signs,
    read_waves,
    simplify_marks,
)

_STEPS = (
    clean,
    read_thousands,  # before commas are pauses
    read_dates,  # before hyphens and slashes are ranges and fractions
    read_telephone_numbers,
    read_times,
    read_scores,
    read_money,
    read_percentages,
    read_versions,
    read_waves,
    read_differences,
    read_quantities,
    read_fractions,
    read_dashes,
    read_remaining_signs,
    simplify_marks,
)


def normalize(text: AlignedText) -> AlignedText:
    """Write a Japanese text with kana, kanji, digits and marks only."""
    for step in _STEPS:
        text = step(text)
    return text

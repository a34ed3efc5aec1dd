"""The order in which English text is written out."""

from __future__ import annotations

from collections.abc import Container

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize import (
    abbreviations,
    acronyms,
    addresses,
    characters,
    dates,
    money,
    numerals,
    symbols,
    times,
    units,
)

FORMS = (
    characters.unify,
    addresses.apply,
    numerals.apply_codes,
    abbreviations.apply,
    dates.apply,
    times.apply,
    acronyms.apply_dots,
    money.apply,
    units.apply,
    symbols.apply_arithmetic,
    symbols.apply_names,
    numerals.apply_ordinals,
    numerals.apply,
)
"""Special forms first: what is left for a later step is more general."""


def normalize(text: AlignedText, kept: Container[str] = frozenset()) -> AlignedText:
    """Write out every form, then capitals and marks; `kept` are words (small) not to be cut."""
    for step in FORMS:
        text = step(text)
    return symbols.apply_pauses(acronyms.apply(text, kept))

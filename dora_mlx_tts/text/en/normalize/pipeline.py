"""The order in which English text is written out."""

from __future__ import annotations

from collections.abc import Container

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize import (
    abbreviations,
    acronyms,
    addresses,
    algebra,
    characters,
    citations,
    codes,
    dates,
    durations,
    keys,
    marks,
    money,
    months,
    numerals,
    postal,
    slashes,
    symbols,
    times,
    units,
)

FORMS = (
    characters.unify,
    citations.apply,
    addresses.apply,
    keys.apply,
    numerals.apply_items,
    postal.apply,
    codes.apply,
    abbreviations.apply,
    months.apply,
    dates.apply,
    numerals.apply_groups,
    slashes.apply,
    durations.apply,
    times.apply,
    acronyms.apply_dots,
    money.apply,
    marks.apply,
    algebra.apply,
    units.apply,
    money.apply_kinds,
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

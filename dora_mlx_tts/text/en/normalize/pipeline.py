"""The order in which English text is written out."""

from __future__ import annotations

from collections.abc import Callable, Container

from dora_mlx_tts.text.aligned import AlignedText
from dora_mlx_tts.text.en.normalize import (
    abbreviations,
    acronyms,
    addresses,
    algebra,
    bare_units,
    characters,
    citations,
    codes,
    dates,
    durations,
    identifiers,
    keys,
    labels,
    marks,
    money,
    months,
    music,
    notations,
    numerals,
    postal,
    ranges,
    romans,
    slashes,
    sums,
    symbols,
    times,
    units,
    versions,
)

_Step = Callable[[AlignedText], AlignedText]

_STEPS: tuple[tuple[_Step, bool], ...] = (
    (characters.unify, False),
    (citations.apply, True),
    (ranges.apply, True),
    (addresses.apply, False),
    (keys.apply, False),
    (notations.apply, False),
    (music.apply, False),
    (numerals.apply_items, True),
    (postal.apply, False),
    (identifiers.apply, True),
    (labels.apply, True),
    (codes.apply, True),
    (abbreviations.apply, False),
    (romans.apply, False),
    (months.apply, False),
    (dates.apply, True),
    (numerals.apply_groups, True),
    (sums.apply, True),
    (slashes.apply, True),
    (durations.apply, True),
    (times.apply, False),
    (acronyms.apply_dots, False),
    (money.apply, True),
    (marks.apply, True),
    (algebra.apply, False),
    (units.apply, True),
    (bare_units.apply, False),
    (money.apply_kinds, False),
    (symbols.apply_arithmetic, False),
    (symbols.apply_names, False),
    (versions.apply, True),
    (numerals.apply_ordinals, True),
    (numerals.apply, True),
)
"""Special forms first: what is left for a later step is more general. True: only where figures are."""


def normalize(text: AlignedText, kept: Container[str] = frozenset()) -> AlignedText:
    """Write out every form, then capitals and marks; `kept` are words (small) not to be cut."""
    has_figures = any(char.isnumeric() for char in text.text)
    for step, needs_figures in _STEPS:
        if has_figures or not needs_figures:
            text = step(text)
    return symbols.apply_pauses(acronyms.apply(text, kept))

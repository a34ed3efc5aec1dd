"""Punctuation marks, and which characters are written without spaces."""

from __future__ import annotations

HARD_STOPS = frozenset("。！？!?｡‼⁇⁈⁉")
DOTS = frozenset(".．")
ELLIPSES = frozenset("…⋯")
DASHES = frozenset("—–―")
CLOSERS = frozenset("”’\"'）)】]》」』›»")
CLAUSE_MARKS = frozenset("，、；：,;:")
OPENING_BRACKETS = frozenset("(（《[")
CLOSING_BRACKETS = frozenset(")）》]")


def is_east_asian(char: str) -> bool:
    """Whether `char` is written without blanks: Han, kana, Hangul and their punctuation."""
    return (
        "\u2e80" <= char <= "\u9fff"
        or "\uac00" <= char <= "\ud7ff"
        or "\uf900" <= char <= "\ufaff"
        or "\uff01" <= char <= "\uffef"
        or char >= "\U00020000"
    )

"""Word sets written as prose."""

from __future__ import annotations


def listed(text: str) -> tuple[str, ...]:
    """The words of a text; keeps long lists readable in the source."""
    return tuple(text.split())


def word_set(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())

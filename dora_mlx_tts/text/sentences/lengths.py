"""How long a text is when it is spoken, counted in Han characters."""

from __future__ import annotations

from collections.abc import Iterator

from dora_mlx_tts.text.punctuation import is_east_asian

LONG = 50.0
"""Length a piece should not exceed, in Han characters: about ten seconds of speech."""

_LATIN_LENGTH = 0.35
"""Length of a Latin letter or digit, beside a Han character's 1."""


def length_of(text: str) -> float:
    """Length of a text."""
    return sum(lengths(text))


def lengths(text: str) -> Iterator[float]:
    """Length of each character; 0 for marks and blanks."""
    for char in text:
        if not char.isalnum():
            yield 0.0
        else:
            yield 1.0 if is_east_asian(char) else _LATIN_LENGTH

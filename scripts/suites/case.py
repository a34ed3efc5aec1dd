"""One line of a suite."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """A text and the readings a suite accepts for it.

    Attributes:
        file: the part of the suite it stands in.
        text: as written.
        accepted: readings in words.
    """

    file: str
    text: str
    accepted: tuple[str, ...]

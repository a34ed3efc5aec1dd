"""Which conversation gets the next window of audio: the one that needs it soonest.

A pure function: the needs of the conversations go in, the choice comes out. It keeps no history, and the
deadline of a waiting conversation never moves back, so each one is served in the end, however many others
arrive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PATIENCE_S: Final = 1.0
"""Seconds after its player ran dry in which a conversation still ranks behind those not heard yet."""


@dataclass(frozen=True, slots=True)
class Need:
    """What one conversation is waiting for; times in seconds on one clock.

    Attributes:
        ready_s: since when there has been something to speak.
        silent_s: when its player runs, or ran, out of audio.
    """

    ready_s: float
    silent_s: float

    @property
    def is_first(self) -> bool:
        """Whether the player was silent when the text came, so that the listener is waiting for the next window."""
        return self.silent_s <= self.ready_s

    @property
    def due_s(self) -> float:
        """When its next window is due.

        A first window is due at once; a later one is due some patience after the preceding audio ends. So every
        first window comes before later windows of players that still have audio, and a player that ran dry long
        ago comes before newer texts.
        """
        return self.ready_s if self.is_first else self.silent_s + PATIENCE_S


def most_urgent(needs: Sequence[Need]) -> int:
    """The index of the conversation to serve next; the first one among equals."""
    return min(range(len(needs)), key=lambda place: needs[place].due_s)

"""Which conversation gets the next window of sound: the one that must have it soonest.

A pure rule: what conversations need goes in, the choice comes out. It needs no history, and no deadline ever
moves away from a conversation that waits, so whoever waits is served in the end, however many others arrive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PATIENCE_S: Final = 1.0
"""Seconds after its player ran dry in which a conversation still stands behind those of which nothing is heard yet."""


@dataclass(frozen=True, slots=True)
class Need:
    """What one conversation waits for; times in seconds of one clock.

    Attributes:
        ready_s: since when there is something to be spoken.
        silent_s: when its player runs out of sound, or ran out of it.
    """

    ready_s: float
    silent_s: float

    @property
    def is_first(self) -> bool:
        """Whether the player was silent when the text came: what is made next is waited for."""
        return self.silent_s <= self.ready_s

    @property
    def due_s(self) -> float:
        """When its next window is due.

        A first window is due at once, a later one some patience after the sound before it has ended. So
        every first window comes before the later ones of players that still have sound, and a player
        that ran dry long ago comes before texts that are younger than that.
        """
        return self.ready_s if self.is_first else self.silent_s + PATIENCE_S


def most_urgent(needs: Sequence[Need]) -> int:
    """The place of the conversation that is served next; of equals the first one."""
    return min(range(len(needs)), key=lambda place: needs[place].due_s)

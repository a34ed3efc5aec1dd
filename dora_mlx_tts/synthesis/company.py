"""`Company`: windows of texts that are spoken at the same time, made together where they are alike.

A text that asks for the sound of a window can be left there (`FragmentStream.prime`) until others have asked, too.
The first of them that needs its sound has that of its likes made in the same go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from dora_mlx_tts.audio.types import Samples
from dora_mlx_tts.models.sovits.together import Window, make_together

MOST_ROWS: Final = 8
"""Windows that are made together at most: what the first of them waits longer, and what memory they take."""


class SoundAsked:
    """Stands between the pieces of a text where the sound of the next one was asked for and is not made yet."""


SOUND_ASKED: Final = SoundAsked()


@dataclass(slots=True, eq=False)
class Order:
    """A window whose sound was asked for.

    Attributes:
        window: what is to be made.
        samples: once they are.
    """

    window: Window
    samples: Samples | None = None


class Company:
    """The orders of all texts; belongs to one thread."""

    def __init__(self, most: int = MOST_ROWS) -> None:
        self._most = most
        self._orders: list[Order] = []

    def ask(self, window: Window) -> Order:
        """Ask for the sound of a window."""
        order = Order(window)
        self._orders.append(order)
        return order

    def fill(self, order: Order) -> Samples:
        """The sound that was asked for; makes it, and that of its likes, unless it is there.

        Raises:
            AssertionError: a fault of this package: the order was not among those made.
        """
        if order.samples is None:
            likeness = order.window.likeness
            others = [o for o in self._orders if o is not order and o.window.likeness == likeness]
            chosen = [order, *others[: self._most - 1]]
            for one, made in zip(chosen, make_together([o.window for o in chosen]), strict=True):
                one.samples = np.array(made, np.float32)
                self._orders.remove(one)
        if order.samples is None:
            raise AssertionError("every order that is chosen is filled")
        return order.samples

    def withdraw(self, order: Order) -> None:
        """The sound is not wanted any more."""
        if order in self._orders:
            self._orders.remove(order)

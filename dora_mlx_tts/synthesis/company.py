"""`Company`: work for texts that are spoken at the same time, done together where it is alike.

A text that asks for work can be left there (`FragmentStream.prime`) until others have asked, too. The first of
them that needs its result has that of its likes made in the same go.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, Generic, TypeVar

logger = logging.getLogger(__name__)

MOST_ROWS: Final = 8
"""Orders that are filled together at most: what the first of them waits longer, and what memory they take."""

Made = TypeVar("Made")


class Order(Generic[Made]):
    """Work that was asked for.

    Attributes:
        what: is to be made.
        kind: how, and what must be equal of work that is done together.
        made: what came of it.
    """

    def __init__(
        self,
        what: object,
        likeness: Hashable,
        make: Callable[[Sequence[Any]], Sequence[Made]],
    ) -> None:
        self.what, self.make = what, make
        self.kind = (make, likeness)
        self.made: Made | None = None


class Company:
    """The orders of all texts; belongs to one thread."""

    def __init__(self, most: int = MOST_ROWS) -> None:
        self._most = most
        self._orders: list[Order[Any]] = []

    def ask(
        self,
        what: object,
        likeness: Hashable,
        make: Callable[[Sequence[Any]], Sequence[Made]],
    ) -> Order[Made]:
        """Ask for work.

        Args:
            what: is to be made.
            likeness: what must be equal of work that is done together.
            make: makes things of one likeness, in their order.
        """
        order = Order(what, likeness, make)
        self._orders.append(order)
        return order

    def fill(self, order: Order[Made]) -> Made:
        """What was asked for; makes it, and what its likes asked for, unless it is there.

        Raises:
            TtsError: it cannot be made.
            AssertionError: a fault of this package: the order was not among those made.
        """
        if order.made is None:
            others = [o for o in self._orders if o is not order and o.kind == order.kind]
            try:
                if not others or not self._fill([order, *others[: self._most - 1]]):
                    self._make([order])
            finally:  # what cannot be made is not tried again with every other's
                self.withdraw(order)
        if order.made is None:
            raise AssertionError("every order that is chosen is filled")
        return order.made

    def _fill(self, orders: list[Order[Made]]) -> bool:
        """Try to fill orders together; what is wrong with one of them is not the others' business."""
        try:
            self._make(orders)
        except Exception as error:  # noqa: BLE001  each is tried by itself, and says what is wrong with it
            logger.debug("%d orders are filled one by one: %s", len(orders), error)
            return False
        return True

    def _make(self, orders: list[Order[Made]]) -> None:
        results = orders[0].make([one.what for one in orders])
        for one, made in zip(orders, results, strict=True):
            one.made = made
            self.withdraw(one)

    def withdraw(self, order: Order[Any]) -> None:
        """It is not wanted any more."""
        if order in self._orders:
            self._orders.remove(order)

"""`Company`: work for texts that are spoken at the same time, done together where it is alike.

A text that asks for work can be left there (`FragmentStream.prime`) until others have asked, too. The first of
them that needs its result has that of its likes made in the same go.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, Generic, TypeVar

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
            AssertionError: a fault of this package: the order was not among those made.
        """
        if order.made is None:
            others = [o for o in self._orders if o is not order and o.kind == order.kind]
            chosen = [order, *others[: self._most - 1]]
            results = order.make([one.what for one in chosen])
            for one, made in zip(chosen, results, strict=True):
                one.made = made
                self._orders.remove(one)
        if order.made is None:
            raise AssertionError("every order that is chosen is filled")
        return order.made

    def withdraw(self, order: Order[Any]) -> None:
        """It is not wanted any more."""
        if order in self._orders:
            self._orders.remove(order)

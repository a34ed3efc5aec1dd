"""`Company`: batches similar work of texts that are spoken at the same time.

A text can stop where it asks for work (`FragmentStream.prime`) until others have asked as well. The first one
that needs its result has all similar orders filled in the same batch.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, Generic, TypeVar

logger = logging.getLogger(__name__)

MOST_ROWS: Final = 8
"""Maximum number of orders filled together; more make the first one wait longer and take more memory."""

Made = TypeVar("Made")


class Order(Generic[Made]):
    """Requested work.

    Attributes:
        what: the input of the work.
        kind: the function, and what must be equal for work to be batched.
        made: the result.
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
    """The orders of all texts; used by one thread only."""

    def __init__(self, most: int = MOST_ROWS) -> None:
        self._most = most
        self._orders: list[Order[Any]] = []

    def ask(
        self,
        what: object,
        likeness: Hashable,
        make: Callable[[Sequence[Any]], Sequence[Made]],
    ) -> Order[Made]:
        """Place an order.

        Args:
            what: the input of the work.
            likeness: what must be equal for work to be batched.
            make: processes inputs of one likeness, in order.
        """
        order = Order(what, likeness, make)
        self._orders.append(order)
        return order

    def fill(self, order: Order[Made]) -> Made:
        """The result of an order; if it is not there yet, this order and similar ones are filled now.

        Raises:
            TtsError: it cannot be made.
            AssertionError: a bug in this package: the order was not among those filled.
        """
        if order.made is None:
            others = [o for o in self._orders if o is not order and o.kind == order.kind]
            try:
                if not others or not self._fill([order, *others[: self._most - 1]]):
                    self._make([order])
            finally:  # failed work is not tried again with every other order
                self.withdraw(order)
        if order.made is None:
            raise AssertionError("every order that is chosen is filled")
        return order.made

    def _fill(self, orders: list[Order[Made]]) -> bool:
        """Try to fill orders together; a failure of one must not affect the others."""
        try:
            self._make(orders)
        except Exception as error:  # noqa: BLE001  each one is then tried alone and raises its own error
            logger.debug("%d orders are filled one by one: %s", len(orders), error)
            return False
        return True

    def _make(self, orders: list[Order[Made]]) -> None:
        results = orders[0].make([one.what for one in orders])
        for one, made in zip(orders, results, strict=True):
            one.made = made
            self.withdraw(one)

    def withdraw(self, order: Order[Any]) -> None:
        """Withdraw an order that is no longer needed."""
        if order in self._orders:
            self._orders.remove(order)

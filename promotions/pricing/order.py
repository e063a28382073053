"""An order as coupons see it."""

from __future__ import annotations

from dataclasses import dataclass


class OrderBroken(ValueError):
    """The order contradicts itself; the message says where."""


@dataclass(frozen=True, slots=True)
class Line:
    """Some units of one item.

    item_id: as the platform names it; empty for a part of the order that is no item.
    price: of one unit, in minor units, 0 or more; quantity: units, 1 or more.
    """

    item_id: str
    price: int
    quantity: int

    def __post_init__(self) -> None:
        """Raises `OrderBroken`."""
        if self.price < 0:
            raise OrderBroken(f"The price of {self.item_id!r} is below 0.")
        if self.quantity < 1:
            raise OrderBroken(f"The quantity of {self.item_id!r} is below 1.")

    @property
    def amount(self) -> int:
        """What all its units cost."""
        return self.price * self.quantity


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody is about to pay for: lines of one currency (ISO 4217)."""

    order_id: str
    currency: str
    lines: tuple[Line, ...]

    @property
    def amount(self) -> int:
        """What all lines cost without coupons."""
        return sum(line.amount for line in self.lines)

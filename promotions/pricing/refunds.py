"""What goes back when units of an order are returned after coupons made it cheaper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promotions.pricing.allocation import shared_out


class TooMany(ValueError):
    """More units would go back than are left; `left` says how many are."""

    def __init__(self, left: int) -> None:
        super().__init__(f"Only {left} are left.")
        self.left = left


@dataclass(frozen=True, slots=True)
class Bought:
    """A line as it was paid for.

    price: of one unit without coupons, in minor units; units: how many; discounts: what each coupon took off them all.
    """

    price: int
    units: int
    discounts: tuple[int, ...]

    @property
    def nothing(self) -> Returned:
        """What has gone back of it at first."""
        return Returned(0, 0, (0,) * len(self.discounts))

    @property
    def paid(self) -> int:
        """What all units cost with coupons."""
        return self.price * self.units - sum(self.discounts)


@dataclass(frozen=True, slots=True)
class Returned:
    """What went back of a line: units, the money for them, and of each coupon the part of its discount for them."""

    units: int
    amount: int
    discounts: tuple[int, ...]

    @property
    def discount(self) -> int:
        """What all coupons had taken off these units."""
        return sum(self.discounts)

    def __add__(self, other: Returned) -> Returned:
        """Both together."""
        discounts = tuple(mine + theirs for mine, theirs in zip(self.discounts, other.discounts, strict=True))
        return Returned(self.units + other.units, self.amount + other.amount, discounts)


def returned(line: Bought, before: Returned, units: int) -> Returned:
    """What goes back for `units` more of a line of which `before` has gone back already. Raises `TooMany`.

    Each unit has an equal share of the line's discount. What cannot be halved is paid to the person first, and taken
    off what goes back later, so that all returns together are exactly what was paid, however they are cut. Of the
    coupons, each gives back in proportion to what it has not given back yet.
    """
    left = line.units - before.units
    if units > left:
        raise TooMany(left)
    whole = sum(line.discounts)
    discount = whole * (before.units + units) // line.units - before.discount
    still = [of_all - gone for of_all, gone in zip(line.discounts, before.discounts, strict=True)]
    return Returned(units, line.price * units - discount, tuple(shared_out(discount, still)))


def together(parts: Sequence[Returned], line: Bought) -> Returned:
    """All that went back of a line."""
    total = line.nothing
    for part in parts:
        total += part
    return total

"""Several coupons on one order: which go together, in which order, and what each takes off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from promotions.pricing.benefits import Benefit
from promotions.pricing.order import Order


@dataclass(frozen=True, slots=True)
class Claim:
    """A coupon that is good for some lines of an order.

    code: what names it. rank: coupons with a lower one come first, of equal ones that with the lower code.
    lines: the indexes of the lines that it is good for. minimum: what these lines must cost without any coupon.
    group: of coupons of the same group only the first counts; empty for none. is_exclusive: it goes with no other.
    """

    code: str
    benefit: Benefit
    lines: tuple[int, ...]
    rank: int = 0
    minimum: int = 0
    group: str = ""
    is_exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Applied:
    """A coupon's part in a price: what it takes off each line of the order, in minor units."""

    code: str
    discounts: tuple[int, ...]

    @property
    def amount(self) -> int:
        """What it takes off in all."""
        return sum(self.discounts)


class Unusable(ValueError):
    """A coupon that takes nothing off; `code` names it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BelowMinimum(Unusable):
    """Its lines cost too little; `missing` minor units more are needed."""

    def __init__(self, code: str, missing: int) -> None:
        super().__init__(code)
        self.missing = missing


class NotApplicable(Unusable):
    """It is good for none of the lines, or there is nothing left to take off."""


class NotStackable(Unusable):
    """It does not go with a coupon that comes before it, `beside`."""

    def __init__(self, code: str, beside: str) -> None:
        super().__init__(code)
        self.beside = beside


def in_order(claims: Iterable[Claim]) -> list[Claim]:
    """The order in which coupons count."""
    return sorted(claims, key=lambda claim: (claim.rank, claim.code))


def apply(order: Order, claims: Iterable[Claim]) -> tuple[list[Applied], list[Unusable]]:
    """What each coupon takes off, in the order in which they count, and those that cannot count with why.

    Each is worked out from what the ones before have left of each line, so that nothing is taken off twice.
    """
    left = [line.amount for line in order.lines]
    applied: list[Applied] = []
    counting: list[Claim] = []
    unusable: list[Unusable] = []
    for claim in in_order(claims):
        try:
            discounts = _discounts(order, claim, left, counting)
        except Unusable as reason:
            unusable.append(reason)
            continue
        counting.append(claim)
        applied.append(Applied(claim.code, tuple(discounts)))
        left = [amount - discount for amount, discount in zip(left, discounts, strict=True)]
    return applied, unusable


def _discounts(order: Order, claim: Claim, left: Sequence[int], counting: Sequence[Claim]) -> list[int]:
    if not claim.lines:
        raise NotApplicable(claim.code)
    for other in counting:
        if claim.is_exclusive or other.is_exclusive or (claim.group and claim.group == other.group):
            raise NotStackable(claim.code, other.code)
    missing = claim.minimum - sum(order.lines[index].amount for index in claim.lines)
    if missing > 0:
        raise BelowMinimum(claim.code, missing)
    taken = claim.benefit.discounts(
        [left[index] for index in claim.lines], [order.lines[index].quantity for index in claim.lines]
    )
    if not any(taken):
        raise NotApplicable(claim.code)
    discounts = [0] * len(left)
    for index, discount in zip(claim.lines, taken, strict=True):
        discounts[index] = discount
    return discounts

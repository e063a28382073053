"""What a coupon takes off the lines that it is good for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from promotions.pricing.allocation import shared_out, unit_amounts

WHOLE = 10_000
"""Basis points of the whole: 10,000 are 100%."""


class BenefitKind(StrEnum):
    """How a coupon makes an order cheaper."""

    PERCENT = "percent"
    AMOUNT = "amount"
    FIXED_PRICE = "fixed_price"
    FREE_ITEM = "free_item"


@dataclass(frozen=True, slots=True)
class Benefit:
    """What a coupon gives.

    percent: `value` basis points (1 to 10,000) of what the lines cost, rounded half up, `cap` minor units at most.
    amount: `value` minor units, at most what the lines cost.
    fixed_price: a unit costs `value` minor units; of what is dearer, the dearest units first.
    free_item: a unit costs nothing, the cheapest units that cost something first; `value` is 0.

    `units` limits how many units the last two are for; None is all of them.
    """

    kind: BenefitKind
    value: int
    cap: int | None = None
    units: int | None = None

    def __post_init__(self) -> None:
        """Raises `ValueError` for values that mean nothing."""
        if self.kind is BenefitKind.PERCENT and not 1 <= self.value <= WHOLE:
            raise ValueError("A share is from 1 to 10,000 basis points.")
        if self.kind is BenefitKind.AMOUNT and self.value < 1:
            raise ValueError("An amount is 1 or more.")
        if self.value < 0 or (self.cap is not None and self.cap < 1) or (self.units is not None and self.units < 1):
            raise ValueError("A price is 0 or more, a cap or number of units 1 or more.")

    def discounts(self, amounts: Sequence[int], quantities: Sequence[int]) -> list[int]:
        """What is taken off each line: `amounts` is what the lines cost still, `quantities` their units.

        Each is from 0 to the line's amount.
        """
        match self.kind:
            case BenefitKind.PERCENT:
                total = (sum(amounts) * self.value + WHOLE // 2) // WHOLE
                return shared_out(total if self.cap is None else min(total, self.cap), amounts)
            case BenefitKind.AMOUNT:
                return shared_out(min(self.value, sum(amounts)), amounts)
            case BenefitKind.FIXED_PRICE | BenefitKind.FREE_ITEM:
                return self._unit_discounts(amounts, quantities)

    def _unit_discounts(self, amounts: Sequence[int], quantities: Sequence[int]) -> list[int]:
        units = [
            (amount, line)
            for line, (whole, quantity) in enumerate(zip(amounts, quantities, strict=True))
            for amount in unit_amounts(whole, quantity)
            if amount > self.value
        ]
        dearest_first = self.kind is BenefitKind.FIXED_PRICE
        units.sort(key=lambda unit: (-unit[0] if dearest_first else unit[0], unit[1]))
        discounts = [0] * len(amounts)
        for amount, line in units[: self.units]:
            discounts[line] += amount - self.value
        return discounts

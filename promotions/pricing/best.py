"""Of several coupons, those that together take the most off an order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from promotions.pricing import stacking
from promotions.pricing.order import Order
from promotions.pricing.stacking import Claim

MOST_TRIED = 8
"""All sets of so many coupons are tried, 2^8; of more, those that take most off by themselves."""


def best_claims(order: Order, claims: Sequence[Claim]) -> list[Claim]:
    """The set that takes most off, all of whose coupons work together; of equal ones the smallest. Empty for none."""
    alone = sorted(claims, key=lambda claim: _discount(order, [claim]) or 0, reverse=True)
    tried = [claim for claim in alone if _discount(order, [claim])][:MOST_TRIED]
    best: list[Claim] = []
    most = 0
    for size in range(1, len(tried) + 1):
        for chosen in combinations(tried, size):
            discount = _discount(order, chosen)
            if discount is not None and discount > most:
                best, most = list(chosen), discount
    return best


def _discount(order: Order, claims: Sequence[Claim]) -> int | None:
    """What they take off; None where one of them cannot be used beside the others."""
    applied, unusable = stacking.apply(order, claims)
    return None if unusable else sum(each.amount for each in applied)

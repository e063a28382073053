"""What may be offered at all, and what each offer would earn and cost."""

from dataclasses import dataclass

import numpy as np

from promotions.offering.ladder import Float64Array, IntArray

ALMOST = 1e-9


@dataclass(frozen=True)
class Terms:
    """What limits offers of n pairs of a person and a course; shares are of the list price, from 0 to 1.

    persons: int64 (n,), the same number for the same person. prices: (n,), minor units. costs: (n,), what a sale costs
    the seller, as a share. least, most: (n,), bounds of the course's discounts. floor: what a sale must
    leave, as a share.
    """

    persons: IntArray
    prices: Float64Array
    costs: Float64Array
    least: Float64Array
    most: Float64Array
    floor: float = 0.0


@dataclass(frozen=True)
class Quiet:
    """Who is left alone: who would buy anyway, and who has offers enough.

    anyway: the chance of buying without a discount from which on nothing is offered. open_offers: int64 (n,), how many
    offers the person of each row has open; None: none. at_most: so many may be open.
    """

    anyway: float = 1.01
    open_offers: IntArray | None = None
    at_most: int = 1


def allowed(
    terms: Terms, ladder: Float64Array, chances: Float64Array | None = None, quiet: Quiet | None = None
) -> np.ndarray:
    """Which steps may be offered, bool (n, L). Nothing, the first step, always may.

    chances: (n, L), see `response`; needed where people who would buy anyway are left alone.
    """
    step = ladder[None, :]
    inside = (step >= terms.least[:, None] - ALMOST) & (step <= terms.most[:, None] + ALMOST)
    found = inside & (1.0 - terms.costs[:, None] - step >= terms.floor - ALMOST)
    if quiet is not None:
        if chances is not None:
            found &= chances[:, :1] < quiet.anyway
        if quiet.open_offers is not None:
            found &= (quiet.open_offers < quiet.at_most)[:, None]
    found[:, 0] = True
    return found


def worth(chances: Float64Array, ladder: Float64Array, terms: Terms) -> tuple[Float64Array, Float64Array]:
    """Of each pair at each step, in minor units: expected margin beyond offering nothing, and what is taken off.

    chances: (n, L). Both are float64 (n, L), 0 at the first step.
    """
    margin = chances * terms.prices[:, None] * (1.0 - terms.costs[:, None] - ladder[None, :])
    return margin - margin[:, :1], chances * terms.prices[:, None] * ladder[None, :]

"""The discounts that can be offered, and what all parts of this package count with."""

from collections.abc import Sequence

import numpy as np

from recommend.exploration.logged import Float64Array, IntArray

__all__ = ["Float64Array", "IntArray", "TooLittleKnown", "UnusableOffers", "ladder_of"]


class UnusableOffers(ValueError):
    """What was given cannot be computed with; the message says what is wrong with it."""


class TooLittleKnown(ValueError):
    """There are too few past offers, or of too few kinds, to learn from; the message says what is missing."""


def ladder_of(discounts: Sequence[float]) -> Float64Array:
    """The discounts as shares of the price, float64 (L,): none first, then rising.

    Raises `UnusableOffers` when they are not so.
    """
    ladder = np.asarray(discounts, np.float64)
    if ladder.ndim != 1 or len(ladder) < 2 or ladder[0] != 0:
        raise UnusableOffers("A ladder begins with 0 for no discount and has at least one step.")
    if not np.isfinite(ladder).all() or (np.diff(ladder) <= 0).any() or ladder[-1] > 1:
        raise UnusableOffers("The steps of a ladder rise, and none takes off more than the whole price.")
    return ladder

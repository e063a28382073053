"""How well a score sorts people by what an offer does with them, on a randomised trial.

The Qini curve (Radcliffe, "Using control groups to target on predicted lift", Direct Marketing Analytics Journal, 2007)
tells, of the share of people with the highest scores, how many more bought for having been treated. Its area is told
here beyond that of treating at random, as a share of the area of the best curve there could be.
"""

import numpy as np

from promotions.offering.ladder import Float64Array, IntArray, UnusableOffers


def curve(outcomes: Float64Array, scores: Float64Array, treated: IntArray) -> tuple[Float64Array, Float64Array]:
    """How many people are reached, and how many of them more bought for it; both (m + 1,), from 0 on.

    outcomes: (n,), 0 or 1. scores: (n,), the highest are treated first; equal ones at once. treated: (n,), 0 or 1.
    Raises `UnusableOffers` when all or none were treated.
    """
    treated = np.asarray(treated, float)
    if not 0 < treated.sum() < len(treated):
        raise UnusableOffers("Some must have been treated and some not.")
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    n_treated = np.cumsum(treated[order])[last]
    reached = last + 1.0
    with_treatment = np.cumsum((outcomes * treated)[order])[last]
    without = np.cumsum((outcomes * (1 - treated))[order])[last]
    controls = reached - n_treated
    ratio = np.divide(n_treated, controls, out=np.zeros(len(last)), where=controls > 0)
    return np.append(0.0, reached), np.append(0.0, with_treatment - without * ratio)


def coefficient(outcomes: Float64Array, scores: Float64Array, treated: IntArray) -> float:
    """The area between the curve and that of treating at random, over the same of the best curve there could be.

    Columns as `curve` has them. The best curve reaches first the treated who bought, and last the untreated who did.
    """
    treated = np.asarray(treated, float)
    reached, more = curve(outcomes, scores, treated)
    at_random = reached[-1] * more[-1] / 2
    best = curve(outcomes, outcomes * treated - outcomes * (1 - treated), treated)
    return float((np.trapezoid(more, reached) - at_random) / (np.trapezoid(best[1], best[0]) - at_random))

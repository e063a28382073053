"""Judging whole lists, place by place.

A list is drawn from the first place to the last; the logged chance at each place is conditional on the places before
it, so their product is the chance of the list. What else is assumed decides which of them weigh:

independent  whether somebody clicks at a place depends on the course there alone: the chance of that place (Li, Kveton
             et al., "Offline evaluation of ranking policies with click models", KDD 2018). Least noise.
cascade      it depends on the places up to it too: the product down to it (McInerney et al., "Counterfactual
             evaluation of slate recommendations with sequential reward interactions", KDD 2020).
whole        it may depend on all of the list: the product of all. Nothing is assumed, and there is most noise.

With `independent` the other policy is judged after the places that were logged, and not after its own.
"""

from enum import StrEnum

import numpy as np

from recommend.exploration.logged import Float64Array, IntArray, UnusableLog
from recommend.exploration.off_policy import Estimate, Method, OffPolicyConfig, from_weights


class Assumption(StrEnum):
    """On what a click at a place depends; see above."""

    INDEPENDENT = "independent"
    CASCADE = "cascade"
    WHOLE = "whole"


def weights(ratios: Float64Array, assumption: Assumption) -> Float64Array:
    """The weight of each place, float64 (lists, places), from the ratios of chances there, of the same shape.

    Places that a list does not have any more have the ratio 1.
    """
    match assumption:
        case Assumption.INDEPENDENT:
            return ratios
        case Assumption.CASCADE:
            return np.cumprod(ratios, axis=1, dtype=np.float64)
        case Assumption.WHOLE:
            return np.broadcast_to(ratios.prod(axis=1, keepdims=True), ratios.shape)


def evaluate(
    rewards: Float64Array,
    ratios: Float64Array,
    is_there: Float64Array,
    clusters: IntArray,
    assumption: Assumption,
    config: OffPolicyConfig | None = None,
) -> dict[Method, Estimate]:
    """The mean reward of a shown place under the other policy, by ips and snips.

    rewards, ratios, is_there: (lists, places), the last whether the list has that place. clusters: int64 (lists,), as
    of persons. Raises `UnusableLog` for no places.
    """
    there = np.asarray(is_there, dtype=bool)
    if not there.any():
        raise UnusableLog("There are no lists to learn from.")
    of_place = weights(np.where(there, ratios, 1.0), assumption)
    of_cell = np.broadcast_to(clusters[:, None], there.shape)
    return from_weights(rewards[there], of_place[there], of_cell[there], config or OffPolicyConfig())

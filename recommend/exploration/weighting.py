"""Importance weights: how much more often another policy would have done what was done; and how far they carry."""

from enum import StrEnum

import numpy as np

from recommend.exploration import intervals
from recommend.exploration.intervals import Confidence
from recommend.exploration.logged import Float64Array, IntArray

FEWEST_EFFECTIVE = 100.0
"""Below so many effective rounds an estimate is little more than chance."""
LARGEST_PART = 0.05
"""Of all weight, on one round: above it the estimate hangs on that round."""
MOST_ERRORS = 4.0
"""So many standard errors may the mean weight be from 1 before the propensities are doubted."""


class Caution(StrEnum):
    """Why an estimate should be read with care."""

    LITTLE_OVERLAP = "little_overlap"
    """The two policies seldom do the same: few effective rounds are left."""
    ONE_ROUND_DECIDES = "one_round_decides"
    """A single round has more than a twentieth of all weight."""
    CHANCES_IN_DOUBT = "chances_in_doubt"
    """The mean weight is too far from 1 for the logged propensities to be the true ones."""
    UNSUPPORTED = "unsupported"
    """The policy would do what was never done where it would do it."""
    MODEL_ALONE = "model_alone"
    """The interval tells the spread of predictions and not how wrong the model of rewards may be."""
    WEIGHTS_CUT = "weights_cut"
    """Large weights were made smaller, which trades a little bias for less noise."""


def ratios(chances: Float64Array, propensities: Float64Array) -> Float64Array:
    """The other policy's chance of what was done, float64 (n,), over the logged one."""
    return chances / propensities


def cut(weights: Float64Array, largest: float | None, shrinkage: float | None) -> Float64Array:
    """Weights with the large ones made smaller; float64 (n,).

    largest: no weight is above it. shrinkage: the optimistic shrinkage w' = s w / (w^2 + s) of Su, Dimakopoulou,
    Krishnamurthy and Dudik ("Doubly robust off-policy evaluation with shrinkage", ICML 2020); the smaller s, the
    more. None leaves them as they are.
    """
    if shrinkage is not None:
        weights = shrinkage * weights / (weights**2 + shrinkage)
    return weights if largest is None else np.minimum(weights, largest)


def effective_size(weights: Float64Array) -> float:
    """Kish's effective number of rounds, (sum w)^2 / sum w^2: so many even ones would be worth as much."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def cautions(
    weights: Float64Array, whole: Float64Array, clusters: IntArray, supported: Float64Array | None = None
) -> tuple[Caution, ...]:
    """What speaks against relying on these weights; `whole` are the same before any were cut.

    clusters: int64 (n,), rounds that hang together. supported: float64 (n,), what part of the other policy's choices
    the logged one ever makes there; None: all.
    """
    found = []
    if effective_size(weights) < FEWEST_EFFECTIVE:
        found.append(Caution.LITTLE_OVERLAP)
    if weights.sum() > 0 and weights.max() > LARGEST_PART * weights.sum():
        found.append(Caution.ONE_ROUND_DECIDES)
    is_supported = supported is None or float(supported.mean()) > 1 - 1e-6
    if not is_supported:
        found.append(Caution.UNSUPPORTED)
    mean = intervals.of_ratio(whole, np.ones(len(whole)), clusters, Confidence())
    if is_supported and abs(mean.value - 1) > max(MOST_ERRORS * mean.error, 1e-6):
        found.append(Caution.CHANCES_IN_DOUBT)
    if (weights != whole).any():
        found.append(Caution.WEIGHTS_CUT)
    return tuple(found)

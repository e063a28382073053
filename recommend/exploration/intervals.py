"""Intervals of a ratio of sums, where rounds may hang together."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from recommend.exploration.logged import Float64Array, IntArray

CELLS_AT_ONCE = 4_000_000
"""Of the table of resampled counts, so that a bootstrap needs some tens of megabytes."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its standard error and interval."""

    value: float
    error: float
    low: float
    high: float


@dataclass(frozen=True)
class Confidence:
    """How intervals are made.

    share: of such intervals that shall hold the truth. resamples: 0 for the asymptotic interval, else that of the
    bootstrap's percentiles over so many. seed: of the bootstrap. bounds: between which the truth is known to lie.
    """

    share: float = 0.95
    resamples: int = 0
    seed: int = 0
    bounds: tuple[float, float] = (-np.inf, np.inf)


def of_ratio(above: Float64Array, below: Float64Array, clusters: IntArray, confidence: Confidence) -> Interval:
    """sum(above) / sum(below) over rounds, both float64 (n,), with its interval.

    The asymptotic interval is that of the delta method with the spread between clusters (a mean is the ratio to a
    column of ones). With a single cluster, or nothing below, error and interval are not numbers.
    """
    tops, bottoms = _per_cluster(above, clusters), _per_cluster(below, clusters)
    total = float(bottoms.sum())
    if not total:
        return Interval(np.nan, np.nan, np.nan, np.nan)
    value, count = float(tops.sum()) / total, len(tops)
    if count == 1:
        return Interval(value, np.nan, np.nan, np.nan)
    influence = (tops - value * bottoms) / total
    error = float(np.sqrt((influence**2).sum() * count / (count - 1)))
    if confidence.resamples:
        low, high = _percentiles(tops, bottoms, confidence)
    else:
        reach = float(ndtri(0.5 + confidence.share / 2)) * error
        low, high = value - reach, value + reach
    lowest, highest = confidence.bounds
    return Interval(value, error, float(np.clip(low, lowest, highest)), float(np.clip(high, lowest, highest)))


def _per_cluster(values: Float64Array, clusters: IntArray) -> Float64Array:
    _names, numbers = np.unique(clusters, return_inverse=True)
    return np.bincount(numbers, weights=values).astype(np.float64)


def _percentiles(tops: Float64Array, bottoms: Float64Array, confidence: Confidence) -> tuple[float, float]:
    draw = np.random.default_rng(confidence.seed)
    count = len(tops)
    both = np.stack([tops, bottoms])
    (tops, bottoms), copies = np.unique(both, axis=1, return_counts=True)  # equal ones are drawn as one
    chances = copies / count
    values: list[Float64Array] = []
    left = confidence.resamples
    while left:
        some = min(left, max(1, CELLS_AT_ONCE // len(copies)))
        times = draw.multinomial(count, chances, size=some).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            values.append((times @ tops) / (times @ bottoms))
        left -= some
    tail = (1 - confidence.share) / 2
    low, high = np.nanquantile(np.concatenate(values), [tail, 1 - tail])
    return float(low), float(high)

"""Whether one model is better than another beyond noise: both asked the same questions, people drawn many times."""

from __future__ import annotations

import msgspec
import numpy as np

from recommend.algorithms.interactions import Float64Array, Int64Array

DRAWS = 2_000
LEVEL = 0.95
DRAWS_AT_ONCE = 1 << 22
"""How many persons are drawn at a time (32 MB of their numbers)."""


class Difference(msgspec.Struct, frozen=True):
    """A difference of means with its 95% interval, and over how many people it was measured."""

    difference: float
    low: float
    high: float
    people: int


def compare(challenger: Float64Array, champion: Float64Array, people: Int64Array, seed: int = 0) -> Difference:
    """By how much the challenger's mean is above the champion's, by a paired bootstrap over people.

    challenger, champion: the measure of each question, float64 (questions,), the same questions in the same order.
    people: int64 (questions,), whose question it is: all questions of a person are drawn together, for they are no
    independent evidence (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 8 and 13). The same
    seed gives the same interval. Raises `ValueError` without questions or for columns of different lengths.
    """
    if challenger.shape != champion.shape:
        raise ValueError(f"{len(challenger)} answers cannot be compared with {len(champion)}.")
    mean, low, high, size = mean_interval(challenger - champion, people, seed)
    return Difference(mean, low, high, size)


def mean_interval(values: Float64Array, people: Int64Array, seed: int = 0) -> tuple[float, float, float, int]:
    """The mean of (questions,) values, its 95% bootstrap interval, and the number of different people (questions,)."""
    if not len(values):
        raise ValueError("Nothing was asked, so that there is no mean.")
    _who, numbers = np.unique(people, return_inverse=True)
    counts = np.bincount(numbers).astype(np.float64)
    sums = np.bincount(numbers, weights=values).astype(np.float64)
    means = _drawn_means(sums, counts, np.random.default_rng(seed))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(values.mean()), float(low), float(high), len(sums)


def _drawn_means(sums: Float64Array, counts: Float64Array, random: np.random.Generator) -> Float64Array:
    """The means of `DRAWS` samples of as many people as there are, drawn with repetition."""
    size = len(sums)
    at_once = max(1, DRAWS_AT_ONCE // size)
    means = np.empty(DRAWS)
    for start in range(0, DRAWS, at_once):
        drawn = random.integers(0, size, (min(at_once, DRAWS - start), size), dtype=np.int32)
        means[start : start + len(drawn)] = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return means

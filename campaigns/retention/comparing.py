"""Two groups beside each other: shares and means, with 95 percent intervals of their differences."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

REACH = float(ndtri(0.975))
FEWEST = 30
"""People in each group, before anything is said about their difference."""


@dataclass(frozen=True)
class Difference:
    """One group's figure minus the other's, with its 95 percent interval; None where there are too few people."""

    first: float
    second: float
    difference: float
    low: float | None
    high: float | None

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def of_shares(came: int, people: int, came_of_others: int, others: int) -> Difference:
    """Of two shares, by the hybrid score interval (Newcombe, Statistics in Medicine 17, 1998, method 10)."""
    first, second = (came / people if people else 0.0), (came_of_others / others if others else 0.0)
    if min(people, others) < FEWEST:
        return Difference(first, second, first - second, None, None)
    low_1, high_1 = _wilson(first, people)
    low_2, high_2 = _wilson(second, others)
    difference = first - second
    low = difference - np.hypot(first - low_1, high_2 - second)
    high = difference + np.hypot(high_1 - first, second - low_2)
    return Difference(first, second, difference, float(low), float(high))


def of_means(values: np.ndarray, others: np.ndarray) -> Difference:
    """Of two means, each with its own spread (Welch, Biometrika 34, 1947); large groups."""
    first, second = (float(each.mean()) if len(each) else 0.0 for each in (values, others))
    if min(len(values), len(others)) < FEWEST:
        return Difference(first, second, first - second, None, None)
    error = float(np.sqrt(values.var(ddof=1) / len(values) + others.var(ddof=1) / len(others)))
    difference = first - second
    return Difference(first, second, difference, difference - REACH * error, difference + REACH * error)


def _wilson(share: float, people: int) -> tuple[float, float]:
    """The score interval of one share (Wilson, Journal of the American Statistical Association 22, 1927)."""
    square = REACH**2
    middle = (share + square / (2 * people)) / (1 + square / people)
    radius = REACH * np.sqrt(share * (1 - share) / people + square / (4 * people**2)) / (1 + square / people)
    return float(middle - radius), float(middle + radius)

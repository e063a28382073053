"""An arm against the control: the difference of their means and the relative lift, each with its interval."""

from dataclasses import dataclass

import numpy as np

from profiles.experimentation.moments import Estimates

FEWEST_PERSONS = 100
"""In each arm, before an interval is given: below it, means are too far from normal."""
FEWEST_DIFFERENT = 10
"""Of persons in each arm who did what is counted, and of those who did not, where only that is asked: as above."""


@dataclass(frozen=True)
class Comparison:
    """How an arm differs from the control. Every array is float64 of shape (moments in time,).

    difference, low, high: of mean outcomes, in units of the outcome. lift, lift_low, lift_high: the same relative to
    the control's mean (0.05 is 5 % more). Not a number where there is too little to tell.
    """

    difference: np.ndarray
    low: np.ndarray
    high: np.ndarray
    lift: np.ndarray
    lift_low: np.ndarray
    lift_high: np.ndarray


def compare(estimates: Estimates, control: int, arm: int, reach: np.ndarray | float) -> Comparison:
    """Compare two rows of the estimates; `reach` (one or shape (moments,)) is the intervals' in standard errors.

    The interval of the lift is that of Fieller ("Some problems in interval estimation", Journal of the Royal
    Statistical Society B 16(2), 1954): all ratios q for which mean(arm) - q mean(control) is not told from 0. So it
    holds "no lift" exactly when the interval of the difference holds 0, and is valid at every look when that is. Where
    the control's mean itself is not told from 0 there is no lift.
    """
    mean_0, mean_1 = estimates.mean[control], estimates.mean[arm]
    with np.errstate(divide="ignore", invalid="ignore"):
        error_0 = estimates.variance[control] / estimates.persons[control]
        error_1 = estimates.variance[arm] / estimates.persons[arm]
        difference = mean_1 - mean_0
        radius = reach * np.sqrt(error_0 + error_1)
        first = mean_0**2 - reach**2 * error_0
        last = mean_1**2 - reach**2 * error_1
        root = np.sqrt(np.maximum((mean_1 * mean_0) ** 2 - first * last, 0.0))
        is_told = (first > 0) & (mean_0 > 0)
        ratios = [mean_1 / mean_0, (mean_1 * mean_0 - root) / first, (mean_1 * mean_0 + root) / first]
        lifts = [np.where(is_told & ~np.isnan(radius), ratio - 1, np.nan) for ratio in ratios]
    return Comparison(difference, difference - radius, difference + radius, lifts[0], lifts[1], lifts[2])

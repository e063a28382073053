"""What has to be known of the persons of each arm: counts and sums, which a database adds up well."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Moments:
    """Sums over persons of their outcome y and of their history x (the same measure before they were exposed).

    Every array is float64 of the same shape (arms, moments in time): `persons`, and the sums of y, y², x, x² and xy,
    in units of y (persons, times or money), of x, and their products. Each column holds everything up to its moment.
    """

    persons: np.ndarray
    y: np.ndarray
    yy: np.ndarray
    x: np.ndarray
    xx: np.ndarray
    xy: np.ndarray


@dataclass(frozen=True)
class Estimates:
    """The mean outcome of each arm. Every array is float64 of shape (arms, moments in time).

    persons: how many. mean: in units of y. variance: of one person's (adjusted) outcome, in units of y²; not a number
    below two persons. slope: shape (moments,), how much of x was taken out of y (theta), 0 where nothing was.
    reduction: shape (moments,), the share of the variance that this took away, 0 to 1.
    """

    persons: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    slope: np.ndarray
    reduction: np.ndarray


def estimate(moments: Moments) -> Estimates:
    """Mean outcomes with the history taken out (CUPED), which leaves means as they are and makes them more certain.

    Deng, Xu, Kohavi and Walker, "Improving the sensitivity of online controlled experiments by utilizing
    pre-experiment data", WSDM 2013: y - theta (x - mean of x), theta = cov(y, x) / var(x), both within arms and pooled.
    Where x never varies (nobody has a history), theta is 0 and these are plain means.
    """
    persons = moments.persons
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_y, mean_x = moments.y / persons, moments.x / persons
        spread_y = np.maximum(moments.yy - moments.y * mean_y, 0.0)
        spread_x = np.maximum(moments.xx - moments.x * mean_x, 0.0)
        together = moments.xy - moments.x * mean_y
        slope = _slope(np.nansum(together, axis=0), np.nansum(spread_x, axis=0), np.nansum(moments.xx, axis=0))
        overall_x = moments.x.sum(axis=0) / persons.sum(axis=0)
        shift = np.where(slope == 0, 0.0, slope * (mean_x - overall_x))
        left = np.maximum(spread_y - 2 * slope * together + slope**2 * spread_x, 0.0)
        variance = np.where(persons > 1, left / (persons - 1), np.nan)
        reduction = 1 - np.nansum(left, axis=0) / np.nansum(spread_y, axis=0)
    return Estimates(persons, mean_y - shift, variance, slope, np.nan_to_num(np.clip(reduction, 0.0, 1.0)))


def _slope(together: np.ndarray, spread: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """The ratio of the two, and 0 where the spread is nothing but the rounding of sums of this scale."""
    varies = spread > 1e-12 * scale
    return np.where(varies, together / np.where(varies, spread, 1.0), 0.0)

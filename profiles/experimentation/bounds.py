"""How many standard errors an interval reaches to both sides: for one look, or for as many looks as one likes."""

import math

import numpy as np
from scipy.special import lambertw
from scipy.stats import norm


def for_one_look(alpha: float) -> float:
    """The reach of an ordinary confidence interval, right for a single look at a size stated beforehand."""
    return float(norm.ppf(1 - alpha / 2))


def for_any_look(persons: np.ndarray, alpha: float, narrowest_at: float) -> np.ndarray:
    """The reach of an asymptotic confidence sequence: with probability 1 - alpha, *all* its intervals hold the truth.

    Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence
    sequences", Annals of Statistics 52(6), 2024 (arXiv:2103.06476), theorem 2.2: after t persons the interval is
    mean ± s sqrt((2 (t r² + 1) / (t² r²)) log(sqrt(t r² + 1) / alpha)), and s / sqrt(t) is the standard error.
    So one may look after every person and stop whenever one likes. It is asymptotic: looking begins once every arm has
    so many persons that means are nearly normal, see `comparison.FEWEST_PERSONS`.

    persons: float array of any shape, how many were measured in both arms together (t, above 0); the answer has the
    same shape. narrowest_at: the number of persons at which the interval shall be as narrow as it can be; r² follows
    from it exactly, by the lower branch of Lambert's W.
    """
    tightness = (-lambertw(-(alpha**2) / math.e, k=-1).real - 1) / narrowest_at
    grown = persons * tightness
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt((grown + 1) / grown * (np.log(grown + 1) - 2 * math.log(alpha)))

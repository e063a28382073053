"""Rows made to rise: the nearest that never fall."""

import numpy as np

from promotions.offering.ladder import Float64Array


def rising(rows: Float64Array) -> Float64Array:
    """The nearest (least squares) to each row that never falls; float64 (n, L).

    It is the largest, over all stretches that begin at or before a place, of the least mean of stretches that end at or
    after it (Robertson, Wright and Dykstra, "Order Restricted Statistical Inference", 1988, 1.4).
    """
    n, length = rows.shape
    sums = np.concatenate([np.zeros((n, 1)), np.cumsum(rows, axis=1)], axis=1)
    found = np.full((n, length), -np.inf)
    for first in range(length):
        means = (sums[:, first + 1 :] - sums[:, [first]]) / np.arange(1, length - first + 1)
        least = np.minimum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
        found[:, first:] = np.maximum(found[:, first:], least)
    return found

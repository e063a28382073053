"""How good chances and orders are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recommend.algorithms.interactions import Float64Array, Int64Array

Values = npt.NDArray[np.floating]
BINS = 10
SMALLEST = 1e-7


def log_loss(came: Values, chances: Values, weights: Values) -> float:
    """Mean binary cross-entropy of outcomes (0 or 1) under chances, all (n,)."""
    sure = np.clip(chances.astype(np.float64), SMALLEST, 1 - SMALLEST)
    return float(np.average(-(came * np.log(sure) + (1 - came) * np.log1p(-sure)), weights=weights))


def auc(came: Values, chances: Values) -> float | None:
    """How often what came has the higher chance than what did not, ties counted half; None where all are the same."""
    positives = int((came > 0).sum())
    if positives in (0, len(came)):
        return None
    _values, place, counts = np.unique(chances, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[came > 0].sum() - positives * (positives + 1) / 2) / (positives * (len(came) - positives)))


def calibration_error(came: Values, chances: Values, weights: Values) -> float:
    """Expected calibration error: how far mean chance and share of what came are apart, over ten bins of one size."""
    order = np.argsort(chances, kind="stable")
    error = 0.0
    for rows in np.array_split(order, min(BINS, len(order))):
        share = weights[rows].sum() / weights.sum()
        error += float(share * abs(np.average(came[rows] - chances[rows], weights=weights[rows])))
    return error


def ndcg_of_lists(scores: Values, gains: Values, offsets: Int64Array, k: int) -> Float64Array:
    """NDCG@k of each list in the order of its scores; NaN for lists in which nothing is worth anything.

    scores, gains: (m,), ragged by `offsets` (lists + 1,). Equal scores share their places' discounts alike.
    """
    found = np.full(len(offsets) - 1, np.nan)
    for number, (start, end) in enumerate(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)):
        worth = gains[start:end]
        if not (worth > 0).any():
            continue
        discounts = 1 / np.log2(np.arange(2, end - start + 2))
        discounts[k:] = 0
        _values, place, counts = np.unique(-scores[start:end], return_inverse=True, return_counts=True)
        means = np.add.reduceat(discounts, np.cumsum(counts) - counts) / counts
        found[number] = (worth * means[place]).sum() / (np.sort(worth)[::-1] * discounts).sum()
    return found

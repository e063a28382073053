"""Persons in a few classes by what they were seen to do, each class with its own habits.

Lazarsfeld and Henry, *Latent Structure Analysis* (1968); fitted by expectation-maximisation. A person seen a few times
is understood through the class, so that little data gives sensible estimates.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans

from profiles.modeling.columns import Floats, Ints

ITERATIONS = 100
TOLERANCE = 1e-6
"""Of the mean log-likelihood per person; smaller gains end the fitting."""
PRIOR = 5.0
"""So many observations, spread as everybody's are, are added to each block of a class: small classes stay sensible."""
FLOOR = 0.02
"""Added to every cell besides, so that nothing unseen is impossible."""
MOST_CLASSES = 8


@dataclass(frozen=True)
class LatentClasses:
    """Classes with their weights, shape (classes,), and the chance of each cell, shape (classes, cells).

    Cells of the same block exclude one another: their chances add up to 1. `blocks` has shape (cells,).
    """

    weights: Floats
    chances: Floats
    blocks: Ints

    def __len__(self) -> int:
        return len(self.weights)

    def membership(self, counts: Floats) -> Floats:
        """The probability of each class for persons with these counts (persons, cells), shape (persons, classes)."""
        return _normalised(self._joint(counts))[0]

    def expected(self, counts: Floats) -> Floats:
        """The chances of the cells for these persons, through their classes, shape (persons, cells)."""
        return self.membership(counts) @ self.chances

    def bic(self, counts: Floats) -> float:
        """Bayesian information criterion on these counts; the smaller the better."""
        likelihood = _normalised(self._joint(counts))[1].sum()
        free = len(self) - 1 + len(self) * (len(self.blocks) - len(np.unique(self.blocks)))
        return float(free * np.log(max(len(counts), 1)) - 2.0 * likelihood)

    def _joint(self, counts: Floats) -> Floats:
        return counts @ np.log(self.chances).T + np.log(self.weights)


def fit_from(counts: Floats, blocks: Ints, membership: Floats) -> LatentClasses:
    """Fit as many classes as `membership` (persons, classes) has columns, beginning with it."""
    before = -np.inf
    classes = _maximised(counts, blocks, membership)
    for _iteration in range(ITERATIONS):
        membership, likelihood = _normalised(classes._joint(counts))  # noqa: SLF001 its own module
        classes = _maximised(counts, blocks, membership)
        now = float(likelihood.mean()) if len(likelihood) else 0.0
        if now - before < TOLERANCE:
            break
        before = now
    return classes


def fit_best(counts: Floats, blocks: Ints, smoothed: Floats, most: int = MOST_CLASSES) -> LatentClasses:
    """Fit with the number of classes, up to `most`, that BIC prefers; k-means over `smoothed` begins each."""
    best = fit_from(counts, blocks, np.ones((len(counts), 1)))
    best_bic = best.bic(counts)
    different = len(np.unique(smoothed.round(6), axis=0))
    for number in range(2, min(most, different, len(counts) // 10) + 1):
        groups = KMeans(number, n_init=3, random_state=0).fit(smoothed).labels_
        found = fit_from(counts, blocks, np.eye(number)[groups] * 0.9 + 0.1 / number)
        bic = found.bic(counts)
        if bic < best_bic:
            best, best_bic = found, bic
    return best


def _maximised(counts: Floats, blocks: Ints, membership: Floats) -> LatentClasses:
    everybody = counts.sum(axis=0)
    block_totals = np.bincount(blocks, everybody)
    seen = membership.T @ counts + FLOOR + PRIOR * everybody / np.maximum(block_totals[blocks], 1.0)
    totals = np.zeros((seen.shape[0], int(blocks.max(initial=0)) + 1))
    np.add.at(totals.T, blocks, seen.T)
    weights = membership.sum(axis=0) + 1.0
    return LatentClasses(weights / weights.sum(), seen / totals[:, blocks], blocks)


def _normalised(joint: Floats) -> tuple[Floats, Floats]:
    """Membership, and the log-likelihood of each person."""
    highest = joint.max(axis=1, keepdims=True)
    scaled = np.exp(joint - highest)
    total = scaled.sum(axis=1, keepdims=True)
    return scaled / total, (highest + np.log(total))[:, 0]

"""Finding clusters among points, and how many there are.

k-means in small batches (Sculley, *Web-Scale K-Means Clustering*, WWW 2010), their number by the mean silhouette
(Rousseeuw, 1987); or a mixture of normal distributions fitted by expectation-maximisation, their number by the Bayesian
information criterion (Schwarz, 1978).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt
from sklearn.cluster import MiniBatchKMeans
from sklearn.metrics import silhouette_score
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from profiles.modeling.columns import Floats

Labels = npt.NDArray[np.int64]

FEWEST_CLUSTERS, MOST_CLUSTERS = 2, 20
FEWEST_PERSONS = 10
"""A cluster is not looked for among fewer persons than that."""
MOST_CHOOSING, MOST_FITTED, MOST_COMPARED = 10_000, 20_000, 3_000
"""So many points decide how many clusters there are, then where they are; so many are compared pair by pair."""
STARTS_CHOOSING, STARTS = 8, 24
"""How often k-means is begun anew, wherever chance has it; the best one counts."""
BATCH = 4_096
PATIENCE = 5
"""After so many numbers of clusters that are no better than the best one no more are tried."""
WORSE = 1.02
"""Beginning where clusters were before may leave so many times the distances of the best other beginning."""
SMALLEST_SPREAD = 0.02
"""Added to the variance of a normal distribution in each direction, as a share of the variance of all points: persons
who are known by one act alone, and hence equal, make no cluster."""
LIKE = {"kmeans": 0.005, "mixture": 0.002}
"""The number of clusters that there were is kept as long as no other one scores better by more than that: by silhouette
the difference, by BIC the share."""


class Algorithm(StrEnum):
    """How clusters are found."""

    KMEANS = "kmeans"
    MIXTURE = "mixture"


class _Predicts(Protocol):
    def predict(self, points: Floats) -> Labels: ...


@dataclass(frozen=True)
class Clusters:
    """Clusters with their centroids (clusters, dimensions); `scores` tells how good each number of clusters was.

    Of k-means the score is the mean silhouette, of a mixture the negative BIC for each point: the larger the better.
    """

    centroids: Floats
    scores: dict[int, float]
    model: _Predicts

    def __len__(self) -> int:
        return len(self.centroids)

    def assign(self, points: Floats) -> Labels:
        """The cluster of each of these points (points, dimensions), shape (points,)."""
        return np.asarray(self.model.predict(np.ascontiguousarray(points)), dtype=np.int64)


class TooFew(ValueError):
    """There are too few points to find clusters among."""


@threadpool_limits.wrap(limits=1)  # the matrices are small: threads would wait for one another, and for other programs
def fit(
    points: Floats,
    algorithm: Algorithm,
    number: int | None = None,
    start: Floats | None = None,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Clusters:
    """Find clusters among points (points, dimensions), in random order; as many as score best, or `number`.

    start: where clusters were before; if there are as many again, they begin there. report: is told how far it is.
    Raises `TooFew`.
    """
    most = min(MOST_CLUSTERS, len(points) // FEWEST_PERSONS)
    if most < max(FEWEST_CLUSTERS, number or 0):
        raise TooFew
    scores: dict[int, float] = {}
    tried = [number] if number else range(FEWEST_CLUSTERS, most + 1)
    usual = len(start) if start is not None else 0
    for at, k in enumerate(tried):
        report(at, len(tried) + 1)
        few = points[:MOST_CHOOSING]
        scores[k] = _score(few, _fitted(few, algorithm, k, start, STARTS_CHOOSING), algorithm)
        if k - max(scores, key=scores.__getitem__) >= PATIENCE and k >= usual:
            break
    chosen = _best(scores, algorithm, usual)
    model = _fitted(points[:MOST_FITTED], algorithm, chosen, start, STARTS)
    report(len(tried) + 1, len(tried) + 1)
    return Clusters(_centroids(model), scores, model)


def _best(scores: dict[int, float], algorithm: Algorithm, usual: int) -> int:
    best = max(scores, key=scores.__getitem__)
    allowance = LIKE[algorithm] * (1.0 if algorithm == Algorithm.KMEANS else abs(scores[best]))
    return usual if usual in scores and scores[best] - scores[usual] <= allowance else best


def _fitted(
    points: Floats, algorithm: Algorithm, number: int, start: Floats | None, starts: int
) -> MiniBatchKMeans | GaussianMixture:
    means = _means(points, number, start, starts)
    return means if algorithm == Algorithm.KMEANS else _mixture(points, means)


def _means(points: Floats, number: int, start: Floats | None, starts: int) -> MiniBatchKMeans:
    """The best of several beginnings; where clusters were before is one of them, and preferred among equals."""
    # scikit-learn's own n_init compares beginnings, and not what comes of them.
    tries = (
        MiniBatchKMeans(number, n_init=1, batch_size=BATCH, random_state=each).fit(points) for each in range(starts)
    )
    found = min(tries, key=lambda model: model.inertia_)
    if start is None or len(start) != number:
        return found
    again = MiniBatchKMeans(number, init=start, n_init=1, batch_size=BATCH, random_state=0).fit(points)
    return again if again.inertia_ <= found.inertia_ * WORSE else found


def _mixture(points: Floats, means: MiniBatchKMeans) -> GaussianMixture:
    """A mixture that begins with the clusters of k-means, all as wide as they are together."""
    smallest = max(float(points.var(axis=0).sum()) * SMALLEST_SPREAD, 1e-9)
    within = points - means.cluster_centers_[means.labels_]
    precision = np.linalg.inv(np.atleast_2d(within.T @ within / len(points)) + smallest * np.eye(points.shape[1]))
    counts = np.bincount(means.labels_, minlength=len(means.cluster_centers_)) + 1.0
    return GaussianMixture(
        len(counts),
        reg_covar=smallest,
        weights_init=counts / counts.sum(),
        means_init=means.cluster_centers_,
        precisions_init=np.repeat(precision[None], len(counts), axis=0),
        random_state=0,
    ).fit(points)


def _score(points: Floats, model: MiniBatchKMeans | GaussianMixture, algorithm: Algorithm) -> float:
    if algorithm == Algorithm.MIXTURE:
        return -float(model.bic(points)) / len(points)
    compared = points[:MOST_COMPARED]
    labels = model.predict(compared)
    different = len(np.unique(labels))
    return float(silhouette_score(compared, labels)) if 1 < different < len(compared) else -1.0


def _centroids(model: MiniBatchKMeans | GaussianMixture) -> Floats:
    return model.cluster_centers_ if isinstance(model, MiniBatchKMeans) else model.means_

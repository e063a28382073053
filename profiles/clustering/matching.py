"""Recognising clusters from run to run, so that their numbers and names stay.

Axes are learned anew with each profile model, so that positions of an earlier run mean nothing in a later one. What
stays are people: where the typical members of a cluster are *now* is where that cluster would be now.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from profiles.clustering.fitting import Labels
from profiles.modeling.columns import Floats

TYPICAL = 100
"""So many members, those nearest to the centroid, stand for a cluster."""
FEWEST_FOUND = 5
"""Of so many of them at least the present position must be known."""
NEAR = 0.5
"""Two centroids can be the same cluster up to this part of the usual distance between neighbouring clusters."""


def typical(points: Floats, labels: Labels, centroids: Floats) -> list[Labels]:
    """Of each cluster the rows of its most typical members, the nearest to its centroid first."""
    distance = np.linalg.norm(points - centroids[labels], axis=1)
    rows = [np.flatnonzero(labels == cluster) for cluster in range(len(centroids))]
    return [each[np.argsort(distance[each], kind="stable")[:TYPICAL]] for each in rows]


def carried(points: Floats, cluster: Labels, number: int) -> Floats:
    """Where `number` earlier clusters are now: the means of these points of their typical members.

    cluster: which one each point was typical of. Rows are NaN where too few of them were found.
    """
    positions = np.full((number, points.shape[1]), np.nan)
    for each in range(number):
        own = points[cluster == each]
        if len(own) >= FEWEST_FOUND:
            positions[each] = own.mean(axis=0)
    return positions


def match(before: Floats, numbers: Sequence[int], centroids: Floats, fresh: int) -> list[int]:
    """The number of each cluster: that of the earlier cluster which it is, or a new one from `fresh` on.

    before: where the clusters of these numbers would be now, rows of NaN where nobody knows. Pairs are made so that
    their distances are the smallest in all; what is too far apart is no pair.
    """
    given: dict[int, int] = {}
    known = np.flatnonzero(np.isfinite(before).all(axis=1)) if len(before) else np.zeros(0, dtype=np.int64)
    if len(known):
        distance = np.linalg.norm(before[known][:, None, :] - centroids[None, :, :], axis=2)
        limit = NEAR * _usual_distance(centroids)
        rows, columns = linear_sum_assignment(np.minimum(distance, limit * 4.0))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            if distance[row, column] <= limit:
                given[column] = numbers[int(known[row])]
    unused = iter(range(fresh, fresh + len(centroids)))
    return [given[at] if at in given else next(unused) for at in range(len(centroids))]


def _usual_distance(centroids: Floats) -> float:
    """The mean distance of a centroid from the nearest other one."""
    if len(centroids) < 2:
        return float(np.inf)
    between = np.linalg.norm(centroids[:, None, :] - centroids[None, :, :], axis=2)
    np.fill_diagonal(between, np.inf)
    return float(between.min(axis=1).mean())

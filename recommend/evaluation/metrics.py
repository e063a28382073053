"""Recall, NDCG and precision of lists, question by question.

Recall@k is the share of the relevant items among the first k; NDCG@k has binary gains, the ideal list cut at k.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recommend.algorithms.interactions import Float32Array, Float64Array, Int64Array

CUTOFFS = (10, 20)

BoolArray = npt.NDArray[np.bool_]


def first_columns(scores: Float32Array, count: int) -> Int64Array:
    """The columns of the highest scores of each row, best first, (rows, at most `count`)."""
    count = min(count, scores.shape[1])
    columns = np.argpartition(scores, -count, axis=1)[:, -count:]
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)


def recall(hits: BoolArray, relevant: Int64Array, k: int) -> Float64Array:
    """The share of the relevant items in the first k places, (people,).

    hits: (people, places), whether each place holds a relevant item; relevant: (people,), how many there are, at
    least one.
    """
    return hits[:, :k].sum(axis=1) / relevant


def ndcg(hits: BoolArray, relevant: Int64Array, k: int) -> Float64Array:
    """The discounted gain of the first k places as a share of what the best possible list has there, (people,)."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discounts)[np.minimum(relevant, k) - 1]
    return hits[:, :k] @ discounts[: hits.shape[1]] / ideal


def precision_recall_curve(hits: BoolArray, relevant: Int64Array) -> list[tuple[int, float, float]]:
    """For each number of places k from 1 on: (k, mean precision, mean recall) of the first k; empty for nobody."""
    if not len(hits):
        return []
    found = hits.cumsum(axis=1)
    places = np.arange(1, hits.shape[1] + 1)
    precision = (found / places).mean(axis=0)
    recalled = (found / relevant[:, None]).mean(axis=0)
    return [(int(k), float(p), float(r)) for k, p, r in zip(places, precision, recalled, strict=True)]

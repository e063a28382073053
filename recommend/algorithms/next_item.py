"""What comes next after what this person did: a closed-form item-item model for data whose order is known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Self

import msgspec
import numpy as np

from recommend.algorithms.base import COUNTING_PAIRS, INVERTING, PREPARING, Interactions, Progress, silent
from recommend.algorithms.ease import Ease, EaseConfig
from recommend.algorithms.examples import Events
from recommend.algorithms.interactions import Float32Array, Float64Array, Int32Array, Int64Array
from recommend.algorithms.inversion import BLOCK, invert_in_place

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

LEAST_SHARE = 0.004
"""Pairs further apart than this much of the recency are not counted."""

FURTHEST = 50
"""And none further apart than this (courses)."""


class NextItemConfig(EaseConfig, frozen=True, kw_only=True):
    """Settings of `NextItem`.

    regularization: lambda, added to the diagonal of the Gram matrix (squared strengths); more for fewer data.
    recency_half_life: by how many later courses of the same person a course's say is halved (courses); 0 lets all
        speak alike.
    outlook_half_life: by how many courses a later course counts half as what comes next (courses); 0 looks at the
        very next one alone.
    max_items: only this many most popular courses are modelled (courses), for memory is 12 * max_items^2 bytes in
        training; the others are ranked by popularity, near a score of 0.

    The defaults were chosen on the MOOCCubeX enrolments with each learner's last training course held out.
    """

    recency_half_life: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 2.0
    outlook_half_life: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 1.0
    max_items: Annotated[int, msgspec.Meta(ge=1, le=46_000)] = 10_000


class NextItem(Ease):
    """SLIT (Choi et al., Session-aware Linear Item-Item Models for Session-based Recommendation, WWW 2021).

    For each point t of each history, x_t are the courses until then, fresh ones weighing more, and y_t the courses
    after it, near ones weighing more. B minimises sum_t |y_t - x_t B|^2 + lambda |B|^2: B = (G + lambda I)^-1 C with
    G = sum x_t' x_t and C = sum x_t' y_t. Since the weights fall evenly, both are sums over pairs of courses of one
    person that depend on how far they are apart. A history x scores x B.
    """

    name = "next_item"
    Config = NextItemConfig

    config: NextItemConfig

    def fit(self, interactions: Interactions, progress: Progress = silent) -> Self:
        """Count pairs, solve, keep B.

        Raises `EmptyDataset`, also when nobody's events have an order, and `FloatingPointError` when the
        regularization is too small for the arithmetic.
        """
        interactions.require_learnable()
        interactions.require_order()
        progress(PREPARING, 0, 1, {})
        events = Events.of(interactions, np.random.default_rng(0))
        popularity = np.bincount(events.items, events.weights, interactions.n_items).astype(np.float32)
        modelled = self._modelled(popularity, interactions.met)
        progress(PREPARING, 1, 1, {"modelled courses": len(modelled), "courses": len(popularity)})
        weights = _solved(*self._pairs(events, modelled, progress), self.config.regularization, progress)
        self.n_items = interactions.n_items
        self.restore({"item_weights": weights, "modelled": modelled, "popularity": popularity})
        return self

    def _pairs(self, events: Events, modelled: Int32Array, progress: Progress) -> tuple[Float32Array, Float32Array]:
        """G and C, float32 (modelled, modelled)."""
        from scipy.sparse import csr_matrix

        column_of = np.full(events.items.max() + 1, -1)
        column_of[modelled[modelled < len(column_of)]] = np.flatnonzero(modelled < len(column_of))
        columns, later = column_of[events.items], _later(events)
        half_life, outlook_half_life = self.config.recency_half_life, self.config.outlook_half_life
        past = 2.0 ** (-1 / half_life) if half_life else 1.0
        outlook = 2.0 ** (-1 / outlook_half_life) if outlook_half_life else 0.0
        shape = len(modelled), len(modelled)
        gram, targets = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        furthest = min(FURTHEST, int(later.max()), max(_reach(past), _reach(outlook)))
        for apart in range(furthest + 1):
            progress(COUNTING_PAIRS, apart, furthest + 1, {})
            first = np.flatnonzero(later >= apart)
            first = first[(columns[first] >= 0) & (columns[first + apart] >= 0)]
            second = first + apart
            strengths = events.weights[first] * events.weights[second]
            places = columns[first], columns[second]
            met = strengths * past**apart * _points_after(later[second], past)
            _add(gram, csr_matrix((met, places), shape))
            if apart:
                _add(targets, csr_matrix((strengths * _said(apart, past, outlook), places), shape))
        progress(COUNTING_PAIRS, furthest + 1, furthest + 1, {})
        diagonal = gram.diagonal().copy()
        gram += gram.T
        np.fill_diagonal(gram, diagonal)
        return gram, targets


def _later(events: Events) -> Int64Array:
    """How many later rows the same person has, int64 (n,)."""
    last = np.flatnonzero(np.append(events.people[1:] != events.people[:-1], True))
    rows = np.arange(len(events))
    return last[np.searchsorted(last, rows)] - rows


def _reach(fall: float) -> int:
    """How many courses apart two may be until `LEAST_SHARE` is left of a weight that falls so with each."""
    if fall in (0.0, 1.0):
        return FURTHEST if fall else 1
    return math.ceil(math.log(LEAST_SHARE) / math.log(fall))


def _points_after(later: Int64Array, past: float) -> Float64Array:
    """Sum of past^(2 s) over the points of the history from this course to the last but one, float64 (m,)."""
    if past == 1.0:
        return later.astype(np.float64)
    return np.asarray((1 - past ** (2.0 * later)) / (1 - past**2), np.float64)


def _said(apart: int, past: float, outlook: float) -> float:
    """Sum over the points between two courses so far apart of what the first says there for the second."""
    if past == outlook:
        return apart * past ** (apart - 1)
    return (past**apart - outlook**apart) / (past - outlook)


def _add(matrix: Float32Array, pairs: csr_matrix) -> None:
    """Add sparse pairs to a dense matrix, a few rows at a time."""
    for start in range(0, len(matrix), BLOCK):
        matrix[start : start + BLOCK] += pairs[start : start + BLOCK].toarray()


def _solved(gram: Float32Array, targets: Float32Array, regularization: float, progress: Progress) -> Float32Array:
    """(G + lambda I)^-1 C, in the place of G."""
    np.fill_diagonal(gram, gram.diagonal() + regularization)
    try:
        invert_in_place(gram, lambda done, total: progress(INVERTING, done, total, {}))
    except np.linalg.LinAlgError as error:
        raise FloatingPointError(f"The courses cannot be told apart ({error}): try a larger regularization.") from error
    for start in range(0, len(gram), BLOCK):
        gram[start : start + BLOCK] = gram[start : start + BLOCK] @ targets
    if not np.isfinite(gram).all():
        raise FloatingPointError("The courses cannot be told apart by numbers alone: try a larger regularization.")
    return gram

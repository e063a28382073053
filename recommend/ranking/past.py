"""What a ranker looks at of a person's history, for each candidate and in all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommend.algorithms.interactions import Float32Array, Float64Array, Int32Array, Int64Array
from recommend.ranking.courses import DAY, Courses
from recommend.ranking.vocabulary import MOST_CODES, UNKNOWN

LATELY_DAYS = 7.0
PAST_FEATURES = (
    "share of its category",
    "lately in its category",
    "category of the last",
    "share of its kind",
    "share of its teacher",
    "share on its platform",
    "how much dearer",
    "difference in price",
    "met before",
)
PERSON_FEATURES = ("log courses met", "log days since the last", "is new", "share free", "usual log price")


@dataclass(frozen=True)
class Past:
    """A history in rows of `Courses`, oldest first, each course once.

    rows: int64 (h,); weights: float32 (h,), how much each says; times: float64 (h,), epoch seconds.
    """

    rows: Int64Array
    weights: Float32Array
    times: Float64Array

    @classmethod
    def none(cls) -> Past:
        """Of those who did nothing, or of whom nothing may be used."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.float64))

    def __len__(self) -> int:
        return len(self.rows)


def past_features(past: Past, courses: Courses, rows: Int64Array, now: float) -> Float32Array:
    """`PAST_FEATURES` of the candidates `rows` of courses at the moment `now`, float32 (len(rows), 9)."""
    found = np.zeros((len(rows), len(PAST_FEATURES)), np.float32)
    if not len(past):
        return found
    shares = np.log2(1 + past.weights)
    shares /= shares.sum()
    category = courses.category[rows]
    found[:, 0] = _shares(courses.category[past.rows], shares)[category]
    found[:, 1] = _lately(courses.category[past.rows], past.times, now)[category]
    found[:, 2] = (category == courses.category[past.rows[-1]]) & (category > 0)
    found[:, 3] = _shares(courses.kind[past.rows], shares)[courses.kind[rows]]
    found[:, 4] = _shares(courses.teacher[past.rows], shares)[courses.teacher[rows]]
    found[:, 5] = _shares(courses.platform[past.rows], shares)[courses.platform[rows]]
    met = courses.price[past.rows]
    usual = _usual_price(met, shares)
    if usual is not None:
        price = courses.price[rows]
        is_priced = price > 0  # neither free nor unknown
        dearer = np.where(is_priced, np.log1p(np.where(is_priced, price, 0)) - usual, 0)
        found[:, 6], found[:, 7] = dearer, np.abs(dearer)
    found[:, 8] = np.isin(rows, past.rows)
    return found


def person_features(past: Past, courses: Courses, now: float) -> Float32Array:
    """`PERSON_FEATURES` of a history at the moment `now`, float32 (5,)."""
    if not len(past):
        return np.array([0, 0, 1, 0, 0], np.float32)
    shares = np.log2(1 + past.weights)
    shares /= shares.sum()
    price = courses.price[past.rows]
    usual = _usual_price(price, shares)
    since = max(now - float(past.times[-1]), 0.0) / DAY
    return np.array(
        [np.log1p(len(past)), np.log1p(since), 0, shares[price == 0].sum(), 0 if usual is None else usual], np.float32
    )


def _shares(codes: Int32Array, shares: Float32Array) -> Float64Array:
    """The summed shares of each code, 0 for the unknown one, float64 (MOST_CODES,)."""
    summed = np.bincount(codes, shares, MOST_CODES).astype(np.float64)
    summed[UNKNOWN] = 0
    return summed


def _lately(codes: Int32Array, times: Float64Array, now: float) -> Float64Array:
    """How fresh the latest event of each code is, 1 for now and halved by some days, 0 for none."""
    fresh = np.zeros(MOST_CODES)
    fresh[codes] = np.exp2(-np.clip(now - times, 0, None) / DAY / LATELY_DAYS)  # times ascend: the latest one stays
    fresh[UNKNOWN] = 0
    return fresh


def _usual_price(price: Float32Array, shares: Float32Array) -> float | None:
    """The mean log price of what costs something; None where nothing does."""
    is_priced = price > 0
    if not is_priced.any():
        return None
    return float((np.log1p(price[is_priced]) * shares[is_priced]).sum() / shares[is_priced].sum())

"""What a ranker looks at of a person's history, for each candidate and in all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recommend.algorithms.interactions import Float32Array, Float64Array, Int32Array
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
    """A history, oldest first, each course once.

    met: the h courses; weights: float32 (h,), how much each says; times: float64 (h,), epoch seconds.
    """

    met: Courses
    weights: Float32Array
    times: Float64Array

    def __len__(self) -> int:
        return len(self.met)

    @cached_property
    def shares(self) -> Float32Array:
        """How much each course is of what the person did, float32 (h,), summing to 1."""
        damped = np.log2(1 + self.weights)
        return damped / damped.sum()

    @cached_property
    def usual_price(self) -> float | None:
        """The mean log price of what costs something; None where nothing does."""
        is_priced = self.met.price > 0
        if not is_priced.any():
            return None
        return float(np.average(np.log1p(self.met.price[is_priced]), weights=self.shares[is_priced]))


def past_features(past: Past, candidates: Courses, now: float) -> Float32Array:
    """`PAST_FEATURES` of candidates at the moment `now`, float32 (n, 9)."""
    found = np.zeros((len(candidates), len(PAST_FEATURES)), np.float32)
    if not len(past):
        return found
    met, shares, category = past.met, past.shares, candidates.category
    found[:, 0] = _shares(met.category, shares)[category]
    found[:, 1] = _lately(met.category, past.times, now)[category]
    found[:, 2] = (category == met.category[-1]) & (category != UNKNOWN)
    found[:, 3] = _shares(met.kind, shares)[candidates.kind]
    found[:, 4] = _shares(met.teacher, shares)[candidates.teacher]
    found[:, 5] = _shares(met.platform, shares)[candidates.platform]
    if past.usual_price is not None:
        is_priced = candidates.price > 0  # neither free nor unknown
        dearer = np.where(is_priced, np.log1p(np.where(is_priced, candidates.price, 0)) - past.usual_price, 0)
        found[:, 6], found[:, 7] = dearer, np.abs(dearer)
    found[:, 8] = np.isin(candidates.ids, met.ids)
    return found


def person_features(past: Past | None, now: float) -> Float32Array:
    """`PERSON_FEATURES` of a history at the moment `now`, float32 (5,)."""
    if past is None or not len(past):
        return np.array([0, 0, 1, 0, 0], np.float32)
    since = max(now - float(past.times[-1]), 0.0) / DAY
    share_free = past.shares[past.met.price == 0].sum()
    return np.array([np.log1p(len(past)), np.log1p(since), 0, share_free, past.usual_price or 0], np.float32)


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

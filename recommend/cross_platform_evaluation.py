"""What joining platforms is worth: the same algorithm trained on all of them, and on the target platform alone.

Two regimes for each target platform. `full`: everybody keeps their history there. `new`: half of the people, drawn with
a fixed seed, lose all of it, in training and in their histories, and are the ones asked about; what they did on the
other platforms is all that is known of them. In both, all items of the target platform are ranked without those that
the person is known to have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from recommend.algorithms.base import Algorithm, Progress, silent
from recommend.algorithms.interactions import Float64Array
from recommend.algorithms.popularity import Popularity, PopularityConfig
from recommend.cross_platform_split import CrossPlatformSplit, of_one_platform, questions_where
from recommend.evaluation import hits_of, ndcg
from recommend.split import Split

CUTOFF = 10
RESAMPLES = 10_000
RESAMPLES_AT_ONCE = 500
CONFIDENCE = 95.0
SEED = 0

Regime = Literal["full", "new"]
MakeAlgorithm = Callable[[], Algorithm[Any]]
"""Gives an untrained algorithm, always with the same settings."""
BoolArray = npt.NDArray[np.bool_]


class Lift(msgspec.Struct, frozen=True):
    """What joining brings to one platform.

    target: the platform. people: how many were asked about. popularity, single, joint: mean NDCG@10 of the target's
    popularity, of the algorithm trained on the target alone, and of the algorithm trained on all platforms.
    lift: by how many percent joint is above `single` (full) or above `popularity` (new); lift_low, lift_high: its 95 %
    interval, by drawing the people anew with replacement, the same ones for both sides.
    """

    target: str
    regime: Regime
    people: int
    popularity: float
    single: float
    joint: float
    lift: float
    lift_low: float
    lift_high: float


@dataclass(frozen=True)
class Measurement:
    """How to measure: what makes the algorithm, and who hears of the progress (and may raise to cancel)."""

    make: MakeAlgorithm
    progress: Progress = silent

    def lifts(self, data: CrossPlatformSplit) -> Iterator[Lift]:
        """Each platform as the target in both regimes, told as they are ready. Raises what `fit` raises."""
        split = data.split
        joint = self.make().fit(split.interactions, self.progress)
        for number, name in enumerate(data.platforms):
            asked = questions_where(split, split.platforms == number)
            if len(asked):
                yield self._lift(name, "full", number, asked, joint)
        for number, name in enumerate(data.platforms):
            asked = hiding(data, number)
            if len(asked):
                yield self._lift(name, "new", number, asked, self.make().fit(asked.interactions, self.progress))

    def _lift(self, name: str, regime: Regime, number: int, asked: Split, joint: Algorithm[Any]) -> Lift:
        alone = of_one_platform(asked, number)
        popularity = self._gains(Popularity(PopularityConfig(half_life_days=0)), alone)
        single = self._gains(self.make(), alone)
        joined = self._asked(joint, asked)
        lift, low, high = lift_in_percent(joined, popularity if regime == "new" else single)
        return Lift(
            target=name,
            regime=regime,
            people=len(asked),
            popularity=round(float(popularity.mean()), 6),
            single=round(float(single.mean()), 6),
            joint=round(float(joined.mean()), 6),
            lift=round(lift, 2),
            lift_low=round(low, 2),
            lift_high=round(high, 2),
        )

    def _gains(self, algorithm: Algorithm[Any], split: Split) -> Float64Array:
        return self._asked(algorithm.fit(split.interactions, self.progress), split)

    def _asked(self, model: Algorithm[Any], split: Split) -> Float64Array:
        hits, _ = hits_of(model, split, self.progress)
        return ndcg(hits, np.diff(split.offsets), CUTOFF)


def hiding(data: CrossPlatformSplit, platform: int) -> Split:
    """The split without what half of its people did on this platform, asking these people about it."""
    interactions = data.split.interactions
    hidden = np.zeros(interactions.n_users, dtype=bool)
    hidden[np.random.default_rng(SEED).permutation(data.people)[: len(data.people) // 2]] = True
    lost = hidden[interactions.users] & (interactions.platforms[interactions.items] == platform)
    asked = questions_where(data.split, (data.split.platforms == platform) & hidden[data.split.people])
    return replace(asked, interactions=interactions.where(~lost))


def lift_in_percent(better: Float64Array, base: Float64Array) -> tuple[float, float, float]:
    """By how many percent the mean of `better` is above that of `base`, and the bounds of its 95 % interval.

    Both float64 (people,), the same people in the same order. No numbers (NaN) where nobody gained anything by `base`.
    """
    if not base.any():
        return np.nan, np.nan, np.nan
    random = np.random.default_rng(SEED)
    means = []
    for start in range(0, RESAMPLES, RESAMPLES_AT_ONCE):
        drawn = random.integers(0, len(base), (min(RESAMPLES_AT_ONCE, RESAMPLES - start), len(base)))
        means.append((better[drawn].mean(axis=1), base[drawn].mean(axis=1)))
    above, below = np.concatenate(means, axis=1)
    ratios = above[below > 0] / below[below > 0]
    outside = (100 - CONFIDENCE) / 2
    low, high = 100 * (np.percentile(ratios, [outside, 100 - outside]) - 1)
    return float(100 * (better.mean() / base.mean() - 1)), float(low), float(high)

"""What everybody likes just now."""

from typing import Annotated, Self

import msgspec
import numpy as np

from recommend.algorithms.base import (
    PREPARING,
    Algorithm,
    AlgorithmConfig,
    Arrays,
    Histories,
    Interactions,
    Progress,
    silent,
)
from recommend.algorithms.interactions import Float32Array, Int32Array

SECONDS_PER_DAY = 86_400.0


class PopularityConfig(AlgorithmConfig, frozen=True, kw_only=True):
    """Settings of `Popularity`.

    half_life_days: after how many days an event counts half (days); 0 never forgets, which is right when the
        times are only an order.
    """

    half_life_days: Annotated[float, msgspec.Meta(ge=0, le=36_500)] = 30.0


class Popularity(Algorithm[PopularityConfig]):
    """Time-decayed popularity: score_j = sum over the course's events of weight * 2^(-age / half life).

    The same list for everybody; the fallback of every other model and the bar they must clear.
    """

    name = "popularity"
    is_personal = False
    Config = PopularityConfig

    def fit(self, interactions: Interactions, progress: Progress = silent) -> Self:
        """Sum the decayed weights of each course, age counted from the latest event of all."""
        interactions.require_learnable()
        progress(PREPARING, 0, 1, {})
        weights = interactions.weights.astype(np.float64)
        if self.config.half_life_days:
            age_days = (interactions.times.max() - interactions.times) / SECONDS_PER_DAY
            weights *= np.exp2(-age_days / self.config.half_life_days)
        popularity = np.bincount(interactions.items, weights=weights, minlength=interactions.n_items)
        progress(PREPARING, 1, 1, {})
        self._popularity = popularity.astype(np.float32)
        self.n_items = interactions.n_items
        return self

    def scores(self, histories: Histories) -> Float32Array:
        """The popularity of every course, the same for each person; float32 (people, n_items)."""
        self._require_answerable(histories)
        return self._popularity[None].repeat(len(histories), axis=0)

    def similar(self, item: int) -> Float32Array:
        """Popularity again, for nothing is known of what goes together; -inf for the course itself."""
        self._require_known(np.array([item]))
        similarity = self._popularity.copy()
        similarity[item] = -np.inf
        return similarity

    def contributions(self, histories: Histories, items: Int32Array) -> Float32Array:
        """Zeros, for nobody's history is looked at; float32 (events, len(items))."""
        histories.require_one()
        self._require_answerable(histories)
        self._require_known(items)
        return np.zeros((len(histories.items), len(items)), dtype=np.float32)

    def arrays(self) -> Arrays:
        """popularity: float32 (n_items,)."""
        return {"popularity": self._popularity}

    def restore(self, arrays: Arrays) -> None:
        """Take up what `arrays` gave."""
        self._popularity = arrays["popularity"]

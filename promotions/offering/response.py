"""How likely somebody buys at each discount, learned from past offers with chance in them.

At step l of the ladder, which takes off d_l of the price, the log-odds of buying are

    phi(x)'b + (d_l / d_max) phi(x)'w + phi(x)'v_l        (b alone where nothing is taken off)

with phi the columns of `basis`: what somebody does anyway, what a discount does with them, and how single steps differ
from a straight line. Fitted by penalised maximum likelihood; a past offer counts 1 / its propensity (bounded), so that
what was chosen for a reason counts as though drawn at random. Chances are then made to rise with the discount, unless
steps are kinds without an order.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from promotions.offering.basis import Basis
from promotions.offering.ladder import Float64Array, IntArray, TooLittleKnown, UnusableOffers, ladder_of
from promotions.offering.monotone import rising

Positive = Annotated[float, msgspec.Meta(gt=0)]
FREE = 1e-3
"""The penalty of constants, which are hardly bound."""


class ResponseConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How to learn.

    ladder: the discounts, 0 first. is_ordered: whether more taken off never lets fewer buy; where not, steps are kinds.
    bends: of each feature's effect. paired: so many features, from the first, are multiplied with one another.
    base_penalties, effect_penalties: what is tried for the strength of the two penalties, the most likely on folds
    is kept. deviation: how much harder than the straight line single steps are bound. most_weight: of one past offer.
    fewest, fewest_bought: with less nothing is learned.
    """

    ladder: tuple[float, ...]
    is_ordered: bool = True
    bends: Annotated[int, msgspec.Meta(ge=0, le=20)] = 2
    paired: Annotated[int, msgspec.Meta(ge=0, le=40)] = 0
    base_penalties: tuple[Positive, ...] = (3.0,)
    effect_penalties: tuple[Positive, ...] = (3.0, 30.0, 300.0)
    deviation: Positive = 5.0
    folds: Annotated[int, msgspec.Meta(ge=2, le=20)] = 3
    most_weight: Annotated[float, msgspec.Meta(ge=1)] = 20.0
    fewest: int = 200
    fewest_bought: int = 10
    seed: int = 0


class ResponseModel:
    """Chances of buying at each step of a ladder. Fit it, or load what `arrays` gave."""

    def __init__(self, config: ResponseConfig) -> None:
        self.config = config
        self.ladder = ladder_of(config.ladder)
        self.basis: Basis | None = None
        self.weights: Float64Array = np.zeros((0, 0))
        """(q, L): of each column, on what is bought anyway, then what each step adds."""
        self.penalties = (config.base_penalties[0], config.effect_penalties[0])

    def fit(
        self, features: Float64Array, levels: IntArray, bought: Float64Array, propensities: Float64Array
    ) -> "ResponseModel":
        """Learn from n past offers; returns itself.

        features: (n, p), known before the offer. levels: (n,), the step offered, 0 for nothing. bought: (n,), 0 or 1.
        propensities: (n,), above 0, the chance with which that step was chosen. Raises `TooLittleKnown` where there is
        too little of it, `UnusableOffers` where columns do not fit.
        """
        features, bought = np.asarray(features, float), np.asarray(bought, float)
        self._check(features, levels, bought, propensities)
        self.basis = Basis.of(features, self.config.bends, self.config.paired)
        columns = self.basis.columns(features)
        weights = np.minimum(1.0 / propensities, self.config.most_weight)
        weights = weights / weights.mean()
        self.penalties = self._most_likely(columns, levels, bought, weights)
        self.weights = self._fitted(columns, levels, bought, weights, self.penalties)
        return self

    def probabilities(self, features: Float64Array) -> Float64Array:
        """How likely each of n people buys at each step; float64 (n, L), rising along a row where steps are ordered."""
        if self.basis is None:
            raise UnusableOffers("The model has not been fitted.")
        columns = self.basis.columns(np.asarray(features, float))
        chances: Float64Array = expit(_log_odds(columns, self.weights))
        return rising(chances) if self.config.is_ordered else chances

    def arrays(self) -> dict[str, np.ndarray]:
        """All that was learned, to be stored; see `from_arrays`."""
        if self.basis is None:
            raise UnusableOffers("The model has not been fitted.")
        config = np.frombuffer(msgspec.json.encode(self.config), np.uint8)
        basis = {"mean": self.basis.mean, "scale": self.basis.scale, "knots": self.basis.knots}
        return {"config": config, **basis, "pairs": self.basis.pairs, "weights": self.weights}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "ResponseModel":
        """The model that gave these arrays."""
        model = cls(msgspec.json.decode(arrays["config"].tobytes(), type=ResponseConfig))
        model.basis = Basis(arrays["mean"], arrays["scale"], arrays["knots"], arrays["pairs"])
        model.weights = arrays["weights"]
        return model

    def _check(self, features: Float64Array, levels: IntArray, bought: Float64Array, chances: Float64Array) -> None:
        n = len(features)
        if features.ndim != 2 or not len(levels) == len(bought) == len(chances) == n:
            raise UnusableOffers("Features, levels, purchases and propensities must be of the same past offers.")
        if n < self.config.fewest or bought.sum() < self.config.fewest_bought or len(np.unique(levels)) < 2:
            raise TooLittleKnown(
                f"There are {n} past offers of {len(np.unique(levels))} kinds, and {bought.sum():.0f} purchases; at "
                f"least {self.config.fewest} of two kinds and {self.config.fewest_bought} purchases are needed."
            )
        if levels.min() < 0 or levels.max() >= len(self.ladder):
            raise UnusableOffers(f"Levels are numbered from 0 to {len(self.ladder) - 1}.")
        if not ((chances > 0) & (chances <= 1)).all() or not np.isfinite(features).all():
            raise UnusableOffers("Features must be finite, and propensities above 0 and at most 1.")

    def _most_likely(
        self, columns: Float64Array, levels: IntArray, bought: Float64Array, weights: Float64Array
    ) -> tuple[float, float]:
        """The penalties under which what is left out of each fold is most likely."""
        tried = [(base, effect) for base in self.config.base_penalties for effect in self.config.effect_penalties]
        if len(tried) == 1:
            return tried[0]
        fold = np.random.default_rng(self.config.seed).permutation(len(levels)) % self.config.folds

        def loss(penalties: tuple[float, float]) -> float:
            total = 0.0
            for number in range(self.config.folds):
                held = fold == number
                kept = ~held
                found = self._fitted(columns[kept], levels[kept], bought[kept], weights[kept], penalties)
                z = _log_odds(columns[held], found)[np.arange(held.sum()), levels[held]]
                total += float(weights[held] @ (np.logaddexp(0.0, z) - bought[held] * z))
            return total

        return min(tried, key=loss)

    def _fitted(
        self,
        columns: Float64Array,
        levels: IntArray,
        bought: Float64Array,
        weights: Float64Array,
        penalties: tuple[float, float],
    ) -> Float64Array:
        """Weights (q, L) by maximum likelihood under these penalties."""
        n_columns, depth = columns.shape[1], self.ladder / self.ladder[-1]
        if not self.config.is_ordered:
            depth = (self.ladder > 0).astype(float)
        own = np.zeros((len(levels), len(depth)))
        own[np.arange(len(levels)), levels] = 1.0
        own[:, 0] = 0.0
        parts = np.hstack([np.ones((len(levels), 1)), depth[levels][:, None], own[:, 1:]])
        strength = np.array([penalties[0], penalties[1], *[penalties[1] * self.config.deviation] * (len(depth) - 1)])
        penalty = np.repeat(strength[None, :], n_columns, axis=0)
        penalty[0] = FREE

        def loss(flat: Float64Array) -> tuple[float, Float64Array]:
            found = flat.reshape(n_columns, -1)
            z = np.einsum("ij,ij->i", columns @ found, parts)
            value = weights @ (np.logaddexp(0.0, z) - bought * z) + 0.5 * (penalty * found**2).sum()
            slope = columns.T @ ((weights * (expit(z) - bought))[:, None] * parts) + penalty * found
            return float(value), slope.ravel()

        start = np.zeros(n_columns * parts.shape[1])
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x.reshape(n_columns, -1)
        steps = found[:, [1]] * depth[None, 1:] + found[:, 2:]
        return np.hstack([found[:, :1], steps])


def _log_odds(columns: Float64Array, weights: Float64Array) -> Float64Array:
    parts = columns @ weights
    parts[:, 1:] += parts[:, :1]
    return parts


def model_of(ladder: Sequence[float]) -> ResponseModel:
    """A model of these discounts with the settings as they come."""
    return ResponseModel(ResponseConfig(ladder=tuple(ladder)))

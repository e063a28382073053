"""How likely somebody buys at each discount, learned from past offers with chance in them.

Two layers. The first are log-odds that are linear in bent features (`log_odds`): smooth, and right about much with few
past offers. The second is a forest (`forest`) of what they leave, told features and discount, which finds what goes
together; it learns from errors on folds that the first layer has not seen, and counts as much as it proves right about
on folds that it has not seen itself: nothing, where there is nothing to find. A past offer counts 1 / its propensity
(bounded), so that what was chosen for a reason counts as though drawn at random. At the end chances are made to rise
with the discount, unless steps are kinds without an order.
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec
import numpy as np

from promotions.offering import forest, log_odds
from promotions.offering.basis import Basis
from promotions.offering.forest import Forest, ForestConfig
from promotions.offering.ladder import Float64Array, IntArray, TooLittleKnown, UnusableOffers, ladder_of
from promotions.offering.log_odds import Answers, Strength
from promotions.offering.monotone import rising

Positive = Annotated[float, msgspec.Meta(gt=0)]
LEAST_CHANCE = 1e-6
FOREST = "forest_"


class ResponseConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How to learn.

    ladder: the discounts, 0 first. is_ordered: whether more taken off never lets fewer buy; where not, steps are kinds,
    and their numbers mean nothing. bends: of each feature's effect. base_penalty, effect_penalties, deviation: see
    `log_odds`; the penalties are averaged over. n_trees: of each fold's forest, 0 for none. leaf: the fewest past
    offers that a tree tells apart. most_weight: of one past offer. fewest, fewest_bought: with less nothing is learned.
    """

    ladder: tuple[float, ...]
    is_ordered: bool = True
    bends: Annotated[int, msgspec.Meta(ge=0, le=20)] = 2
    base_penalty: Positive = 3.0
    effect_penalties: tuple[Positive, ...] = (3.0, 10.0, 30.0, 100.0, 300.0)
    deviation: Positive = 30.0
    folds: Annotated[int, msgspec.Meta(ge=2, le=20)] = 5
    n_trees: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 20
    leaf: Annotated[int, msgspec.Meta(ge=1)] = 30
    most_weight: Annotated[float, msgspec.Meta(ge=1)] = 20.0
    fewest: int = 200
    fewest_bought: int = 10
    seed: int = 0


class ResponseModel:
    """Chances of buying at each step of a ladder. Fit it, or load what `arrays` gave.

    trust: from 0 to 1, how much the forest counts. shares: of each effect penalty, from the strongest.
    """

    def __init__(self, config: ResponseConfig) -> None:
        self.config = config
        self.ladder = ladder_of(config.ladder)
        self.trust = 0.0
        self.shares: Float64Array = np.zeros(0)
        self._basis: Basis | None = None
        self._coefficients: Float64Array = np.zeros((0, 0))
        self._forest: Forest | None = None

    def fit(
        self,
        features: Float64Array,
        levels: IntArray,
        bought: Float64Array,
        propensities: Float64Array,
        persons: IntArray | None = None,
    ) -> "ResponseModel":
        """Learn from n past offers; returns itself.

        features: (n, p), known before the offer. levels: (n,), the step offered, 0 for nothing. bought: (n,), 0 or 1.
        propensities: (n,), above 0, the chance with which that step was chosen. persons: (n,), whose offer it was, for
        folds of whole persons; None: each is a person. Raises `TooLittleKnown` where there is too little of it,
        `UnusableOffers` where columns do not fit.
        """
        features, bought = np.asarray(features, float), np.asarray(bought, float)
        self._check(features, levels, bought, propensities)
        basis = Basis.of(features, self.config.bends)
        weights = np.minimum(1.0 / propensities, self.config.most_weight)
        weights = weights / weights.mean()
        depth = self.ladder / self.ladder[-1] if self.config.is_ordered else (self.ladder > 0).astype(float)
        answers = Answers(basis.columns(features), levels, bought, weights, depth)
        penalties = [
            Strength(self.config.base_penalty, effect, self.config.deviation) for effect in self.config.effect_penalties
        ]
        fold_of = self._folds(np.arange(len(levels)) if persons is None else persons)
        found = log_odds.averaged(answers, penalties, fold_of)
        self._basis, self._coefficients, self.shares = basis, found.coefficients, found.shares
        self._forest, self.trust = None, 0.0
        if self.config.n_trees:
            left = bought - found.held[np.arange(len(levels)), levels]
            self._learn_what_is_left(features, levels, left, weights, fold_of)
        return self

    def probabilities(self, features: Float64Array) -> Float64Array:
        """How likely each of n people buys at each step; float64 (n, L), rising along a row where steps are ordered."""
        if self._basis is None:
            raise UnusableOffers("The model has not been fitted.")
        features = np.asarray(features, float)
        found = log_odds.chances(self._basis.columns(features), self._coefficients)
        if self._forest is not None:
            of_step = [self._forest.predict(self._with_step(features, step)) for step in range(len(self.ladder))]
            found = np.clip(found + self.trust * np.stack(of_step, axis=1), LEAST_CHANCE, 1 - LEAST_CHANCE)
        return rising(found) if self.config.is_ordered else found

    def arrays(self) -> dict[str, np.ndarray]:
        """All that was learned, to be stored; see `from_arrays`."""
        if self._basis is None:
            raise UnusableOffers("The model has not been fitted.")
        config = np.frombuffer(msgspec.json.encode(self.config), np.uint8)
        basis = {"mean": self._basis.mean, "scale": self._basis.scale, "knots": self._basis.knots}
        own: dict[str, np.ndarray] = {
            "config": config,
            **basis,
            "coefficients": self._coefficients,
            "shares": self.shares,
        }
        trees = self._forest.arrays() if self._forest is not None else {}
        own |= {"trust": np.array([self.trust])}
        return own | {FOREST + name: each for name, each in trees.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "ResponseModel":
        """The model that gave these arrays."""
        model = cls(msgspec.json.decode(arrays["config"].tobytes(), type=ResponseConfig))
        model._basis = Basis(arrays["mean"], arrays["scale"], arrays["knots"])
        model._coefficients, model.shares = arrays["coefficients"], arrays["shares"]
        model.trust = float(arrays["trust"][0])
        trees = {name.removeprefix(FOREST): each for name, each in arrays.items() if name.startswith(FOREST)}
        model._forest = Forest.from_arrays(trees) if trees else None
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

    def _folds(self, persons: IntArray) -> IntArray:
        names, numbers = np.unique(persons, return_inverse=True)
        drawn = np.random.default_rng(self.config.seed).permutation(len(names))
        return np.asarray(drawn[numbers] % self.config.folds)

    def _learn_what_is_left(
        self, features: Float64Array, levels: IntArray, left: Float64Array, weights: Float64Array, fold_of: IntArray
    ) -> None:
        x, told = self._with_step(features, levels), np.zeros(len(left))
        forests = []
        for fold in np.unique(fold_of):
            kept, held = fold_of != fold, fold_of == fold
            config = ForestConfig(self.config.n_trees, self.config.leaf, seed=self.config.seed + int(fold))
            forests.append(forest.fit(x[kept], left[kept], weights[kept], config))
            told[held] = forests[-1].predict(x[held])
        spread = float(weights @ told**2)
        self.trust = float(np.clip(weights @ (told * left) / spread, 0.0, 1.0)) if spread else 0.0
        self._forest = forest.joined(forests) if self.trust else None

    def _with_step(self, features: Float64Array, levels: IntArray | int) -> Float64Array:
        """What the forest is told: features and the step, as its discount where steps are ordered."""
        step = np.full(len(features), levels) if isinstance(levels, int) else levels
        if self.config.is_ordered:
            return np.hstack([features, self.ladder[step][:, None]])
        return np.hstack([features, np.eye(len(self.ladder))[step]])

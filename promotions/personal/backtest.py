"""What a program would have earned on past decisions that were drawn at random, beside simpler ways.

Self-normalised inverse propensity scores (Swaminathan and Joachims, "The Self-Normalized Estimator for Counterfactual
Learning", NeurIPS 2015) on explored decisions only, with the model fitted on other persons than those it is tried on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from promotions.models import Offer, OfferProgram, Outcome
from promotions.personal import policy, response
from promotions.personal.features import matrix
from promotions.personal.policy import Terms
from promotions.pricing.benefits import WHOLE

FOLDS = 3
MOST = 20_000
CERTAIN = 1.96
"""Standard errors on both sides of an estimate that hold the truth 19 times in 20."""


@dataclass(frozen=True)
class Estimate:
    """An estimate with the bounds of its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Tried:
    """One way of making offers, by 1,000 people: margin beyond that without offers, what it takes off, buyers.

    level: of a way that offers everybody the same; None for the learned one.
    """

    level: int | None
    gain: Estimate
    cost: Estimate
    bought: Estimate
    matching: int


@dataclass(frozen=True)
class Backtest:
    """All ways, on so many decisions drawn at random; `tried` is empty where too little is known."""

    decisions: int
    tried: list[Tried]


def backtest(program: OfferProgram) -> Backtest:
    """Try the program's ladder on settled decisions of all programs with the same ladder."""
    rows = list(
        Offer.objects.settled()
        .filter(explored=True, ladder=program.levels)
        .order_by("-pk")
        .select_related("account")[:MOST]
    )
    if len(rows) < response.LEAST_EXAMPLES:
        return Backtest(len(rows), [])
    levels = np.array([0, *program.levels]) / WHOLE
    given = np.array([[0, *program.levels].index(row.level) for row in rows])
    bought = np.array([row.outcome == Outcome.BOUGHT for row in rows], float)
    terms = _terms(program, rows)
    chances = _chances(rows, given, bought, levels)
    if chances is None:
        return Backtest(len(rows), [])
    spend = chances * terms.price[:, None] * levels[None, :]
    learned = policy.allocate(chances, levels, terms, float(spend[:, 1].sum())).level
    look = _Look(terms, levels, given, bought)
    ways: list[tuple[int | None, np.ndarray]] = [(None, learned)]
    ways += [(level, np.full(len(rows), place)) for place, level in enumerate([0, *program.levels])]
    return Backtest(len(rows), [look.at(level, chosen) for level, chosen in ways])


@dataclass(frozen=True)
class _Look:
    """The past decisions, to be asked what some way would have done."""

    terms: Terms
    levels: np.ndarray
    given: np.ndarray
    bought: np.ndarray

    def at(self, level: int | None, chosen: np.ndarray) -> Tried:
        """A way that gives each the level of this index."""
        share = self.levels[self.given]
        margin = self.bought * self.terms.price * (1.0 - self.terms.cost - share)
        weights, nothing = self._weights(chosen), self._weights(np.zeros_like(chosen))
        gain = _difference(margin, weights, nothing)
        cost = _mean(self.bought * self.terms.price * share, weights)
        return Tried(level, gain, cost, _mean(self.bought, weights), int((weights > 0).sum()))

    def _weights(self, chosen: np.ndarray) -> np.ndarray:
        allowed = self.terms.allowed(self.levels)
        weights: np.ndarray = (self.given == chosen) * allowed.sum(axis=1).astype(float)
        return weights


def _terms(program: OfferProgram, rows: Sequence[Offer]) -> Terms:
    ones = np.ones(len(rows))
    price = np.array([row.price for row in rows], float)
    cost = program.cost_share / WHOLE * ones
    return Terms(np.arange(len(rows)), price, cost, 0 * ones, ones, program.least_margin / WHOLE)


def _chances(rows: Sequence[Offer], given: np.ndarray, bought: np.ndarray, levels: np.ndarray) -> np.ndarray | None:
    """Of each decision at each level, by a model that has not seen its person; None where too little is known."""
    axes = str(rows[0].inputs.get("axes"))
    x = matrix([row.inputs for row in rows], axes, len(rows[0].inputs.get("vector") or ()))
    fold = np.array([row.account.person_id.int % FOLDS for row in rows])
    chances = np.zeros((len(rows), len(levels)))
    for number in range(FOLDS):
        own = fold == number
        try:
            model = response.fit(x[~own], levels[given[~own]], bought[~own], np.ones(int((~own).sum())))
        except response.TooLittleKnown:
            return None
        chances[own] = model.chances(x[own], levels)
    return chances


def _mean(values: np.ndarray, weights: np.ndarray) -> Estimate:
    mean, influence = _snips(values, weights)
    return _estimate(mean, influence)


def _difference(values: np.ndarray, weights: np.ndarray, others: np.ndarray) -> Estimate:
    first, influence = _snips(values, weights)
    second, other = _snips(values, others)
    return _estimate(first - second, influence - other)


def _snips(values: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """The weighted mean, and how each decision bears on it."""
    total = weights.mean()
    if not total:
        return 0.0, np.zeros(len(values))
    mean = float((weights * values).mean() / total)
    return mean, weights * (values - mean) / total


def _estimate(mean: float, influence: np.ndarray) -> Estimate:
    error = CERTAIN * float(influence.std()) / max(len(influence), 1) ** 0.5
    return Estimate(1_000 * mean, 1_000 * (mean - error), 1_000 * (mean + error))

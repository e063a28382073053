"""What a policy of offers would bring, judged on logged offers with chance in them, beside simpler ways.

Each figure is told for each person, beyond that of offering nothing where it says so. Estimates are those of
`recommend.exploration.off_policy`: inverse propensities, self-normalised, and doubly robust. A difference of two
policies is estimated as one column, so that what both have in common cancels.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from promotions.offering.ladder import Float64Array, IntArray, UnusableOffers
from recommend.exploration import intervals
from recommend.exploration.intervals import Confidence, Interval
from recommend.exploration.weighting import effective_size

SUM_TOLERANCE = 1e-6


class Way(StrEnum):
    """How an estimate is made; see `recommend.exploration.off_policy`."""

    IPS = "ips"
    SNIPS = "snips"
    DR = "dr"


@dataclass(frozen=True)
class OfferLog:
    """n past offers with chance in them.

    levels: int64 (n,), the step offered. bought: (n,), 0 or 1. propensities: (n,), the chance of the step offered.
    sale_margins, sale_costs: (n, L), what a sale at each step earns, and what the step takes off it. persons: int64
    (n,): offers of one person are not independent. Raises `UnusableOffers` for columns that do not fit.
    """

    levels: IntArray
    bought: Float64Array
    propensities: Float64Array
    sale_margins: Float64Array
    sale_costs: Float64Array
    persons: IntArray

    def __post_init__(self) -> None:
        columns = (self.bought, self.propensities, self.sale_margins, self.sale_costs, self.persons)
        if not len(self.levels) or {len(each) for each in columns} != {len(self.levels)}:
            raise UnusableOffers("The log must have offers, and all its columns tell of the same ones.")
        if not ((self.propensities > 0) & (self.propensities <= 1)).all():
            raise UnusableOffers("Every propensity must be above 0 and at most 1.")
        if self.sale_margins.shape != self.sale_costs.shape:
            raise UnusableOffers("Margins and costs of a sale are told for the same steps.")
        if self.levels.min() < 0 or self.levels.max() >= self.n_levels:
            raise UnusableOffers(f"Levels are numbered from 0 to {self.n_levels - 1}.")

    def __len__(self) -> int:
        return len(self.levels)

    @property
    def n_levels(self) -> int:
        """How many steps the ladder has, nothing among them."""
        return int(self.sale_margins.shape[1])


@dataclass(frozen=True)
class PolicyValue:
    """A policy, for each offer decided on: margin beyond that of offering nothing, what is taken off, purchases.

    redemptions: purchases with a discount. effective: so many evenly weighted past offers tell as much.
    """

    incremental_margin: Interval
    cost: Interval
    purchases: Interval
    redemptions: Interval
    effective: float


def value(
    log: OfferLog, policy: Float64Array | IntArray, way: Way = Way.SNIPS, expected: Float64Array | None = None
) -> PolicyValue:
    """Judge a policy.

    policy: (n, L), its chances of each step, rows summing to 1; or int64 (n,), the steps it takes. expected: (n, L),
    needed for `Way.DR`: chances of buying at each step, of a model that has not seen what came of these offers. Raises
    `UnusableOffers`.
    """
    chances = chances_of(policy, len(log), log.n_levels)
    nothing = always(0, len(log), log.n_levels)
    ones = np.ones(log.sale_margins.shape)
    with_discount = ones * (np.arange(log.n_levels) > 0)
    return PolicyValue(
        _estimated(log, [(1.0, chances), (-1.0, nothing)], log.sale_margins, way, expected),
        _estimated(log, [(1.0, chances)], log.sale_costs, way, expected),
        _estimated(log, [(1.0, chances)], ones, way, expected),
        _estimated(log, [(1.0, chances)], with_discount, way, expected),
        effective_size(_weights(log, chances)),
    )


def beyond(
    log: OfferLog,
    policy: Float64Array | IntArray,
    other: Float64Array | IntArray,
    way: Way = Way.SNIPS,
    expected: Float64Array | None = None,
) -> Interval:
    """The margin of a policy beyond another's, for each offer decided on. Columns as `value` has them."""
    one, two = (chances_of(each, len(log), log.n_levels) for each in (policy, other))
    return _estimated(log, [(1.0, one), (-1.0, two)], log.sale_margins, way, expected)


def compared(
    log: OfferLog, policy: Float64Array | IntArray, way: Way = Way.SNIPS, expected: Float64Array | None = None
) -> dict[str, PolicyValue]:
    """The policy ("learned") beside "no coupon" and the same coupon for everybody ("everybody 1" for step 1, ...)."""
    steps = range(1, log.n_levels)
    ways = {"learned": policy, "no coupon": always(0, len(log), log.n_levels)}
    ways |= {f"everybody {step}": always(step, len(log), log.n_levels) for step in steps}
    return {name: value(log, each, way, expected) for name, each in ways.items()}


def always(level: int, n: int, n_levels: int) -> Float64Array:
    """The policy that offers everybody the same step, (n, L): "no coupon" is step 0."""
    found = np.zeros((n, n_levels))
    found[:, level] = 1.0
    return found


def at_random(shares: Float64Array, n: int) -> Float64Array:
    """The policy that offers each step to so large a share of people, whoever they are; (n, L)."""
    return np.repeat(shares[None, :], n, axis=0)


def chances_of(policy: Float64Array | IntArray, n: int, n_levels: int) -> Float64Array:
    """A policy as chances (n, L), of such chances or of the steps taken (n,). Raises `UnusableOffers`."""
    if policy.ndim == 1 and len(policy) == n:
        return np.asarray(np.eye(n_levels)[policy])
    if policy.shape != (n, n_levels) or policy.min() < 0 or np.abs(policy.sum(axis=1) - 1).max() > SUM_TOLERANCE:
        raise UnusableOffers("A policy has a chance for each step of each offer, and they sum to 1.")
    return policy.astype(float)


def _weights(log: OfferLog, chances: Float64Array) -> Float64Array:
    found: Float64Array = chances[np.arange(len(log)), log.levels] / log.propensities
    return found


def _estimated(
    log: OfferLog,
    policies: list[tuple[float, Float64Array]],
    of_sale: Float64Array,
    way: Way,
    expected: Float64Array | None,
) -> Interval:
    """The signed sum of policies' values, where a sale at each step is worth `of_sale`."""
    rewards = log.bought * of_sale[np.arange(len(log)), log.levels]
    columns = np.zeros(len(log))
    for sign, chances in policies:
        columns += sign * _column(log, chances, rewards, of_sale, way, expected)
    return intervals.of_ratio(columns, np.ones(len(log)), log.persons, Confidence())


def _column(
    log: OfferLog,
    chances: Float64Array,
    rewards: Float64Array,
    of_sale: Float64Array,
    way: Way,
    expected: Float64Array | None,
) -> Float64Array:
    """A column whose mean is the estimate, and whose spread that of the estimate (its influence)."""
    weights = _weights(log, chances)
    if way is Way.IPS:
        return weights * rewards
    if way is Way.SNIPS:
        total = float(weights.mean())
        if not total:
            return np.full(len(log), np.nan)
        mean = float((weights * rewards).mean()) / total
        return mean + weights * (rewards - mean) / total
    if expected is None:
        raise UnusableOffers("A doubly robust estimate needs the chances that a model expects.")
    worth = expected * of_sale
    by_model = (chances * worth).sum(axis=1)
    return np.asarray(by_model + weights * (rewards - worth[np.arange(len(log)), log.levels]))

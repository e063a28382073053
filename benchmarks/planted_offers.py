"""Personal offers against people whose answer to discounts is planted: how much of what could be earned is earned.

    python -m benchmarks.planted_offers

Each person is, more or less, one of four kinds: sure buyers, who buy anyway; lost causes, who do not; persuadables, who
buy once the discount is large enough for them; and sleeping dogs, whom offers put off. Which kind depends on what is
known of a person, with bends and turns, and to some extent on what is not. A policy learns from past offers drawn by
chance, decides under a budget for people never seen, and is judged by the truth: by the margin beyond that of no
offers, as a share of what an oracle earns that knows everybody's true chances and solves the same knapsack.

Offers are handed out in random order and end where their true expected cost reaches the budget, so that a policy that
is wrong about costs gains nothing by it. Settings were chosen on seeds from 100 on.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax

from benchmarks import report
from benchmarks.options import read
from promotions.offering.budgeting import allocate
from promotions.offering.discount_model import DiscountModel
from promotions.offering.ladder import Float64Array, IntArray, ladder_of
from promotions.offering.response import ResponseConfig, ResponseModel
from promotions.offering.terms import Terms, allowed, worth

LADDER = (0.0, 0.05, 0.1, 0.2, 0.3)
FEATURES = 12
COST, FLOOR = 0.35, 0.2
"""What a sale costs the seller, and what it must leave, as shares of the price."""
UNKNOWN = 0.4
"""How much of a person's answer nothing tells of: the standard deviation of the log-odds."""
BUDGET = 0.35
"""As a share of what the oracle would spend if it might."""
PAST, UNSEEN, SEEDS = 30_000, 20_000, 20
QUICK_PAST, QUICK_UNSEEN, QUICK_SEEDS = 6_000, 4_000, 2
AIM, MOST_AT_RANDOM = 0.8, 0.25


@dataclass(frozen=True)
class People:
    """features: (n, p), what is known. chances: (n, L), true. kinds: (n,), the likeliest of four. terms: bounds."""

    features: Float64Array
    chances: Float64Array
    kinds: IntArray
    terms: Terms


@dataclass(frozen=True)
class Past:
    """What was offered to people by chance and whether they bought; propensities: of the step offered."""

    people: People
    levels: IntArray
    bought: Float64Array
    propensities: Float64Array


def people(n: int, seed: int) -> People:
    """So many people, each looking at one course."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, FEATURES))
    x[:, 8] = random.integers(0, 2, n)
    x[:, 9] = random.exponential(1.0, n)
    kinds = softmax(3.0 * _leanings(x), axis=1)
    unknown = random.normal(0, UNKNOWN, (n, 2))
    ladder = np.array(LADDER)
    threshold = 0.12 + 0.04 * np.tanh(x[:, 4])
    sure = np.repeat(expit(1.2 + 0.4 * x[:, [5]]), len(ladder), axis=1)
    lost = np.repeat(expit(-4.0 + 0.3 * x[:, [5]]), len(ladder), axis=1)
    rise = expit((ladder[None, :] - threshold[:, None]) / 0.03) - expit(-threshold[:, None] / 0.03)
    persuadable = 0.04 + 0.5 * rise
    sleeping = np.repeat(0.45 - 0.3 * (1 - np.exp(-ladder[None, :] / 0.08)), n, axis=0)
    chances = np.einsum("ik,kil->il", kinds, np.stack([sure, lost, persuadable, sleeping]))
    odds = np.log(chances) - np.log1p(-chances) + unknown[:, [0]]
    odds[:, 1:] += 0.5 * unknown[:, [1]]
    prices = np.round(np.exp(random.normal(9.0, 0.5, n)))
    ones = np.ones(n)
    terms = Terms(np.arange(n), prices, COST * ones, 0 * ones, ones, FLOOR)
    features = np.hstack([x, np.log(prices)[:, None]])
    return People(features, expit(odds), kinds.argmax(axis=1), terms)


def _leanings(x: Float64Array) -> Float64Array:
    """How much each person leans to each of the four kinds; (n, 4)."""
    sure = 0.9 * x[:, 0] + 0.5 * np.maximum(x[:, 1], 0) - 0.5
    lost = 0.4 - 0.6 * x[:, 0] - 0.5 * x[:, 2]
    persuadable = 0.9 * x[:, 2] + 0.6 * np.abs(x[:, 3]) - 0.5 - 0.3 * x[:, 9] + 0.4 * x[:, 8]
    sleeping = 0.8 * x[:, 6] - 0.5 * x[:, 2] - 0.3
    return np.stack([sure, lost, persuadable, sleeping], axis=1)


def past_offers(n: int, seed: int) -> Past:
    """Offers drawn by chance, larger ones more often for those with much of one feature; each chance is known."""
    who, random = people(n, seed), np.random.default_rng((seed, 1))
    leaning = 0.5 * np.clip(who.features[:, [2]], -2, 2) * (np.arange(len(LADDER)) - 2) / 2
    logging = softmax(leaning, axis=1)
    levels = (random.random((n, 1)) > np.cumsum(logging, axis=1)[:, :-1]).sum(axis=1)
    rows = np.arange(n)
    bought = (random.random(n) < who.chances[rows, levels]).astype(float)
    return Past(who, levels, bought, logging[rows, levels])


def learned(past: Past, unseen: People, budget: float) -> IntArray:
    """The steps of the product's policy: what was learned from the past, and the solver."""
    model = ResponseModel(ResponseConfig(ladder=LADDER))
    model.fit(past.people.features, past.levels, past.bought, past.propensities)
    return solved(model.probabilities(unseen.features), unseen, budget)


def oracle(_past: Past, unseen: People, budget: float) -> IntArray:
    """The steps of one who knows everybody's true chances."""
    return solved(unseen.chances, unseen, budget)


def at_random(_past: Past, unseen: People, _budget: float) -> IntArray:
    """A step drawn for everybody; the budget ends it."""
    random = np.random.default_rng(len(unseen.features))
    return random.integers(1, len(LADDER), len(unseen.features))


def by_the_method(past: Past, unseen: People, _budget: float) -> IntArray:
    """The step nearest to the method's delta; the budget ends it."""
    taken = past.bought > 0
    one_course = np.zeros(len(taken), np.int64)
    discounts = np.array(LADDER)[past.levels]
    model = DiscountModel().fit(
        past.people.features[taken], one_course[taken], discounts[taken], past.propensities[taken]
    )
    return model.levels(unseen.features, np.zeros(len(unseen.features), np.int64), np.array(LADDER))


def everybody(level: int) -> Callable[[Past, People, float], IntArray]:
    """The same step for everybody; the budget ends it."""
    return lambda _past, unseen, _budget: np.full(len(unseen.features), level)


def solved(chances: Float64Array, who: People, budget: float) -> IntArray:
    """The steps that the solver takes where these are the chances."""
    ladder = ladder_of(LADDER)
    gains, costs = worth(chances, ladder, who.terms)
    return allocate(gains, costs, budget, allowed(who.terms, ladder), who.terms.persons).levels


def budget_of(unseen: People) -> float:
    """`BUDGET` of what the oracle would spend."""
    levels = solved(unseen.chances, unseen, np.inf)
    costs = worth(unseen.chances, ladder_of(LADDER), unseen.terms)[1]
    return BUDGET * float(costs[np.arange(len(levels)), levels].sum())


def earned(levels: IntArray, unseen: People, budget: float, seed: int) -> float:
    """The true margin beyond that of no offers, of those offers that the budget does for."""
    gains, costs = worth(unseen.chances, ladder_of(LADDER), unseen.terms)
    rows = np.random.default_rng((seed, 2)).permutation(len(levels))
    done = np.cumsum(costs[rows, levels[rows]]) <= budget
    return float(gains[rows[done], levels[rows[done]]].sum())


POLICIES: dict[str, Callable[[Past, People, float], IntArray]] = {
    "learned": learned,
    "at random": at_random,
    "the method's delta": by_the_method,
    **{f"{step:.0%} for everybody": everybody(level) for level, step in enumerate(LADDER) if level},
}


def shares(seed: int, n_past: int, n_unseen: int) -> dict[str, float]:
    """What each policy earns, as a share of what the oracle earns."""
    past, unseen = past_offers(n_past, 2 * seed), people(n_unseen, 2 * seed + 1)
    budget = budget_of(unseen)
    best = earned(oracle(past, unseen, budget), unseen, budget * (1 + 1e-9), seed)
    chosen = {name: policy(past, unseen, budget) for name, policy in POLICIES.items()}
    return {name: earned(levels, unseen, budget, seed) / best for name, levels in chosen.items()}


def main(seeds: int, n_past: int, n_unseen: int) -> None:
    """Print a row for each policy, and in how many seeds the aims are met."""
    found = [shares(seed, n_past, n_unseen) for seed in range(seeds)]
    rows = []
    for name in POLICIES:
        column = np.array([each[name] for each in found])
        rows.append([name, *(f"{value:.1%}" for value in (column.mean(), column.min(), column.max()))])
    same = [max(value for name, value in each.items() if name.endswith("everybody")) for each in found]
    reach = sum(each["learned"] >= AIM for each in found)
    beats = sum(each["learned"] > other for each, other in zip(found, same, strict=True))
    poor = sum(each["at random"] < MOST_AT_RANDOM for each in found)
    each_seed = ", ".join(f"{each['learned']:.1%}" for each in found)
    note = (
        f"{n_past:,} past offers, {n_unseen:,} people never seen. Of {seeds} seeds, learned earns {AIM:.0%} of the "
        f"oracle in {reach} and more than the best coupon for everybody in {beats}; at random under "
        f"{MOST_AT_RANDOM:.0%} in {poor}. Learned, by seed: {each_seed}."
    )
    report.show("Share of the oracle's margin", ["", "mean", "least", "most"], rows, note)


if __name__ == "__main__":
    if read(__doc__).quick:
        main(QUICK_SEEDS, QUICK_PAST, QUICK_UNSEEN)
    else:
        main(SEEDS, PAST, UNSEEN)

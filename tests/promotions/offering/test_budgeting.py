"""Offers under a budget: the most gain within it, and never anything that is not allowed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promotions.offering.budgeting import allocate
from promotions.offering.ladder import UnusableOffers
from promotions.offering.terms import Quiet, Terms, allowed, worth

LADDER = np.array([0.0, 0.05, 0.1, 0.2, 0.4])


def made(seed: int, n: int, persons: int) -> tuple[Terms, np.ndarray]:
    random = np.random.default_rng(seed)
    prices = random.integers(0, 30_000, n).astype(float)
    least = random.choice([0.0, 0.05, 0.1], n)
    most = random.choice([0.05, 0.2, 1.0], n)
    terms = Terms(random.integers(0, persons, n), prices, random.uniform(0, 0.9, n), least, most, 0.15)
    return terms, np.sort(random.beta(0.5, 2, (n, len(LADDER))), axis=1)


def exhaustive(gains: np.ndarray, costs: np.ndarray, budget: float) -> float:
    best = {0.0: 0.0}
    for gain, cost in zip(gains, costs):
        grown = dict(best)
        for spent, earned in best.items():
            for more, price in zip(gain[1:], cost[1:]):
                if spent + price <= budget:
                    grown[spent + price] = max(grown.get(spent + price, -np.inf), earned + more)
        best = grown
    return max(best.values())


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(1, 60),
    persons=st.integers(1, 60),
    at_most=st.integers(0, 3),
    share=st.floats(0, 1.2),
    exact=st.booleans(),
)
def test_offers_keep_budget_floor_bounds_and_number(
    seed: int, n: int, persons: int, at_most: int, share: float, exact: bool
) -> None:
    terms, chances = made(seed, n, persons)
    gains, costs = worth(chances, LADDER, terms)
    may = allowed(terms, LADDER)
    budget = share * float(costs.max(axis=1).sum())

    found = allocate(gains, costs, budget, may, terms.persons, at_most, exact_up_to=300 if exact else 0)

    discount = LADDER[found.levels]
    given_one = found.levels > 0
    assert costs[np.arange(n), found.levels].sum() <= budget
    assert (1 - terms.costs - discount)[given_one].min(initial=1) >= terms.floor - 1e-9
    assert (discount >= terms.least - 1e-9)[given_one].all()
    assert (discount <= terms.most + 1e-9)[given_one].all()
    assert np.bincount(terms.persons[given_one], minlength=1).max() <= at_most
    assert (gains[np.arange(n), found.levels] >= 0).all()
    assert found.gain <= found.bound * (1 + 1e-9) + 1e-9


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.floats(0.01, 0.9))
def test_many_offers_earn_nearly_what_the_relaxation_allows(seed: int, share: float) -> None:
    terms, chances = made(seed, 3_000, 2_000)
    gains, costs = worth(chances, LADDER, terms)
    may = allowed(terms, LADDER)
    budget = share * allocate(gains, costs, np.inf, may, terms.persons).cost
    found = allocate(gains, costs, budget, may, terms.persons, exact_up_to=0)
    assert found.gap < 0.01
    assert found.cost <= budget


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 8), share=st.floats(0, 1))
def test_few_offers_are_the_best_there_are(seed: int, n: int, share: float) -> None:
    random = np.random.default_rng(seed)
    gains, costs = random.integers(-5, 50, (n, 4)).astype(float), random.integers(0, 40, (n, 4)).astype(float)
    gains[:, 0] = costs[:, 0] = 0
    budget = float(int(share * costs.max(axis=1).sum()))
    found = allocate(gains, costs, budget)
    assert found.gain == pytest.approx(exhaustive(gains, costs, budget))
    assert found.gain <= found.bound + 1e-9


def test_who_would_buy_anyway_and_who_has_offers_enough_is_left_alone() -> None:
    terms = Terms(np.arange(3), np.full(3, 100.0), np.zeros(3), np.zeros(3), np.ones(3))
    chances = np.array([[0.9, 1.0], [0.1, 0.8], [0.1, 0.8]])
    ladder = np.array([0.0, 0.01])
    quiet = Quiet(anyway=0.8, open_offers=np.array([0, 0, 2]), at_most=2)
    may = allowed(terms, ladder, chances, quiet)
    gains, costs = worth(chances, ladder, terms)
    assert allocate(gains, costs, 1e9, may, terms.persons).levels.tolist() == [0, 1, 0]


def test_a_budget_of_nothing_offers_nothing_that_costs() -> None:
    found = allocate(np.array([[0.0, 5.0]]), np.array([[0.0, 1.0]]), 0.0)
    assert found.levels.tolist() == [0]
    assert found.gain == 0


def test_gains_that_cannot_be_counted_with_are_refused() -> None:
    with pytest.raises(UnusableOffers, match="finite"):
        allocate(np.array([[0.0, np.nan]]), np.zeros((1, 2)), 1.0)
    with pytest.raises(UnusableOffers, match="offers nothing"):
        allocate(np.array([[1.0, 2.0]]), np.zeros((1, 2)), 1.0)
    with pytest.raises(UnusableOffers, match="budget"):
        allocate(np.zeros((1, 2)), np.zeros((1, 2)), -1.0)

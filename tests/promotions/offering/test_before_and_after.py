"""What offers would do before they are made, whom they reach, and how well a score sorts people."""

import numpy as np
import pytest

from promotions.offering import qini
from promotions.offering.fairness import groups_offered
from promotions.offering.ladder import UnusableOffers, ladder_of
from promotions.offering.simulation import SimulationConfig, simulate


def test_a_simulation_is_about_what_is_expected_and_keeps_doubt_apart() -> None:
    random = np.random.default_rng(0)
    chances = np.sort(random.uniform(0, 0.5, (2_000, 2)), axis=1)
    levels = random.integers(0, 2, 2_000)
    margins, costs = np.tile([60.0, 40.0], (2_000, 1)), np.tile([0.0, 20.0], (2_000, 1))
    rows = np.arange(2_000)
    found = simulate(chances, levels, margins, costs, SimulationConfig(budget=1e9))
    expected = (chances[rows, levels] * margins[rows, levels] - chances[:, 0] * 60).sum()
    assert found.margin.low < expected < found.margin.high
    assert found.cost.low < (chances[rows, levels] * costs[rows, levels]).sum() < found.cost.high
    assert found.redemptions.mean == pytest.approx(chances[levels > 0, 1].sum(), rel=0.02)
    assert found.offers == (levels > 0).sum()
    assert found.over_budget == 0
    doubtful = simulate(chances, levels, margins, costs, SimulationConfig(doubt=0.3, budget=found.cost.mean))
    assert doubtful.cost.high - doubtful.cost.low > 2 * (found.cost.high - found.cost.low)
    assert 0.2 < doubtful.over_budget < 0.8


def test_nothing_offered_costs_and_brings_nothing() -> None:
    zero = np.zeros(50, np.int64)
    found = simulate(np.full((50, 2), 0.3), zero, np.ones((50, 2)), np.ones((50, 2)) * [0, 1])
    assert (found.offers, found.cost.high, found.margin.low, found.margin.high) == (0, 0, 0, 0)


def test_a_group_that_is_passed_over_is_seen() -> None:
    names = ["a"] * 500 + ["b"] * 500 + ["few"] * 3
    discounts = np.array([0.2] * 300 + [0.0] * 200 + [0.1] * 100 + [0.0] * 400 + [0.5] * 3)
    a, b = groups_offered(names, discounts)
    assert (a.name, a.decisions, a.offered.value, a.discount.value) == ("a", 500, 0.6, pytest.approx(0.12))
    assert b.ratio == pytest.approx(1 / 3)
    assert b.is_passed_over
    assert not a.is_passed_over
    assert a.offered_beyond.low > 0 > b.offered_beyond.high
    assert b.discount_beyond.value == pytest.approx(0.02 - discounts[np.array(names) != "b"].mean())


def test_decisions_of_one_person_count_as_one_in_bounds() -> None:
    names, discounts = ["a"] * 100 + ["b"] * 100, np.tile([0.1, 0.0], 100)
    alone = groups_offered(names, discounts)[0]
    together = groups_offered(names, np.repeat([0.1, 0.0] * 10, 10), np.repeat(np.arange(20), 10))[0]
    assert together.offered.error > 2 * alone.offered.error


def test_groups_that_nobody_offered_anything_have_no_ratio() -> None:
    (only,) = groups_offered(["a"] * 10, np.zeros(10))
    assert only.ratio is None
    assert not only.is_passed_over


def test_the_qini_of_the_truth_is_more_than_that_of_chance() -> None:
    random = np.random.default_rng(1)
    score, treated = random.normal(size=20_000), random.integers(0, 2, 20_000)
    outcomes = (random.random(20_000) < 0.2 + 0.2 * treated * (score > 0)).astype(float)
    assert qini.coefficient(outcomes, score, treated) > 0.1
    assert qini.coefficient(outcomes, random.normal(size=20_000), treated) == pytest.approx(0, abs=0.03)
    assert qini.coefficient(outcomes, np.ones(20_000), treated) == pytest.approx(0, abs=1e-12)
    with pytest.raises(UnusableOffers, match="some not"):
        qini.curve(outcomes, score, np.ones(20_000, np.int64))


def test_a_ladder_begins_with_nothing_and_rises() -> None:
    assert ladder_of([0, 0.1, 0.5]).tolist() == [0, 0.1, 0.5]
    for wrong in ([0.1, 0.2], [0, 0.2, 0.1], [0, 1.5], [0]):
        with pytest.raises(UnusableOffers):
            ladder_of(wrong)

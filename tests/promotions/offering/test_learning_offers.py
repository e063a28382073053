"""What is learned of how people answer offers, and what a policy is worth, on people whose answers are planted."""

import numpy as np
import pytest

from benchmarks import planted_offers as planted
from promotions.offering import policy_value
from promotions.offering.discount_model import DiscountModel
from promotions.offering.ladder import TooLittleKnown, UnusableOffers
from promotions.offering.monotone import rising
from promotions.offering.policy_value import OfferLog, Way
from promotions.offering.response import ResponseConfig, ResponseModel

SMALL = ResponseConfig(ladder=planted.LADDER, folds=3, n_trees=10)
SEEDS = (200, 201)


@pytest.fixture(scope="module")
def past() -> planted.Past:
    return planted.past_offers(9_000, 400)


@pytest.fixture(scope="module")
def model(past: planted.Past) -> ResponseModel:
    return ResponseModel(SMALL).fit(past.people.features, past.levels, past.bought, past.propensities)


def log_of(past: planted.Past) -> OfferLog:
    prices, ladder = past.people.terms.prices, np.array(planted.LADDER)
    margins = prices[:, None] * (1 - planted.COST - ladder)
    persons = past.people.terms.persons
    return OfferLog(past.levels, past.bought, past.propensities, margins, prices[:, None] * ladder, persons)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_policy_earns_most_of_what_an_oracle_does_and_more_than_any_coupon_for_everybody(seed: int) -> None:
    past, unseen = planted.past_offers(9_000, 2 * seed), planted.people(5_000, 2 * seed + 1)
    budget = planted.budget_of(unseen)
    best = planted.earned(planted.oracle(past, unseen, budget), unseen, budget * (1 + 1e-9), seed)
    model = ResponseModel(SMALL).fit(past.people.features, past.levels, past.bought, past.propensities)
    learned = planted.solved(model.probabilities(unseen.features), unseen, budget)
    own = planted.earned(learned, unseen, budget, seed) / best
    same = [
        planted.earned(np.full(len(learned), step), unseen, budget, seed) / best
        for step in range(1, len(planted.LADDER))
    ]
    at_random = planted.earned(planted.at_random(past, unseen, budget), unseen, budget, seed) / best
    assert own > 0.6
    assert own > max(same)
    assert at_random < planted.MOST_AT_RANDOM


def test_chances_rise_with_the_discount_and_are_chances(model: ResponseModel) -> None:
    chances = model.probabilities(planted.people(2_000, 7).features)
    assert (np.diff(chances, axis=1) >= -1e-12).all()
    assert ((chances > 0) & (chances < 1)).all()


def test_a_model_that_was_stored_says_the_same(model: ResponseModel) -> None:
    features = planted.people(500, 8).features
    again = ResponseModel.from_arrays(model.arrays())
    np.testing.assert_array_equal(again.probabilities(features), model.probabilities(features))


def test_where_nothing_goes_together_the_forest_is_not_trusted() -> None:
    random = np.random.default_rng(0)
    x, levels = random.normal(size=(4_000, 3)), random.integers(0, 2, 4_000)
    bought = (random.random(4_000) < 0.1 + 0.2 * levels).astype(float)
    model = ResponseModel(ResponseConfig(ladder=(0.0, 0.2))).fit(x, levels, bought, np.full(4_000, 0.5))
    assert model.trust < 0.1
    assert model.probabilities(x).mean(axis=0) == pytest.approx([0.1, 0.3], abs=0.03)


def test_too_few_past_offers_teach_nothing(past: planted.Past) -> None:
    few = slice(0, 50)
    with pytest.raises(TooLittleKnown, match="50 past offers"):
        ResponseModel(SMALL).fit(past.people.features[few], past.levels[few], past.bought[few], past.propensities[few])


def test_the_nearest_rising_row() -> None:
    assert rising(np.array([[3.0, 1.0, 2.0, 5.0], [1.0, 2.0, 3.0, 4.0]])).tolist() == [[2, 2, 2, 5], [1, 2, 3, 4]]


@pytest.mark.parametrize("way", [Way.IPS, Way.SNIPS, Way.DR])
def test_a_policys_value_is_estimated_with_the_truth_within_bounds(past: planted.Past, way: Way) -> None:
    log, who = log_of(past), past.people
    policy = np.where(who.features[:, 2] > 0.5, 3, 0)
    found = policy_value.value(log, policy, way, who.chances)
    rows = np.arange(len(log))
    worth = who.chances * log.sale_margins
    truth = (worth[rows, policy] - worth[:, 0]).mean()
    error = found.incremental_margin.error
    assert abs(found.incremental_margin.value - truth) < 3.5 * error
    assert found.purchases.value == pytest.approx(who.chances[rows, policy].mean(), abs=0.03)
    assert found.redemptions.value == pytest.approx((who.chances[rows, policy] * (policy > 0)).mean(), abs=0.03)


def test_bounds_hold_the_truth_about_as_often_as_they_say() -> None:
    who = planted.people(1_500, 9)
    policy = np.where(who.features[:, 2] > 0, 3, 0)
    rows, held = np.arange(1_500), 0
    ladder = np.array(planted.LADDER)
    margins = who.terms.prices[:, None] * (1 - planted.COST - ladder)
    worth = who.chances * margins
    truth = (worth[rows, policy] - worth[:, 0]).mean()
    for seed in range(100):
        random = np.random.default_rng(seed)
        levels = random.integers(0, len(ladder), 1_500)
        bought = (random.random(1_500) < who.chances[rows, levels]).astype(float)
        log = OfferLog(levels, bought, np.full(1_500, 0.2), margins, 0 * margins, rows)
        found = policy_value.value(log, policy).incremental_margin
        held += found.low <= truth <= found.high
    assert held >= 88


def test_no_coupon_brings_nothing_beyond_itself(past: planted.Past) -> None:
    found = policy_value.compared(log_of(past), np.zeros(9_000, np.int64))
    assert found["no coupon"].incremental_margin.value == 0
    assert found["learned"].cost.value == 0
    assert set(found) == {"learned", "no coupon", "everybody 1", "everybody 2", "everybody 3", "everybody 4"}


def test_logs_and_policies_that_cannot_be_judged_are_refused(past: planted.Past) -> None:
    log = log_of(past)
    with pytest.raises(UnusableOffers, match="sum to 1"):
        policy_value.value(log, np.full((9_000, 5), 0.5))
    with pytest.raises(UnusableOffers, match="doubly robust"):
        policy_value.value(log, past.levels, Way.DR)
    with pytest.raises(UnusableOffers, match="propensity"):
        OfferLog(log.levels, log.bought, 0 * log.propensities, log.sale_margins, log.sale_costs, log.persons)


def test_the_methods_model_finds_what_profile_and_course_ask_for() -> None:
    random = np.random.default_rng(3)
    profiles, courses = random.normal(size=(5_000, 4)), random.integers(10, 20, 5_000)
    w, of_course = np.array([0.03, -0.02, 0.0, 0.01]), np.linspace(-0.05, 0.05, 10)
    delta = 0.2 + profiles @ w + of_course[courses - 10] + random.normal(0, 0.02, 5_000)
    model = DiscountModel().fit(profiles, courses, delta, np.ones(5_000))
    assert model.of_profile == pytest.approx(w, abs=0.003)
    assert model.of_course == pytest.approx(of_course, abs=0.005)
    new = model.discounts(np.zeros((2, 4)), np.array([15, 99]))
    assert new == pytest.approx([0.2 + of_course[5], 0.2], abs=0.01)
    again = DiscountModel.from_arrays(model.arrays())
    np.testing.assert_array_equal(again.discounts(profiles, courses), model.discounts(profiles, courses))
    ladder = np.array([0.0, 0.1, 0.2, 0.3])
    assert set(model.levels(profiles, courses, ladder)) <= {0, 1, 2, 3}

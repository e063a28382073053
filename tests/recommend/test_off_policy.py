"""Judging a policy by what another one did."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommend.exploration import intervals, slates, weighting
from recommend.exploration.intervals import Confidence
from recommend.exploration.logged import LoggedRounds, UnusableLog
from recommend.exploration.off_policy import Method, OffPolicyConfig, evaluate, from_weights, on_policy
from recommend.exploration.slates import Assumption
from recommend.exploration.weighting import Caution

N_ACTIONS = 4
WEIGHTED = (Method.IPS, Method.SNIPS, Method.DR)


@st.composite
def logs(draw) -> tuple[LoggedRounds, np.ndarray]:
    """A log drawn from a policy of its own, and that policy's chances."""
    seed, n = draw(st.integers(0, 2**31)), draw(st.integers(5, 60))
    random = np.random.default_rng(seed)
    policy = random.dirichlet(np.ones(N_ACTIONS), size=n) * 0.9 + 0.1 / N_ACTIONS
    actions = np.array([random.choice(N_ACTIONS, p=row) for row in policy])
    rewards = random.integers(0, 2, n).astype(float)
    return LoggedRounds(actions, rewards, policy[np.arange(n), actions], N_ACTIONS, random.normal(size=(n, 2))), policy


def world(random: np.random.Generator, n: int) -> tuple[LoggedRounds, np.ndarray, float]:
    """Rounds of a policy in a world whose rewards are known, another policy, and that one's true value."""
    features = random.integers(0, 2, size=(n, 2)).astype(float)
    rate = 0.1 + 0.1 * np.arange(N_ACTIONS)[None] * features[:, :1] + 0.2 * features[:, 1:] * np.array([[1, 0, 0, 1]])
    logging = np.where(features[:, :1] == 1, [[0.4, 0.3, 0.2, 0.1]], [[0.1, 0.2, 0.3, 0.4]])
    actions = (logging.cumsum(axis=1) > random.random((n, 1))).argmax(axis=1)
    each = np.arange(n)
    rewards = (random.random(n) < rate[each, actions]).astype(float)
    other = np.where(features[:, 1:] == 1, [[0.7, 0.1, 0.1, 0.1]], [[0.1, 0.1, 0.1, 0.7]])
    corners = np.array([[a, b] for a in (0, 1) for b in (0, 1)], dtype=float)
    true_rate = 0.1 + 0.1 * np.arange(4)[None] * corners[:, :1] + 0.2 * corners[:, 1:] * np.array([[1, 0, 0, 1]])
    true_policy = np.where(corners[:, 1:] == 1, [[0.7, 0.1, 0.1, 0.1]], [[0.1, 0.1, 0.1, 0.7]])
    log = LoggedRounds(actions, rewards, logging[each, actions], N_ACTIONS, features)
    return log, other, float((true_rate * true_policy).sum(axis=1).mean())


@given(logs())
@settings(max_examples=25, deadline=None)
def test_the_logged_policy_is_worth_its_mean_reward(drawn):
    log, policy = drawn
    found = evaluate(log, policy)
    assert found[Method.IPS].value == pytest.approx(log.rewards.mean())
    assert found[Method.SNIPS].value == pytest.approx(log.rewards.mean())
    assert found[Method.IPS].effective_size == pytest.approx(len(log))
    assert Caution.CHANCES_IN_DOUBT not in found[Method.IPS].cautions


@given(logs(), st.integers(0, N_ACTIONS - 1))
@settings(max_examples=25, deadline=None)
def test_estimates_are_those_of_the_closed_forms(drawn, favourite):
    log, _policy = drawn
    always = np.zeros((len(log), N_ACTIONS))
    always[:, favourite] = 1
    weights = (log.actions == favourite) / log.propensities
    found = evaluate(log, always)
    assert found[Method.IPS].value == pytest.approx((weights * log.rewards).mean())
    if weights.any():
        assert found[Method.SNIPS].value == pytest.approx(np.average(log.rewards, weights=weights))
        assert found[Method.IPS].effective_size == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
    else:
        assert np.isnan(found[Method.SNIPS].value)


@given(logs(), st.floats(-5, 5))
@settings(max_examples=25, deadline=None)
def test_adding_to_all_rewards_adds_as_much_to_the_self_normalised_estimate(drawn, more):
    log, policy = drawn
    weights = weighting.ratios(policy[:, 0], log.propensities)
    config = OffPolicyConfig()
    before = from_weights(log.rewards, weights, log.clusters, config)[Method.SNIPS]
    after = from_weights(log.rewards + more, weights, log.clusters, config)[Method.SNIPS]
    assert after.value == pytest.approx(before.value + more)
    assert after.error == pytest.approx(before.error, abs=1e-9)


def test_doubly_robust_is_ips_where_the_model_of_rewards_tells_nothing():
    log, other, _truth = world(np.random.default_rng(1), 300)
    nothing = OffPolicyConfig(prior_rounds=1e12)
    centred = LoggedRounds(log.actions, log.rewards * 0, log.propensities, N_ACTIONS, log.features)
    assert evaluate(centred, other, nothing)[Method.DR].value == pytest.approx(0, abs=1e-9)
    found = evaluate(log, other, nothing)
    weights = weighting.ratios(other[np.arange(len(log)), log.actions], log.propensities)
    by_mean = found[Method.DM].value
    assert by_mean == pytest.approx(log.rewards.mean(), abs=0.01)
    assert found[Method.DR].value == pytest.approx(by_mean + (weights * (log.rewards - by_mean)).mean(), abs=0.01)


def test_doubly_robust_is_right_though_the_logged_chances_are_wrong():
    """As long as the model is right, and the other way round as long as the chances are."""
    log, other, truth = world(np.random.default_rng(2), 40_000)
    wrong = LoggedRounds(log.actions, log.rewards, log.propensities**0.5 * 0.6, N_ACTIONS, log.features)
    assert evaluate(wrong, other)[Method.IPS].value != pytest.approx(truth, abs=0.05)
    assert Caution.CHANCES_IN_DOUBT in evaluate(wrong, other)[Method.IPS].cautions
    assert evaluate(wrong, other)[Method.DR].value == pytest.approx(truth, abs=0.03)
    blind = LoggedRounds(log.actions, log.rewards, log.propensities, N_ACTIONS)
    assert evaluate(blind, other)[Method.DM].value != pytest.approx(truth, abs=0.01)
    assert evaluate(blind, other)[Method.DR].value == pytest.approx(truth, abs=0.015)


@pytest.mark.parametrize("resamples", [0, 200])
def test_of_a_hundred_intervals_about_ninety_five_hold_the_truth(resamples):
    random = np.random.default_rng(3)
    config = OffPolicyConfig(resamples=resamples)
    held = dict.fromkeys(WEIGHTED, 0)
    for _ in range(100):
        log, other, truth = world(random, 400)
        found = evaluate(log, other, config)
        for method in WEIGHTED:
            held[method] += found[method].holds(truth)
    assert all(count >= 89 for count in held.values()), held


def test_a_model_of_rewards_makes_intervals_narrower():
    log, other, _truth = world(np.random.default_rng(4), 4_000)
    found = evaluate(log, other)
    assert found[Method.DR].error < found[Method.IPS].error


def test_copies_of_a_round_in_its_cluster_make_no_interval_narrower():
    random = np.random.default_rng(5)
    values, ones = random.random(50), np.ones(50)
    once = intervals.of_ratio(values, ones, np.arange(50), Confidence())
    thrice = intervals.of_ratio(np.tile(values, 3), np.ones(150), np.tile(np.arange(50), 3), Confidence())
    assert thrice.value == pytest.approx(once.value)
    assert thrice.error == pytest.approx(once.error)
    resampled = intervals.of_ratio(values, ones, np.arange(50), Confidence(resamples=4_000))
    assert (resampled.low, resampled.high) == pytest.approx((once.low, once.high), abs=0.01)


def test_cut_weights_are_smaller_and_said_to_be():
    weights = np.array([0.0, 0.5, 1.0, 4.0, 50.0])
    assert weighting.cut(weights, 10.0, None).tolist() == [0.0, 0.5, 1.0, 4.0, 10.0]
    assert weighting.cut(weights, None, 1e9) == pytest.approx(weights, rel=1e-5)
    assert weighting.cut(weights, None, 2.0) == pytest.approx(2 * weights / (weights**2 + 2))
    doubts = weighting.cautions(weighting.cut(weights, 10.0, None), weights, np.arange(5))
    assert Caution.WEIGHTS_CUT in doubts
    assert weighting.cut(weights, None, None) is weights


def test_poor_overlap_is_said():
    log, _other, _truth = world(np.random.default_rng(6), 500)
    rare = np.zeros((500, N_ACTIONS))
    rare[:, 3] = 1
    few = LoggedRounds(log.actions[:60], log.rewards[:60], log.propensities[:60], N_ACTIONS)
    assert Caution.LITTLE_OVERLAP in evaluate(few, rare[:60])[Method.SNIPS].cautions
    never = np.zeros((500, N_ACTIONS + 1))
    never[:, N_ACTIONS] = 1
    unheard_of = LoggedRounds(log.actions, log.rewards, log.propensities, N_ACTIONS + 1)
    found = evaluate(unheard_of, never)
    assert Caution.UNSUPPORTED in found[Method.DR].cautions
    assert np.isnan(found[Method.SNIPS].value)
    one = from_weights(np.ones(3), np.array([0.1, 0.1, 9.0]), np.arange(3), OffPolicyConfig())
    assert Caution.ONE_ROUND_DECIDES in one[Method.IPS].cautions


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"actions": np.zeros(0, np.int64)}, "no rounds"),
        ({"rewards": np.ones(2)}, "3 actions and 2 rewards"),
        ({"propensities": np.array([0.5, 0.0, 0.5])}, "propensity must be above 0"),
        ({"rewards": np.array([0.0, np.nan, 1.0])}, "finite"),
        ({"actions": np.array([0, 1, 2])}, "from 0 to 1"),
    ],
)
def test_what_is_no_log_is_refused_in_words(change, words):
    columns = {"actions": np.array([0, 1, 0]), "rewards": np.ones(3), "propensities": np.full(3, 0.5)} | change
    with pytest.raises(UnusableLog, match=words):
        LoggedRounds(**columns, n_actions=2)


def test_what_is_no_policy_is_refused_in_words():
    log = LoggedRounds(np.array([0, 1, 0]), np.ones(3), np.full(3, 0.5), 2)
    with pytest.raises(UnusableLog, match="shape"):
        evaluate(log, np.ones((3, 3)))
    with pytest.raises(UnusableLog, match="sum to 1"):
        evaluate(log, np.ones((3, 2)))


def test_the_own_value_of_a_policy_stays_within_its_bounds():
    log = LoggedRounds(np.zeros(400, np.int64), np.eye(1, 400)[0], np.ones(400), 1)
    own = on_policy(log, OffPolicyConfig(lowest=0.0, highest=1.0))
    assert (own.value, own.low) == (pytest.approx(1 / 400), 0.0)


def lists_of(random: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Lists of two places: (course shown, reward); a click on the second place depends on the first place too."""
    shown = (random.random((n, 2)) < 0.3).astype(int)
    rate = np.stack([0.2 + 0.3 * shown[:, 0], 0.1 + 0.2 * shown[:, 1] + 0.4 * shown[:, 0] * shown[:, 1]], axis=1)
    return shown, (random.random((n, 2)) < rate).astype(float)


def test_lists_are_judged_under_what_is_assumed_of_them():
    shown, rewards = lists_of(np.random.default_rng(7), 60_000)
    ratios = np.where(shown == 1, 1 / 0.3, 0.0)
    there, persons = np.ones_like(ratios), np.arange(len(ratios))

    def value(assumption: Assumption) -> float:
        return slates.evaluate(rewards, ratios, there, persons, assumption)[Method.SNIPS].value

    true_value = (0.5 + 0.7) / 2
    assert value(Assumption.WHOLE) == pytest.approx(true_value, abs=0.02)
    assert slates.weights(ratios, Assumption.CASCADE)[:, 1] == pytest.approx(ratios.prod(axis=1))
    after_logged_places = (0.5 + 0.3 + 0.4 * 0.3) / 2
    assert value(Assumption.INDEPENDENT) == pytest.approx(after_logged_places, abs=0.02)


def test_places_that_a_list_lacks_weigh_nothing():
    rewards = np.array([[1.0, 0.0], [0.0, 9.0]])
    there = np.array([[1, 1], [1, 0]])
    found = slates.evaluate(rewards, np.ones((2, 2)), there, np.arange(2), Assumption.WHOLE)
    assert found[Method.IPS].value == pytest.approx(1 / 3)
    with pytest.raises(UnusableLog):
        slates.evaluate(rewards, np.ones((2, 2)), there * 0, np.arange(2), Assumption.WHOLE)

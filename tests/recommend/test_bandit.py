"""A bandit over sources, lists drawn by it, and how places are looked at."""

from collections import Counter, defaultdict
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommend.exploration.bandit import Bandit, BanditConfig
from recommend.exploration.drawing import RANKED, Offer, draw_list
from recommend.exploration.logged import UnusableLog
from recommend.exploration.position_bias import examine, usual
from recommend.exploration.situations import N_FEATURES, situated
from recommend.exploration.thompson import chances_of_being_best

ARMS = ("ranked", "popular", "new")


def of_seeds(count: int, **drawing) -> list:
    return [draw_list(seed=seed, **drawing) for seed in range(count)]


def test_an_arm_is_as_likely_as_thompson_sampling_would_choose_it():
    means, deviations = np.array([0.10, 0.12, 0.05, 0.05]), np.array([0.02, 0.01, 0.05, 0.001])
    drawn = np.random.default_rng(0).normal(means, deviations, size=(200_000, 4)).argmax(axis=1)
    frequencies = np.bincount(drawn, minlength=4) / len(drawn)
    assert chances_of_being_best(means, deviations) == pytest.approx(frequencies, abs=1 / 256 + 0.003)


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(1e-3, 2)), min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_chances_of_arms_sum_to_one(arms):
    means, deviations = map(np.array, zip(*arms, strict=True))
    chances = chances_of_being_best(means, deviations)
    assert chances.sum() == pytest.approx(1)
    assert (chances >= 0).all()


def test_what_is_learned_is_the_posterior_of_linear_regression():
    random = np.random.default_rng(1)
    bandit = Bandit(("only",), 3, BanditConfig(prior_rate=0.2, prior_spread=1.0, effect_spread=0.5))
    features = np.column_stack([np.ones(400), random.integers(0, 2, (400, 2))])
    rewards = random.integers(0, 2, 400).astype(float)
    bandit.learn(np.zeros(400, np.int64), features, rewards)
    rate = bandit.mean_reward
    assert rate == pytest.approx((0.2 * 20 + rewards.sum()) / 420)
    prior = np.diag((rate * np.array([1.0, 0.5, 0.5])) ** -2.0)
    noise = rate * (1 - rate)
    precision = prior + features.T @ features / noise
    mean = np.linalg.solve(precision, prior @ [rate, 0, 0] + features.T @ rewards / noise)
    assert bandit.posterior("only")[0] == pytest.approx(mean)
    assert bandit.posterior("only")[1] == pytest.approx(np.linalg.inv(precision))


def test_neither_order_nor_parts_of_what_is_learned_matter():
    random = np.random.default_rng(2)
    arms, rewards = random.integers(0, 3, 90), random.integers(0, 2, 90).astype(float)
    features = random.normal(size=(90, N_FEATURES))
    whole, parts = Bandit(ARMS, N_FEATURES), Bandit(ARMS, N_FEATURES)
    whole.learn(arms, features, rewards)
    for rows in np.array_split(random.permutation(90), 4):
        parts.learn(arms[rows], features[rows], rewards[rows])
    for arm in ARMS:
        assert parts.posterior(arm)[0] == pytest.approx(whole.posterior(arm)[0])
    again = Bandit(ARMS, N_FEATURES).restored(whole.document())
    assert again.chances(features[0]) == pytest.approx(whole.chances(features[0]))
    assert Bandit(("other",), N_FEATURES).restored(whole.document()).statistics("other").rounds == 0


def test_the_best_arm_of_each_situation_is_found_and_the_others_are_still_tried():
    """On phones new courses are liked, on desktops popular ones."""
    random = np.random.default_rng(3)
    bandit = Bandit(ARMS, N_FEATURES, BanditConfig(half_life_days=0))
    rate = {"phone": (0.05, 0.05, 0.15), "desktop": (0.05, 0.15, 0.05)}
    late = 0.0
    for day in range(40):
        devices = random.choice(["phone", "desktop"], 100)
        rows = [situated(device, 10, 8).features() for device in devices]
        chances = {d: list(bandit.chances(situated(d, 10, 8).features()).values()) for d in rate}
        arms = np.array([random.choice(3, p=chances[device]) for device in devices])
        expected = np.array([rate[device][arm] for device, arm in zip(devices, arms, strict=True)])
        bandit.learn(arms, np.array(rows), (random.random(100) < expected).astype(float))
        late += expected.mean() if day >= 30 else 0
    assert late / 10 > 0.13
    phone, desktop = (bandit.chances(situated(device, 10, 8).features()) for device in ("phone", "desktop"))
    assert phone["new"] > 0.6
    assert desktop["popular"] > 0.6
    assert min(phone.values()) >= 0.05 - 1e-9


def test_what_is_forgotten_lets_the_bandit_follow_a_change_of_taste():
    bandit = Bandit(ARMS, 1, BanditConfig(half_life_days=5))
    ones = np.ones((600, 1))

    def liked(best: int) -> None:
        arms = np.arange(600) % 3
        bandit.learn(arms, ones, ((arms == best) & (np.arange(600) % 5 == 0)).astype(float))

    liked(1)
    assert max(bandit.chances(np.ones(1)), key=bandit.chances(np.ones(1)).get) == "popular"
    bandit.forget(30)
    assert bandit.statistics("new").rounds == pytest.approx(200 / 64)
    liked(2)
    assert bandit.chances(np.ones(1))["new"] > 0.8


def test_a_place_that_is_seldom_looked_at_speaks_less_against_an_arm():
    rounds, ones = np.zeros(500, np.int64), np.ones((500, 1))
    seen, hidden = Bandit(("only",), 1), Bandit(("only",), 1)
    clicks = (np.arange(500) % 50 == 0).astype(float)
    seen.learn(rounds, ones, clicks)
    hidden.learn(rounds, ones, clicks, np.full(500, 0.2))
    assert seen.expected(np.ones(1))[0][0] == pytest.approx(0.02, abs=0.005)
    assert hidden.expected(np.ones(1))[0][0] == pytest.approx(0.10, abs=0.02)


def test_without_exploring_the_list_is_as_ranked_and_certain():
    (places,) = of_seeds(1, ranked=[5, 3, 9], offers=[Offer("new", [9])], chances={"new": 1.0}, shares=[0.0] * 5)
    assert [(place.candidate, place.propensity) for place in places] == [(5, 1.0), (3, 1.0), (9, 1.0)]


def test_the_same_seed_gives_the_same_list():
    drawing = {"ranked": range(30), "offers": [Offer("new", range(9, 20), True)], "chances": {"new": 0.5, RANKED: 0.5}}
    first = draw_list(shares=[0.5] * 8, seed=4, **drawing)
    assert draw_list(shares=[0.5] * 8, seed=4, **drawing) == first
    assert any(draw_list(shares=[0.5] * 8, seed=seed, **drawing) != first for seed in range(5, 9))


def one_of_each_category(candidate: int, chosen) -> bool:
    return all(candidate % 4 != other % 4 for other in chosen)


WORLDS = {
    "plain": ([Offer("popular", [7, 1, 2]), Offer("new", [8, 9, 5], True)], None),
    "a source without candidates": ([Offer("popular", []), Offer("new", [8, 9, 5], True)], None),
    "sources that propose the same": ([Offer("popular", [1, 7]), Offer("new", [7, 1, 0], True)], None),
    "rules that forbid what follows": (
        [Offer("popular", [4, 7, 1]), Offer("new", [8, 9, 5], True)],
        one_of_each_category,
    ),
}


@pytest.mark.parametrize("world", WORLDS)
def test_each_course_stands_at_its_place_as_often_as_its_propensity_says(world):
    offers, fits = WORLDS[world]
    chances = {RANKED: 0.2, "popular": 0.5, "new": 0.3}
    drawn = of_seeds(12_000, ranked=list(range(10)), offers=offers, chances=chances, shares=[0.3, 0.5, 0.3], fits=fits)
    after: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    said: dict[tuple[int, ...], dict[int, float]] = defaultdict(dict)
    for places in drawn:
        assert len({place.candidate for place in places}) == 3
        for number, place in enumerate(places):
            before = tuple(each.candidate for each in places[:number])
            after[before][place.candidate] += 1
            assert said[before].setdefault(place.candidate, place.propensity) == pytest.approx(place.propensity)
    for before, counts in after.items():
        total = counts.total()
        for candidate, count in counts.items():
            chance = said[before][candidate]
            assert 0 < chance <= 1
            assert abs(count / total - chance) < 4.5 * np.sqrt(chance * (1 - chance) / total) + 1e-9, (
                before,
                candidate,
            )
        if total > 2_000:
            assert sum(said[before].values()) == pytest.approx(1)


def test_the_chances_of_all_lists_sum_to_one():
    offers = [Offer("popular", [3, 0]), Offer("new", [4, 1], True)]
    chances = {RANKED: 0.4, "popular": 0.3, "new": 0.3}
    drawn = of_seeds(3_000, ranked=list(range(6)), offers=offers, chances=chances, shares=[0.6, 0.6])
    lists = {tuple(place.candidate for place in places): prod(place.propensity for place in places) for places in drawn}
    assert sum(lists.values()) == pytest.approx(1)


def test_what_is_pinned_stays_at_its_place_and_stands_nowhere_else():
    offers = [Offer("popular", [2, 7]), Offer("new", [2, 8], True)]
    chances = {RANKED: 0.2, "popular": 0.4, "new": 0.4}
    drawing = {"ranked": range(10), "offers": offers, "chances": chances, "shares": [0.9] * 4, "fixed": {2: 2}}
    for places in of_seeds(200, **drawing):
        shown = [place.candidate for place in places]
        assert (shown[2], places[2].propensity) == (2, 1.0)
        assert len(set(shown)) == 4


def test_an_explored_place_tells_what_each_source_would_have_shown():
    offers = [Offer("popular", [3]), Offer("new", [4, 1], True), Offer("similar", [])]
    chances = {RANKED: 0.2, "popular": 0.3, "new": 0.3, "similar": 0.2}
    drawn = of_seeds(3_000, ranked=list(range(6)), offers=offers, chances=chances, shares=[1.0])
    arms = Counter(places[0].arm for places in drawn)
    for places in drawn[:50]:
        (place,) = places
        assert place.proposals.keys() == {RANKED, "popular", "new"}
        assert place.proposals[place.arm].candidate == place.candidate
        assert place.proposals["popular"].chance == pytest.approx(0.375)
    assert arms["popular"] / 3_000 == pytest.approx(0.375, abs=0.03)


def test_places_are_looked_at_as_planted():
    random = np.random.default_rng(5)
    looked_at = np.array([1.0, 0.8, 0.5, 0.3])
    liking = np.array([0.5, 0.2, 0.05])
    positions, groups = random.integers(0, 4, 30_000), random.choice(3, 30_000, p=[0.2, 0.3, 0.5])
    clicks = (random.random(30_000) < looked_at[positions] * liking[groups]).astype(float)
    found = examine(positions, groups, clicks, 4)
    assert found.chances == pytest.approx(looked_at, abs=0.06)
    assert (np.abs(found.chances / looked_at - 1) < 4 * found.errors * np.sqrt(2)).all()


def test_places_without_clicks_are_taken_to_be_as_usual():
    found = examine(np.array([0, 1]), np.array([0, 0]), np.zeros(2), 6)
    assert found.chances == pytest.approx(usual(6), rel=0.02)
    with pytest.raises(UnusableLog):
        examine(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), 3)

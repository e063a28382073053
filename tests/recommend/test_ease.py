"""EASE is the closed form of its paper, with fresher courses speaking louder."""

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommend.algorithms.base import Histories, Interactions
from recommend.algorithms.ease import PRIOR_SCALE
from tests.recommend.planted import GROUPS, interactions_of, planted_interactions, quick, share_of_group


def textbook_weights(interactions: Interactions, regularization: float) -> np.ndarray:
    """B of Steck (2019), line by line as the paper has it, in double precision."""
    x = np.zeros((interactions.n_users, interactions.n_items))
    np.add.at(x, (interactions.users, interactions.items), interactions.weights.astype(float))
    x = np.log2(1 + x)
    p = np.linalg.inv(x.T @ x + regularization * np.eye(interactions.n_items))
    b = p / -np.diag(p)
    np.fill_diagonal(b, 0)
    return b


@st.composite
def small_worlds(draw) -> Interactions:
    n_users, n_items = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    event = st.tuples(st.integers(0, n_users - 1), st.integers(0, n_items - 1), st.sampled_from([0.5, 1, 2, 10]))
    users, items, weights = zip(*draw(st.lists(event, min_size=1, max_size=30)), strict=True)
    return Interactions(
        np.array(users, np.int32),
        np.array(items, np.int32),
        np.array(weights, np.float32),
        np.arange(len(users), dtype=np.float64),
        n_users,
        n_items,
    )


@settings(max_examples=60, deadline=None)
@given(small_worlds(), st.sampled_from([0.5, 10, 1000]))
def test_the_weights_are_the_textbook_formula(interactions, regularization):
    arrays = quick("ease", regularization=regularization).fit(interactions).arrays()
    expected = textbook_weights(interactions, regularization)
    np.testing.assert_allclose(
        arrays["item_weights"], expected[np.ix_(arrays["modelled"], arrays["modelled"])], atol=1e-4
    )


@pytest.mark.parametrize(("n_users", "n_items"), [(700, 600), (600, 700)])
def test_the_weights_are_the_textbook_formula_whichever_are_fewer(n_users, n_items):
    random = np.random.default_rng(0)
    rows = zip(random.integers(0, n_users, 9000), random.integers(0, n_items, 9000), strict=True)
    interactions = interactions_of(list(rows), n_users, n_items)
    weights = quick("ease", regularization=20).fit(interactions).arrays()["item_weights"]
    np.testing.assert_allclose(weights, textbook_weights(interactions, 20), atol=1e-5)


def test_without_recency_the_scores_are_the_history_times_the_weights():
    interactions = planted_interactions()
    model = quick("ease", recency_half_life=0).fit(interactions)
    x = np.log2(1 + interactions.matrix().toarray())
    popularity = x.sum(axis=0)
    expected = x @ textbook_weights(interactions, 5) + PRIOR_SCALE * popularity / popularity.max()
    np.testing.assert_allclose(
        model.scores(interactions.histories(np.arange(interactions.n_users))), expected, atol=1e-5
    )


def test_a_course_speaks_half_as_loud_after_as_many_later_ones_as_its_half_life():
    model = quick("ease", recency_half_life=2).fit(planted_interactions())
    parts = model.contributions(Histories.single([3, 9, 12]), np.array([0], dtype=np.int32))
    alone = model.contributions(Histories.single([3]), np.array([0], dtype=np.int32))
    np.testing.assert_allclose(parts[0], alone[0] / 2, rtol=1e-5)


def test_events_of_one_time_are_never_told_apart():
    model = quick("ease").fit(planted_interactions())
    one_way = model.scores(Histories.single([3, 10, 20], times=[5, 5, 5]))
    other_way = model.scores(Histories.single([20, 3, 10], times=[5, 5, 5]))
    np.testing.assert_allclose(one_way, other_way, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_newcomer_gets_courses_of_the_planted_taste(group):
    assert share_of_group(quick("ease").fit(planted_interactions()), group) >= 0.8


def test_with_fewer_modelled_courses_the_rest_is_ranked_by_popularity(caplog):
    interactions = planted_interactions()
    with caplog.at_level(logging.WARNING):
        model = quick("ease", max_items=10).fit(interactions)
    assert "raise max_items" in caplog.text
    modelled = model.arrays()["modelled"]
    popularity = np.bincount(interactions.items, minlength=30)
    assert popularity[modelled].min() >= np.delete(popularity, modelled).max()
    outside = np.setdiff1d(np.arange(30), modelled)
    scores = model.scores(Histories.single([int(outside[0]), int(modelled[0])]))[0]
    assert np.array_equal(np.argsort(-scores[outside], kind="stable"), np.argsort(-popularity[outside], kind="stable"))
    assert not model.contributions(Histories.single([outside[0]]), np.arange(30, dtype=np.int32)).any()
    assert np.all(model.similar(int(outside[1]))[modelled] <= PRIOR_SCALE)


def test_weights_too_small_to_count_do_no_harm():
    interactions = interactions_of([(0, 0), (0, 1)])
    interactions.weights[:] = 1e-30
    assert np.isfinite(quick("ease").fit(interactions).scores(Histories.single([0]))).all()


def test_a_regularization_too_small_for_the_arithmetic_is_said():
    rows = [(user, item) for user in range(60) for item in range(40)]
    interactions = interactions_of(rows)
    with pytest.raises(FloatingPointError, match="larger regularization"):
        quick("ease", regularization=1e-9).fit(interactions)


def test_courses_that_nobody_met_take_no_memory_and_get_no_votes():
    interactions = interactions_of([(0, 0), (0, 2), (1, 0), (1, 2), (1, 3)], n_items=50)
    model = quick("ease").fit(interactions)
    assert model.arrays()["modelled"].tolist() == [0, 2, 3]
    scores = model.scores(Histories.single([0]))[0]
    assert not np.delete(scores, [0, 2, 3]).any()

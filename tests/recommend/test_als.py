"""Implicit ALS solves the equations of its paper."""

import numpy as np
import pytest

from recommend.algorithms.base import Histories, Interactions, InvalidConfig
from tests.recommend.planted import GROUPS, N_ITEMS, interactions_of, planted_interactions, quick, share_of_group


@pytest.fixture(scope="module")
def interactions() -> Interactions:
    return planted_interactions()


def solved(weights: np.ndarray, others: np.ndarray, confidence: float, regularization: float) -> np.ndarray:
    """One side of Hu et al. (2008), row by row with dense matrices."""
    found = []
    for row in weights:
        counts = np.diag(1 + confidence * row)
        system = others.T @ counts @ others + regularization * np.eye(others.shape[1])
        found.append(np.linalg.solve(system, others.T @ counts @ (row > 0)))
    return np.array(found)


def test_people_are_solved_as_in_the_paper(interactions):
    model = quick("als", confidence=4).fit(interactions)
    x = np.log2(1 + interactions.matrix().toarray().astype(np.float64))
    expected = solved(x, model.arrays()["courses"].astype(np.float64), 4, 1)
    people = model.people(interactions.histories(np.arange(interactions.n_users)))
    np.testing.assert_allclose(people, expected, rtol=1e-3, atol=1e-4)


def test_courses_are_solved_from_people_who_were_solved_from_the_start(interactions):
    earlier = quick("als", confidence=4).fit(interactions)
    model = quick("als", confidence=4, sweeps=1)
    model.start_from(earlier, np.arange(N_ITEMS))
    x = np.log2(1 + interactions.matrix().toarray().astype(np.float64))
    people = solved(x, earlier.arrays()["courses"].astype(np.float64), 4, 1)
    expected = solved(x.T, people, 4, 1)
    np.testing.assert_allclose(model.fit(interactions).arrays()["courses"], expected, rtol=1e-3, atol=1e-4)


def test_every_sweep_lowers_the_error(interactions):
    x = np.log2(1 + interactions.matrix().toarray().astype(np.float64))
    errors = []
    for sweeps in (1, 2, 4, 8):
        model = quick("als", confidence=4, sweeps=sweeps).fit(interactions)
        people = model.people(interactions.histories(np.arange(interactions.n_users))).astype(np.float64)
        courses = model.arrays()["courses"].astype(np.float64)
        misses = (1 + 4 * x) * ((x > 0) - people @ courses.T) ** 2
        errors.append(misses.sum() + (people**2).sum() + (courses**2).sum())
    assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_newcomer_gets_courses_of_the_planted_taste(interactions, group):
    assert share_of_group(quick("als").fit(interactions), group) >= 0.8


def test_batches_of_people_do_not_change_the_answer(interactions, monkeypatch):
    from recommend.algorithms import als_training

    whole = quick("als").fit(interactions).arrays()["courses"]
    monkeypatch.setattr(als_training, "NUMBERS_AT_ONCE", 200)
    np.testing.assert_allclose(quick("als").fit(interactions).arrays()["courses"], whole, rtol=1e-3, atol=1e-4)


def test_a_history_of_everything_and_a_person_of_nothing_are_solved_too():
    rows = [(0, item) for item in range(9)] + [(2, 3)]
    model = quick("als").fit(interactions_of(rows, n_users=4, n_items=12))
    assert np.isfinite(model.scores(Histories.single(range(12)))).all()


def test_a_graphics_card_that_is_not_there_is_said(interactions):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(InvalidConfig, match="no GPU"):
        quick("als", device="cuda").fit(interactions)

"""Popularity counts events, older ones for less, and is the same for everybody."""

import numpy as np
import pytest

from recommend.algorithms.base import Histories, Interactions
from tests.recommend.planted import interactions_of, quick

DAY = 86_400.0


def _at(days: list[float], items: list[int], weights: list[float] | None = None) -> Interactions:
    size = len(items)
    return Interactions(
        np.zeros(size, np.int32),
        np.array(items, np.int32),
        np.array(weights or [1] * size, np.float32),
        1.7e9 + DAY * np.array(days),
        1,
        max(items) + 1,
    )


def test_an_event_counts_half_after_the_half_life():
    model = quick("popularity", half_life_days=7).fit(_at([0, 7, 14], [0, 1, 2]))
    np.testing.assert_allclose(model.scores(Histories.single([]))[0], [0.25, 0.5, 1])


def test_without_a_half_life_nothing_is_forgotten():
    model = quick("popularity", half_life_days=0).fit(_at([0, 4000, 9000], [0, 0, 1]))
    np.testing.assert_allclose(model.scores(Histories.single([]))[0], [2, 1])


def test_weights_count():
    model = quick("popularity", half_life_days=0).fit(_at([0, 0, 0], [0, 1, 1], [5, 1, 0.5]))
    np.testing.assert_allclose(model.scores(Histories.single([]))[0], [5, 1.5])


@pytest.mark.parametrize("half_life", [1e-6, 36_500])
def test_extreme_half_lives_give_numbers(half_life):
    model = quick("popularity", half_life_days=half_life).fit(_at([0, 9000], [0, 1]))
    assert np.isfinite(model.scores(Histories.single([]))).all()


def test_everybody_gets_the_same_list():
    model = quick("popularity").fit(interactions_of([(0, 0), (1, 0), (1, 1)]))
    scores = model.scores(interactions_of([(0, 0), (1, 0), (1, 1)]).histories(np.array([0, 1])))
    assert np.array_equal(scores[0], scores[1])


def test_no_event_is_a_reason():
    model = quick("popularity").fit(interactions_of([(0, 0), (1, 1)]))
    assert not model.contributions(Histories.single([0, 1]), np.array([0, 1], dtype=np.int32)).any()

"""The next-item model looks ahead only, near courses first, and solves what it says it solves."""

import numpy as np
import pytest

from recommend.algorithms.base import Histories
from tests.recommend.planted import interactions_of, planted_interactions, quick


def along_a_road(people: int = 60, length: int = 12):
    """Everybody goes the same way, from somewhere, for six courses."""
    return interactions_of([(person, person % (length - 5) + step) for person in range(people) for step in range(6)])


def solved(interactions, regularization: float, past: float, outlook: float) -> np.ndarray:
    """B by the textbook: all points of all histories, written out."""
    n = interactions.n_items
    gram, targets = regularization * np.eye(n), np.zeros((n, n))
    for person in range(interactions.n_users):
        courses = interactions.items[interactions.users == person]
        for point in range(1, len(courses)):
            before, after = np.zeros(n), np.zeros(n)
            before[courses[:point]] = past ** np.arange(point)[::-1]
            after[courses[point:]] = outlook ** np.arange(len(courses) - point)
            gram += np.outer(before, before)
            targets += np.outer(before, after)
    return np.linalg.solve(gram, targets)


@pytest.mark.parametrize(
    ("recency", "outlook", "past", "ahead"), [(2, 1, 0.5**0.5, 0.5), (2, 2, 0.5**0.5, 0.5**0.5), (0, 1, 1, 0.5)]
)
def test_the_weights_are_those_of_the_regression_over_all_points(recency, outlook, past, ahead):
    interactions = planted_interactions()
    model = quick("next_item", recency_half_life=recency, outlook_half_life=outlook).fit(interactions)
    np.testing.assert_allclose(model.arrays()["item_weights"], solved(interactions, 5, past, ahead), atol=2e-3)


def test_the_very_next_course_alone():
    interactions = planted_interactions()
    model = quick("next_item", recency_half_life=2, outlook_half_life=0).fit(interactions)
    np.testing.assert_allclose(model.arrays()["item_weights"], solved(interactions, 5, 0.5**0.5, 0), atol=2e-3)


def test_what_comes_after_is_recommended_and_not_what_comes_before():
    scores = quick("next_item", regularization=1).fit(along_a_road()).scores(Histories.single([4, 5]))[0]
    scores[[4, 5]] = -np.inf
    assert int(np.argmax(scores)) == 6
    assert scores[6] > 2 * scores[3]


def test_of_too_many_courses_the_most_popular_are_modelled():
    interactions = planted_interactions()
    model = quick("next_item", max_items=10).fit(interactions)
    assert model.arrays()["item_weights"].shape == (10, 10)
    assert np.isfinite(model.scores(Histories.single([0, 29]))).all()

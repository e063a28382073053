"""The graph filter is what its formula says, and finds planted tastes."""

import numpy as np
import pytest

from recommend.algorithms.base import Histories, Interactions
from recommend.algorithms.leading_axes import leading_axes
from recommend.algorithms.neighbours import Neighbours
from tests.recommend.planted import GROUPS, N_ITEMS, interactions_of, planted_interactions, quick, share_of_group


@pytest.fixture(scope="module")
def interactions() -> Interactions:
    return planted_interactions()


def normalised(interactions: Interactions) -> np.ndarray:
    x = np.log2(1 + interactions.matrix().toarray().astype(np.float64))
    return x / np.sqrt(x.sum(axis=1, keepdims=True) * x.sum(axis=0, keepdims=True))


def test_scores_are_those_of_the_formula(interactions):
    model = quick("spectral", axes=4, neighbours=1000, recency_half_life=0, direct_weight=1.5, iterations=30)
    x = np.log2(1 + interactions.matrix().toarray().astype(np.float64))
    r = normalised(interactions)
    links = r.T @ r
    axes = np.linalg.eigh(links)[1][:, -4:]
    np.fill_diagonal(links, 0)
    popularity = x.sum(axis=0) / x.sum(axis=0).max()
    config = model.config
    expected = x * popularity**-config.history_exponent @ (axes @ axes.T + 1.5 * links)
    expected *= popularity**config.target_exponent
    scores = model.fit(interactions).scores(interactions.histories(np.arange(interactions.n_users)))
    np.testing.assert_allclose(scores, expected, rtol=1e-3, atol=2e-4)


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_newcomer_gets_courses_of_the_planted_taste(interactions, group):
    assert share_of_group(quick("spectral").fit(interactions), group) >= 0.8


def test_more_axes_than_there_are_are_as_many_as_there_are():
    model = quick("spectral", axes=500).fit(interactions_of([(0, 0), (0, 1), (1, 2), (2, 1)]))
    assert model.arrays()["axes"].shape == (3, 3)


def test_a_start_from_a_model_of_other_courses_finds_the_same_axes(interactions):
    earlier = quick("spectral", iterations=20).fit(interactions)
    columns = np.arange(N_ITEMS)
    columns[3] = -1
    model = quick("spectral")
    model.start_from(earlier, columns)
    expected = earlier.scores(interactions.histories(np.arange(9)))
    found = model.fit(interactions).scores(interactions.histories(np.arange(9)))
    assert np.corrcoef(expected.ravel(), found.ravel())[0, 1] > 0.99


def test_a_course_speaks_for_its_strongest_neighbours_alone(interactions):
    matrix = interactions.matrix()
    links = (matrix.T @ matrix).toarray()
    np.fill_diagonal(links, 0)
    kept = Neighbours.of(matrix, 5, np.ones(N_ITEMS, np.float32), lambda done, total: None)
    rows = kept.rows(np.arange(N_ITEMS))
    assert np.count_nonzero(rows, axis=1).max() == 5
    for row, link in zip(rows, links, strict=True):
        assert row[row > 0].min() >= np.sort(link)[-6]
        assert np.array_equal(row[row > 0], link[row > 0])
    assert np.array_equal(kept.cells(np.array([4, 2]), np.array([7, 1])), rows[[4, 2]][:, [7, 1]])
    np.testing.assert_allclose(kept.pruned(5).rows(np.arange(N_ITEMS)), rows, atol=rows.max() / 127)


def test_axes_are_those_of_a_complete_decomposition():
    from scipy.sparse import csr_matrix

    random = np.random.default_rng(0)
    values = random.normal(size=(60, 40)) * (random.random((60, 40)) < 0.2)
    axes, squares = leading_axes(csr_matrix(values.astype(np.float32)), 5, 40, 0, lambda done, total: None)
    _left, expected, right = np.linalg.svd(values)
    np.testing.assert_allclose(np.sqrt(squares), expected[:5], rtol=1e-3)
    np.testing.assert_allclose(axes @ axes.T, right[:5].T @ right[:5], atol=1e-2)


def test_people_who_all_chose_the_same_leave_no_preference_but_that():
    model = quick("spectral").fit(interactions_of([(user, item) for user in range(5) for item in range(4)]))
    scores = model.scores(Histories.single([0]))[0]
    np.testing.assert_allclose(scores[1:], scores[1], rtol=1e-4)

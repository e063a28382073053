"""Inverting in place gives the inverse, for sizes around those of the blocks."""

import numpy as np
import pytest

from recommend.algorithms.inversion import BLOCK, invert_in_place


def _positive_definite(size: int) -> np.ndarray:
    factors = np.random.default_rng(size).normal(size=(size, 2 * size + 1))
    return factors @ factors.T / size + np.eye(size)


@pytest.mark.parametrize("size", [1, 2, 17, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 3])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-4), (np.float64, 1e-11)])
def test_the_inverse_is_the_textbook_one_and_symmetric(size, dtype, tolerance):
    matrix = _positive_definite(size)
    inverse = matrix.astype(dtype)
    invert_in_place(inverse, lambda done, total: None)
    np.testing.assert_allclose(inverse, np.linalg.inv(matrix), atol=tolerance)
    assert np.array_equal(inverse, inverse.T)


def test_every_block_is_reported():
    reports: list[tuple[int, int]] = []
    invert_in_place(_positive_definite(2 * BLOCK + 1), lambda done, total: reports.append((done, total)))
    assert reports == [(1, 3), (2, 3), (3, 3)]


def test_nothing_is_inverted_to_nothing():
    matrix = np.empty((0, 0), dtype=np.float32)
    invert_in_place(matrix, lambda done, total: None)
    assert matrix.size == 0

"""Compact matrices answer as whole ones do, nearly, in a quarter of the bytes or less."""

import numpy as np
import pytest
from scipy.sparse import random as random_sparse

from recommend.algorithms import matrices
from recommend.algorithms.matrices import Matrix, Pruned, Quantised, Whole


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(1).standard_normal((60, 300)).astype(np.float32) ** 3


@pytest.fixture(params=[Whole, Quantised.of, Pruned.of], ids=["whole", "quantised", "pruned"])
def matrix(request, values) -> Matrix:
    return request.param(values)


def test_every_question_has_the_same_answer_as_the_unpacked_matrix(matrix):
    unpacked = matrix.rows(np.arange(60))
    random = np.random.default_rng(2)
    index, columns = np.array([3, 3, 59, 0]), np.array([299, 0, 7])
    strengths = random.random(4).astype(np.float32)
    many = random_sparse(5, 60, 0.2, "csr", np.float32, random_state=3)
    vectors = random.standard_normal((2, 300)).astype(np.float32)
    assert matrix.shape == (60, 300)
    np.testing.assert_allclose(matrix.rows(index), unpacked[index])
    np.testing.assert_allclose(matrix.cells(index, columns), unpacked[index][:, columns])
    np.testing.assert_allclose(matrix.sum_of_rows(index, strengths), strengths @ unpacked[index], atol=1e-4)
    np.testing.assert_allclose(matrix.sums_of_rows(many), many @ unpacked, atol=1e-4)
    np.testing.assert_allclose(matrix.products(vectors), vectors @ unpacked.T, rtol=1e-3, atol=1e-3)


def test_questions_about_nothing_have_empty_answers(matrix):
    nothing = np.zeros(0, np.int64)
    assert matrix.rows(nothing).shape == (0, 300)
    assert matrix.sum_of_rows(nothing, np.zeros(0, np.float32)).tolist() == [0.0] * 300


def test_what_is_stored_is_found_again(matrix):
    again = matrices.read({**matrix.arrays("weights"), "other": np.ones(1)}, "weights")
    assert type(again) is type(matrix)
    np.testing.assert_array_equal(again.rows(np.arange(60)), matrix.rows(np.arange(60)))
    with pytest.raises(KeyError):
        matrices.read(matrix.arrays("weights"), "another")


def test_a_quantised_number_is_off_by_half_a_code_at_most(values):
    quantised = Quantised.of(values)
    assert np.all(np.abs(quantised.rows(np.arange(60)) - values) <= quantised.scales * 0.5001)


def test_pruning_keeps_the_numbers_furthest_from_zero(values):
    kept = Pruned.of(values).rows(np.arange(60)) != 0
    least_kept = np.where(kept, np.abs(values), np.inf).min(axis=1)
    largest_dropped = np.where(kept, 0, np.abs(values)).max(axis=1)
    nearest_to_zero = np.abs(values).max(axis=1) / 254
    assert np.all(largest_dropped <= np.maximum(least_kept, nearest_to_zero))
    assert 0.1 < kept.mean() < 0.13


def test_zeros_are_not_stored_and_a_matrix_of_zeros_is_one():
    pruned = Pruned.of(np.zeros((4, 5), np.float32))
    assert len(pruned.codes) == 0
    assert not pruned.rows(np.arange(4)).any()
    assert not Quantised.of(np.zeros((4, 5), np.float32)).rows(np.arange(4)).any()


def test_wide_matrices_are_pruned_with_wider_column_numbers():
    wide = np.zeros((1, 70_000), np.float32)
    wide[0, 69_999] = 2.0
    pruned = Pruned.of(wide)
    assert pruned.columns.dtype == np.int32
    assert pruned.cells(np.array([0]), np.array([69_999]))[0, 0] == pytest.approx(2.0)


def test_a_quarter_of_the_bytes_is_enough(values):
    def size(matrix: Matrix) -> int:
        return sum(array.nbytes for array in matrix.arrays("weights").values())

    tall = np.random.default_rng(4).standard_normal((2_000, 64)).astype(np.float32)
    assert size(Quantised.of(tall)) < 0.251 * tall.nbytes
    assert size(Pruned.of(np.random.default_rng(5).standard_normal((500, 500)).astype(np.float32))) < 100_000 * 1.1

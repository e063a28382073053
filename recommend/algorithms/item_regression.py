"""Foretelling each course from all the others by ridge regression, in closed form and without storing more than B.

B minimises |X - XB|^2 + lambda |B|^2 under diag(B) = 0, and is I - P diag(1 / diag(P)) with P = (X'X + lambda I)^-1
(Steck, WWW 2019). P is found over whichever are fewer, the courses or the people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recommend.algorithms.base import COUNTING_PAIRS, INVERTING, Progress
from recommend.algorithms.interactions import Float32Array
from recommend.algorithms.inversion import BLOCK, invert_in_place

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def item_weights(matrix: csr_matrix, regularization: float, progress: Progress) -> Float32Array:
    """B, float32 (courses, courses), of X, sparse (people, courses); row i is what having course i says for the others.

    Raises `FloatingPointError` when the regularization is too small for the arithmetic.
    """
    people, courses = matrix.shape
    solve = _over_people if people < courses else _over_courses
    weights, own = solve(matrix, regularization, progress)
    if not np.all(own > 0):
        raise FloatingPointError("The courses cannot be told apart by numbers alone: try a larger regularization.")
    scale = -1 / own
    for start in range(0, courses, BLOCK):
        weights[start : start + BLOCK] *= scale
    np.fill_diagonal(weights, 0)
    return weights


def _over_courses(matrix: csr_matrix, regularization: float, progress: Progress) -> tuple[Float32Array, Float32Array]:
    """P and its diagonal."""
    inverse = _products_of_rows(matrix.T.tocsr(), np.float32, progress)
    _invert(inverse, regularization, progress)
    return inverse, inverse.diagonal().copy()


def _over_people(matrix: csr_matrix, regularization: float, progress: Progress) -> tuple[Float32Array, Float32Array]:
    """P, lambda times, and its diagonal, by P = (I - X' (XX' + lambda I)^-1 X) / lambda; I is left out of the first.

    In double precision, for the diagonal of I - ... is small where a course is popular.
    """
    matrix = matrix.astype(np.float64)
    inverse = _products_of_rows(matrix, np.float64, progress)
    _invert(inverse, regularization, progress)
    by_course = matrix.T.tocsr()
    size = by_course.shape[0]
    weights = np.empty((size, size), dtype=np.float32)
    own = np.empty(size, dtype=np.float32)
    for start in range(0, size, BLOCK):
        rows = -(by_course[start : start + BLOCK] @ inverse @ matrix)
        own[start : start + BLOCK] = 1 + rows.diagonal(start)[: len(rows)]
        weights[start : start + BLOCK] = rows
        progress(INVERTING, size, size, {})
    return weights, own


def _products_of_rows(matrix: csr_matrix, dtype: type[np.floating], progress: Progress) -> np.ndarray:
    """X X' as a dense (rows, rows), made a block of rows at a time."""
    size = matrix.shape[0]
    transposed = matrix.T.tocsr()
    products = np.empty((size, size), dtype=dtype)
    for start in range(0, size, BLOCK):
        stop = min(start + BLOCK, size)
        products[start:stop] = (matrix[start:stop] @ transposed).toarray()
        progress(COUNTING_PAIRS, stop, size, {})
    return products


def _invert(matrix: np.ndarray, regularization: float, progress: Progress) -> None:
    np.fill_diagonal(matrix, matrix.diagonal() + regularization)
    try:
        invert_in_place(matrix, lambda done, total: progress(INVERTING, done, total, {}))
    except np.linalg.LinAlgError as error:
        raise FloatingPointError(f"The courses cannot be told apart ({error}): try a larger regularization.") from error

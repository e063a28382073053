"""The main axes along which people's choices differ: leading right singular vectors of a sparse matrix, quickly.

Randomised subspace iteration (Halko, Martinsson, Tropp, SIAM Review 2011), orthonormalised through the small Gram
matrix, which costs one product where a QR decomposition of the tall matrix costs several. From the axes of an earlier,
similar matrix one iteration is enough.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from recommend.algorithms.interactions import Float32Array, Float64Array

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

EXTRA = 32
"""Columns iterated besides those asked for, so that the last ones asked for are right as well."""

SMALLEST = 1e-7
"""Directions whose squared length is below this share of the longest are arithmetic noise (32 bits)."""


def leading_axes(
    matrix: csr_matrix,
    count: int,
    iterations: int,
    seed: int,
    report: Callable[[int, int], None],
    start: Float32Array | None = None,
) -> tuple[Float32Array, Float32Array]:
    """Right singular vectors of a sparse float32 (people, courses) matrix, and the squares of its singular values.

    Axes float32 (courses, found) with orthonormal columns, squares float32 (found,), largest first; `found` is `count`
    or the rank, if that is lower. start: float32 (courses, any), directions to begin with; filled up at random.
    `report(done, total)` is called after each iteration.
    """
    transposed = matrix.T.tocsr()
    width = min(count + EXTRA, *matrix.shape)
    axes = np.random.default_rng(seed).standard_normal((matrix.shape[1], width), dtype=np.float32)
    if start is not None:
        known = min(width, start.shape[1])
        axes[:, :known] = start[:, :known]
        axes = orthonormal(axes)
    for done in range(1, iterations + 1):
        axes = orthonormal(transposed @ (matrix @ axes))
        report(done, iterations)
    axes = orthonormal(axes)  # once more, for the first pass leaves errors where the lengths differ much
    images = matrix @ axes
    squares, turn = np.linalg.eigh((images.T @ images).astype(np.float64))
    order = np.argsort(-squares)[:count]
    order = order[squares[order] > SMALLEST * max(squares.max(initial=0.0), np.finfo(np.float64).tiny)]
    return axes @ turn[:, order].astype(np.float32), squares[order].astype(np.float32)


def orthonormal(columns: Float32Array) -> Float32Array:
    """An orthonormal basis of what these columns span, float32 (rows, rank)."""
    products = (columns.T @ columns).astype(np.float64)
    try:
        factor = np.linalg.cholesky(products)
    except np.linalg.LinAlgError:
        return _of_lower_rank(columns, products)
    lengths = factor.diagonal() ** 2
    if lengths.min(initial=1.0) < SMALLEST * products.diagonal().max(initial=0.0):
        return _of_lower_rank(columns, products)
    return columns @ np.linalg.inv(factor).T.astype(np.float32)


def _of_lower_rank(columns: Float32Array, products: Float64Array) -> Float32Array:
    squares, turn = np.linalg.eigh(products)
    kept = squares > SMALLEST * max(squares.max(initial=0.0), np.finfo(np.float64).tiny)
    return columns @ (turn[:, kept] / np.sqrt(squares[kept])).astype(np.float32)

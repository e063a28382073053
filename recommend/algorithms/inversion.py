"""Inverting large symmetric matrices in place, in steps short enough to be watched and cancelled."""

from collections.abc import Callable

import numpy as np

from recommend.algorithms.interactions import Float32Array

BLOCK = 512


def invert_in_place(matrix: Float32Array, report: Callable[[int, int], None]) -> None:
    """Replace a symmetric positive definite matrix, float32 (n, n), by its inverse.

    Blocked Gauss-Jordan elimination (the sweep operator: Goodnight, The American Statistician 1979) on the lower
    triangle: about n^3 floating point operations, all in matrix products, and O(n * BLOCK) extra memory. LAPACK's
    potrf + potri is a third faster but silent until it ends. `report(done, total)` is called after each block.
    """
    starts = range(0, len(matrix), BLOCK)
    for done, start in enumerate(starts, 1):
        _sweep(matrix, start, min(start + BLOCK, len(matrix)))
        report(done, len(starts))
    for start in starts:
        stop = min(start + BLOCK, len(matrix))
        matrix[start:, start:stop] *= -1
        corner = matrix[start:stop, start:stop]
        corner[:] = (corner + corner.T) / 2
        matrix[start:stop, stop:] = matrix[stop:, start:stop].T


def _sweep(matrix: Float32Array, start: int, stop: int) -> None:
    """Pivot on rows start..stop: with pivot D and column C, D <- -D^-1, C <- C D^-1, the rest R <- R - C D^-1 C'."""
    pivot = np.linalg.inv(matrix[start:stop, start:stop].astype(np.float64)).astype(matrix.dtype)
    above = matrix[start:stop, :start].T.copy()
    below = matrix[stop:, start:stop].copy()
    above_pivot, below_pivot = above @ pivot, below @ pivot
    for left in range(0, start, BLOCK):
        right = min(left + BLOCK, start)
        columns = above[left:right].T
        matrix[left:start, left:right] -= above_pivot[left:] @ columns
        matrix[stop:, left:right] -= below_pivot @ columns
    for left in range(0, len(below), BLOCK):
        right = min(left + BLOCK, len(below))
        matrix[stop + left :, stop + left : stop + right] -= below_pivot[left:] @ below[left:right].T
    matrix[start:stop, start:stop] = -pivot
    matrix[start:stop, :start] = above_pivot.T
    matrix[stop:, start:stop] = below_pivot

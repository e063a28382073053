"""Training of implicit ALS: many small systems of equations at a time, with PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch

from recommend.algorithms.base import PREPARING, TRAINING, Interactions, Progress
from recommend.algorithms.distributed import device_named
from recommend.algorithms.interactions import Float32Array, Int64Array, damped
from recommend.algorithms.leading_axes import leading_axes

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from recommend.algorithms.als import AlsConfig

NUMBERS_AT_ONCE = 1 << 24
"""How many numbers the systems solved together may have (64 MB)."""

START_ITERATIONS = 2
START_SCALE = 0.01


def train(
    interactions: Interactions,
    config: AlsConfig,
    start: tuple[Float32Array, Int64Array] | None,
    progress: Progress,
) -> tuple[Float32Array, Float32Array]:
    """The courses V, float32 (n_items, k), and their popularity, float32 (n_items,)."""
    progress(PREPARING, 0, 1, {})
    device = device_named("als", config.device)
    matrix = interactions.matrix()
    matrix.data = damped(matrix.data)
    popularity = np.asarray(matrix.sum(axis=0), dtype=np.float32).ravel()
    first = _first_courses(matrix, config) if start is None else _earlier_courses(*start, config)
    progress(PREPARING, 1, 1, {})
    sides = _Side(matrix, config, device), _Side(matrix.T.tocsr(), config, device)
    courses = torch.from_numpy(first).to(device)
    total = config.sweeps * sum(len(side) for side in sides)
    done = 0
    for _sweep in range(config.sweeps):
        factors = courses
        for side in sides:
            parts = []
            for part in side.solved(factors):
                parts.append(part)
                done += 1
                progress(TRAINING, done, total, {})
            factors = side.in_order(parts)
        courses = factors
    found = courses.cpu().numpy()
    if not np.isfinite(found).all():
        raise FloatingPointError("The equations cannot be solved by numbers alone: try a larger regularization.")
    return found, popularity


class _Side:
    """The people, or the courses, in batches of about equal numbers of events."""

    def __init__(self, matrix: csr_matrix, config: AlsConfig, device: torch.device) -> None:
        self.matrix, self.config, self.device = matrix, config, device
        lengths = np.diff(matrix.indptr)
        self.order = np.argsort(lengths, kind="stable")
        self.batches = list(self._batches(lengths[self.order]))

    def __len__(self) -> int:
        return len(self.batches)

    def solved(self, others: torch.Tensor) -> Iterator[torch.Tensor]:
        """The factors of each batch of rows, given those of the other side."""
        size = others.shape[1]
        base = others.T @ others + self.config.regularization * torch.eye(size, device=self.device)
        padded = torch.cat([others, others.new_zeros(1, size)])
        for rows in self.batches:
            columns, extra = self._events(rows)
            met = padded[columns]
            weighted = met * extra[:, :, None]
            systems = torch.baddbmm(base.expand(len(rows), -1, -1), weighted.transpose(1, 2), met)
            sides = weighted.sum(1) + met.sum(1)
            factor, failed = torch.linalg.cholesky_ex(systems)
            if failed.any():
                raise FloatingPointError("The equations cannot be told apart: try a larger regularization.")
            yield torch.cholesky_solve(sides[:, :, None], factor)[:, :, 0]

    def in_order(self, parts: list[torch.Tensor]) -> torch.Tensor:
        """The factors of all rows, as the rows stand in the matrix."""
        found = torch.cat(parts)
        ordered = torch.empty_like(found)
        ordered[torch.from_numpy(self.order).to(self.device)] = found
        return ordered

    def _batches(self, lengths: Int64Array) -> Iterator[Int64Array]:
        start = 0
        size = self.config.factors
        while start < len(lengths):
            stop = start + 1
            step = max(1, NUMBERS_AT_ONCE // (size * (size + int(lengths[start]) + 1)))
            stop = min(start + step, len(lengths))
            while stop > start + 1 and (stop - start) * size * (size + int(lengths[stop - 1])) > NUMBERS_AT_ONCE:
                stop = start + max(1, (stop - start) // 2)
            yield self.order[start:stop]
            start = stop

    def _events(self, rows: Int64Array) -> tuple[torch.Tensor, torch.Tensor]:
        """The courses of each row, filled up with one that is none, and how much more each counts than no event."""
        starts, ends = self.matrix.indptr[rows], self.matrix.indptr[rows + 1]
        places = starts[:, None] + np.arange(max(1, int((ends - starts).max(initial=0))))
        within = places < ends[:, None]
        places = np.minimum(places, max(0, self.matrix.nnz - 1))
        columns = np.where(within, self.matrix.indices[places], self.matrix.shape[1]).astype(np.int64)
        extra = np.where(within, self.config.confidence * self.matrix.data[places], 0).astype(np.float32)
        return torch.from_numpy(columns).to(self.device), torch.from_numpy(extra).to(self.device)


def _first_courses(matrix: csr_matrix, config: AlsConfig) -> Float32Array:
    """A start that already knows the main axes of taste, so that few sweeps are enough."""
    random = np.random.default_rng(config.seed)
    first = random.normal(scale=START_SCALE, size=(matrix.shape[1], config.factors)).astype(np.float32)
    axes, squares = leading_axes(matrix, config.factors, START_ITERATIONS, config.seed, lambda done, total: None)
    first[:, : axes.shape[1]] += axes * np.sqrt(np.sqrt(squares))
    return first


def _earlier_courses(earlier: Float32Array, columns: Int64Array, config: AlsConfig) -> Float32Array:
    random = np.random.default_rng(config.seed)
    first = random.normal(scale=START_SCALE, size=(len(columns), config.factors)).astype(np.float32)
    known, shared = columns >= 0, min(config.factors, earlier.shape[1])
    first[known, :shared] = earlier[columns[known], :shared]
    return first

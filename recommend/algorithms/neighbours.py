"""A sparse course x course matrix: each course with those that are most often chosen by the same people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from recommend.algorithms.artifacts import Arrays
from recommend.algorithms.interactions import Float32Array, Int32Array, Int64Array
from recommend.algorithms.matrices import LARGEST_CODE, Indices, Matrix, Pruned

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

ROWS_AT_ONCE = 2048
TINY = np.finfo(np.float32).tiny


@dataclass(frozen=True)
class Neighbours(Matrix):
    """The strongest links of each course: those of course i are `items[starts[i]:starts[i + 1]]`.

    starts: int64 (n_items + 1,); items: int32 (links,); weights: float32 (links,).
    """

    starts: Int64Array
    items: Int32Array
    weights: Float32Array

    @classmethod
    def of(cls, matrix: csr_matrix, most: int, scale: Float32Array, report: Callable[[int, int], None]) -> Self:
        """The `most` strongest links X'X of each course, of X sparse (people, courses), the course itself left out.

        scale: float32 (n_items,), how much a link to each course is worth when the strongest are chosen; the weights
        themselves are not scaled.
        """
        transposed = matrix.T.tocsr()
        size = matrix.shape[1]
        parts: list[tuple[Int64Array, Int32Array, Float32Array]] = []
        for start in range(0, size, ROWS_AT_ONCE):
            links = transposed[start : start + ROWS_AT_ONCE] @ matrix
            parts.append(_strongest(links, start, most, scale))
            report(min(start + ROWS_AT_ONCE, size), size)
        counts, items, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
        return cls(np.concatenate([[0], np.cumsum(counts)]), items, weights)

    @property
    def shape(self) -> tuple[int, int]:  # type: ignore[override]
        """The number of courses, twice."""
        return len(self.starts) - 1, len(self.starts) - 1

    def rows(self, index: Indices) -> Float32Array:
        """The links of these courses, filled up with zeros."""
        links, row_of_link = self._links(index)
        rows = np.zeros((len(index), self.shape[1]), np.float32)
        rows[row_of_link, self.items[links]] = self.weights[links]
        return rows

    def sum_of_rows(self, index: Indices, strengths: Float32Array) -> Float32Array:
        """Only the links there are are looked at."""
        links, row_of_link = self._links(index)
        return np.bincount(self.items[links], self.weights[links] * strengths[row_of_link], self.shape[1]).astype(
            np.float32
        )

    def sums_of_rows(self, strengths: csr_matrix) -> Float32Array:
        """One sparse product."""
        from scipy.sparse import csr_matrix  # slow to load, and of no use for one person at a time

        return (strengths @ csr_matrix((self.weights, self.items, self.starts), self.shape)).toarray()

    def arrays(self, name: str) -> Arrays:
        """The three columns."""
        return {f"{name}_starts": self.starts, f"{name}_items": self.items, f"{name}_weights": self.weights}

    def pruned(self, most: int) -> Pruned:
        """The `most` heaviest links of each course, with a byte for each weight."""
        size = len(self.starts) - 1
        rows = np.repeat(np.arange(size), np.diff(self.starts))
        order = np.lexsort((-self.weights, rows))
        kept = np.sort(order[np.arange(len(rows)) - self.starts[rows] < most])
        rows, weights = rows[kept], self.weights[kept]
        scales = np.full(size, TINY, np.float32)
        np.maximum.at(scales, rows, weights / LARGEST_CODE)
        narrow = np.uint16 if size <= np.iinfo(np.uint16).max else np.int32
        return Pruned(
            np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=size))]),
            self.items[kept].astype(narrow),
            np.rint(weights / scales[rows]).astype(np.int8),
            scales,
            np.array([size], np.int32),
        )

    def _links(self, index: Indices) -> tuple[Int64Array, Int64Array]:
        """Where the links of these courses are, and which of the courses each is of."""
        counts = self.starts[np.asarray(index) + 1] - self.starts[index]
        ends = np.cumsum(counts)
        row_of_link = np.repeat(np.arange(len(counts)), counts)
        return np.arange(len(row_of_link)) + np.repeat(self.starts[index] - (ends - counts), counts), row_of_link


def read_links(arrays: Arrays, name: str) -> Matrix:
    """The links that are stored under this name, all of them or pruned. Raises `KeyError` when there are none."""
    if f"{name}_codes" in arrays:
        return Pruned(*(arrays[f"{name}_{part}"] for part in ("offsets", "columns", "codes", "scales", "width")))
    return Neighbours(*(arrays[f"{name}_{part}"] for part in ("starts", "items", "weights")))


def _strongest(
    links: csr_matrix, first: int, most: int, scale: Float32Array
) -> tuple[Int64Array, Int32Array, Float32Array]:
    """Of each row, for the courses from `first` on: how many links are kept, which courses, and their weights."""
    worth = links.data * scale[links.indices]
    rows = np.repeat(np.arange(links.shape[0]), np.diff(links.indptr))
    worth[links.indices == rows + first] = -np.inf
    kept = np.isfinite(worth)
    for row in np.flatnonzero(np.diff(links.indptr) > most + 1).tolist():
        within = slice(links.indptr[row], links.indptr[row + 1])
        weakest = np.argpartition(worth[within], -most)[:-most]
        kept[within][weakest] = False
    counts = np.bincount(rows[kept], minlength=links.shape[0])
    return counts, links.indices[kept].astype(np.int32), links.data[kept].astype(np.float32)

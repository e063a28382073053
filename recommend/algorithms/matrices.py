"""Matrices with a row for each course, whole or compact, behind the few questions that answering asks of them.

whole: float32, as it was learned.
quantised: one byte a number: value = code * scale of the column, codes -127..127 (linear, symmetric quantisation).
pruned: of each row only the numbers furthest from 0, quantised by row; with fewer than 65,536 columns three bytes each.

All of them are made of plain arrays, so that they are memory-mapped and shared by processes; nothing is unpacked
beyond the rows that a question is about, or a block of them at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recommend.algorithms.artifacts import Arrays
from recommend.algorithms.interactions import Float32Array, Int64Array

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

LARGEST_CODE = 127
NUMBERS_AT_ONCE = 1 << 22
"""How many numbers are unpacked at a time (16 MB of float32)."""
SHARE_KEPT = 0.125
"""How much of a pruned matrix is kept; at three bytes a number less than a tenth of the bytes, at five a sixth."""
FEWEST_KEPT = 32

Indices = npt.NDArray[np.integer]


class Matrix(ABC):
    """A matrix (rows, columns) of float32 values, however they are stored."""

    shape: tuple[int, int]

    @abstractmethod
    def rows(self, index: Indices) -> Float32Array:
        """These rows, float32 (len(index), columns)."""

    @abstractmethod
    def arrays(self, name: str) -> Arrays:
        """What is stored, under names that begin with this one; `read` finds it again."""

    def cells(self, index: Indices, columns: Indices) -> Float32Array:
        """These columns of these rows, float32 (len(index), len(columns))."""
        return self.rows(index)[:, columns]

    def sum_of_rows(self, index: Indices, strengths: Float32Array) -> Float32Array:
        """The rows, each times its strength, in sum: float32 (columns,)."""
        return strengths @ self.rows(index)

    def sums_of_rows(self, strengths: csr_matrix) -> Float32Array:
        """The same for many at once: strengths, sparse (people, rows), give float32 (people, columns)."""
        sums = np.zeros((strengths.shape[0], self.shape[1]), np.float32)
        by_row = strengths.tocsc()
        for start, stop in _blocks(self.shape):
            block = by_row[:, start:stop]
            if block.nnz:
                sums += block @ self.rows(np.arange(start, stop))
        return sums

    def products(self, vectors: Float32Array) -> Float32Array:
        """The inner product of each vector, (people, columns), with each row: float32 (people, rows)."""
        products = np.empty((len(vectors), self.shape[0]), np.float32)
        for start, stop in _blocks(self.shape):
            products[:, start:stop] = vectors @ self.rows(np.arange(start, stop)).T
        return products


@dataclass(frozen=True)
class Whole(Matrix):
    """Values, float32 (rows, columns), as they are."""

    values: Float32Array

    @property
    def shape(self) -> tuple[int, int]:  # type: ignore[override]
        """How many rows and columns."""
        return self.values.shape[0], self.values.shape[1]

    def rows(self, index: Indices) -> Float32Array:
        """These rows."""
        return self.values[index]

    def cells(self, index: Indices, columns: Indices) -> Float32Array:
        """These cells, without looking at others."""
        return self.values[index[:, None], columns]

    def sums_of_rows(self, strengths: csr_matrix) -> Float32Array:
        """One product."""
        return strengths @ self.values

    def products(self, vectors: Float32Array) -> Float32Array:
        """One product."""
        return vectors @ self.values.T

    def arrays(self, name: str) -> Arrays:
        """One array of this name."""
        return {name: self.values}


@dataclass(frozen=True)
class Quantised(Matrix):
    """codes: int8 (rows, columns); scales: float32 (columns,), what a code of 1 is worth."""

    codes: npt.NDArray[np.int8]
    scales: Float32Array

    @classmethod
    def of(cls, values: Float32Array) -> Quantised:
        """The nearest codes of these values, float32 (rows, columns)."""
        largest = np.maximum(values.max(axis=0, initial=0), -values.min(axis=0, initial=0))
        scales = (np.maximum(largest, np.finfo(np.float32).tiny) / LARGEST_CODE).astype(np.float32)
        return cls(np.rint(values / scales).astype(np.int8), scales)

    @property
    def shape(self) -> tuple[int, int]:  # type: ignore[override]
        """How many rows and columns."""
        return self.codes.shape[0], self.codes.shape[1]

    def rows(self, index: Indices) -> Float32Array:
        """These rows."""
        return self.codes[index] * self.scales

    def cells(self, index: Indices, columns: Indices) -> Float32Array:
        """These cells, without looking at others."""
        return self.codes[index[:, None], columns] * self.scales[columns]

    def products(self, vectors: Float32Array) -> Float32Array:
        """The vectors take on the scales, so that codes need only become floats."""
        scaled = vectors * self.scales
        products = np.empty((len(vectors), self.shape[0]), np.float32)
        for start, stop in _blocks(self.shape):
            products[:, start:stop] = scaled @ self.codes[start:stop].astype(np.float32).T
        return products

    def arrays(self, name: str) -> Arrays:
        """Codes and scales."""
        return {f"{name}_codes": self.codes, f"{name}_scales": self.scales}


@dataclass(frozen=True)
class Pruned(Matrix):
    """Sparse rows: row r has `codes[k] * scales[r]` in column `columns[k]`, for k from offsets[r] to offsets[r + 1].

    offsets: int64 (rows + 1,); columns: uint16 or int32 (kept,); codes: int8 (kept,); scales: float32 (rows,);
    width: int32 (1,), the number of columns.
    """

    offsets: Int64Array
    columns: Indices
    codes: npt.NDArray[np.int8]
    scales: Float32Array
    width: Indices

    @classmethod
    def of(cls, values: Float32Array, share: float = SHARE_KEPT) -> Pruned:
        """Keep of each row this share of its numbers, those furthest from 0; zeros are never kept."""
        height, width = values.shape
        kept = min(width, max(FEWEST_KEPT, round(share * width)))
        narrow = np.uint16 if width <= np.iinfo(np.uint16).max else np.int32
        counts, columns, codes = np.zeros(height, np.int64), [], []
        scales = np.empty(height, np.float32)
        for start, stop in _blocks(values.shape):
            block = np.abs(values[start:stop])
            scales[start:stop] = np.maximum(block.max(axis=1, initial=0), np.finfo(np.float32).tiny) / LARGEST_CODE
            found = np.sort(np.argpartition(block, width - kept, axis=1)[:, width - kept :], axis=1)
            numbers = np.rint(np.take_along_axis(values[start:stop], found, axis=1) / scales[start:stop, None])
            said = numbers != 0
            counts[start:stop] = said.sum(axis=1)
            columns.append(found[said].astype(narrow))
            codes.append(numbers[said].astype(np.int8))
        offsets = np.concatenate([[0], np.cumsum(counts)])
        return cls(offsets, np.concatenate(columns), np.concatenate(codes), scales, np.array([width], np.int32))

    @property
    def shape(self) -> tuple[int, int]:  # type: ignore[override]
        """How many rows and columns."""
        return len(self.scales), int(self.width[0])

    def rows(self, index: Indices) -> Float32Array:
        """These rows, filled up with zeros."""
        places, row_of_place = self._places(index)
        rows = np.zeros((len(index), self.shape[1]), np.float32)
        rows[row_of_place, self.columns[places]] = self.codes[places] * self.scales[index][row_of_place]
        return rows

    def sum_of_rows(self, index: Indices, strengths: Float32Array) -> Float32Array:
        """Only what was kept is looked at."""
        places, row_of_place = self._places(index)
        values = self.codes[places] * (strengths * self.scales[index])[row_of_place]
        return np.bincount(self.columns[places], values, minlength=self.shape[1]).astype(np.float32)

    def sums_of_rows(self, strengths: csr_matrix) -> Float32Array:
        """One sparse product."""
        from scipy.sparse import csr_matrix  # serving one person at a time needs numpy alone

        values = self.codes * np.repeat(self.scales, np.diff(self.offsets))
        return (strengths @ csr_matrix((values, self.columns, self.offsets), self.shape)).toarray()

    def arrays(self, name: str) -> Arrays:
        """The five columns."""
        return {
            f"{name}_offsets": self.offsets,
            f"{name}_columns": self.columns,
            f"{name}_codes": self.codes,
            f"{name}_scales": self.scales,
            f"{name}_width": self.width,
        }

    def _places(self, index: Indices) -> tuple[Int64Array, Int64Array]:
        """Where the kept numbers of these rows are, and which of the rows each is of."""
        starts, counts = self.offsets[index], self.offsets[np.asarray(index) + 1] - self.offsets[index]
        ends = np.cumsum(counts)
        row_of_place = np.repeat(np.arange(len(counts)), counts)
        return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - counts), counts), row_of_place


def read(arrays: Arrays, name: str) -> Matrix:
    """The matrix that is stored under this name, in whichever form. Raises `KeyError` when there is none."""
    if name in arrays:
        return Whole(arrays[name])
    if f"{name}_offsets" in arrays:
        return Pruned(*(arrays[f"{name}_{part}"] for part in ("offsets", "columns", "codes", "scales", "width")))
    if f"{name}_codes" in arrays:
        return Quantised(arrays[f"{name}_codes"], arrays[f"{name}_scales"])
    raise KeyError(name)


def _blocks(shape: tuple[int, int]) -> Iterator[tuple[int, int]]:
    height, width = shape
    step = max(1, NUMBERS_AT_ONCE // max(1, width))
    return ((start, min(start + step, height)) for start in range(0, height, step))

"""Which pairs are compared at all: those with a key in common, so that the work grows with accounts, not with pairs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

Ints = np.ndarray

MOST_IN_BLOCK = 30
"""A key that more accounts have tells too little to begin with."""
MOST_PAIRS = 20_000_000


@dataclass(frozen=True)
class Candidates:
    """Pairs to compare, as rows of the accounts given: int64 (n,) each, `first` < `second`, sorted by both."""

    first: Ints
    second: Ints

    def __len__(self) -> int:
        return len(self.first)


def candidates(keys: Ints, rows: Ints, platforms: Ints, persons: Ints) -> Candidates:
    """Pairs of accounts on different platforms, of different persons, that have a key in common.

    keys, rows: int64 (n,) each, a key and the row of an account that has it. platforms, persons: int64 by row. Memory
    is a few dozen bytes for each key and pair. Of more than `MOST_PAIRS` the smallest blocks are kept, which tell most.
    """
    order = np.argsort(keys, kind="stable")
    keys, rows = keys[order], rows[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, dtype=np.int64)
    sizes = np.diff(np.r_[starts, len(keys)])
    found = [np.zeros(0, dtype=np.int64)]
    total = 0
    for size in range(2, MOST_IN_BLOCK + 1):
        for coded in _pairs_of_size(rows, starts[sizes == size], size, platforms, persons):
            total += len(coded)
            if total > MOST_PAIRS:
                break
            found.append(coded)
    coded = np.unique(np.concatenate(found))
    return Candidates(coded // max(len(platforms), 1), coded % max(len(platforms), 1))


def _pairs_of_size(rows: Ints, starts: Ints, size: int, platforms: Ints, persons: Ints) -> Iterator[Ints]:
    """The pairs within blocks of one size, a hundred thousand blocks at a time, each as one number."""
    left, right = np.triu_indices(size, 1)
    for begin in range(0, len(starts), 100_000):
        members = np.sort(rows[starts[begin : begin + 100_000, None] + np.arange(size)], axis=1)
        first, second = members[:, left].ravel(), members[:, right].ravel()
        kept = (first != second) & (platforms[first] != platforms[second]) & (persons[first] != persons[second])
        yield first[kept] * len(platforms) + second[kept]

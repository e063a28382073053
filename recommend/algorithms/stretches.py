"""Stretches of histories as mini-batches: at each place, what was chosen after what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from recommend.algorithms.examples import Events
from recommend.algorithms.interactions import Int64Array

SORTED_WITHIN = 3.0
"""How much the length of stretches in a mini-batch may differ (places): more mixes better and fills up more."""


@dataclass(frozen=True)
class Stretches:
    """Each is the rows `starts[s]:stops[s]` of the events of one person, as what was chosen, one place each.

    At each place, what was chosen before it in the stretch is seen, and the one before the stretch; at the beginning
    of a history that is a mark. starts, stops: int64 (stretches,). only_last: only the last place is asked about.
    """

    starts: Int64Array
    stops: Int64Array
    only_last: bool = False

    def __len__(self) -> int:
        return len(self.starts)

    @classmethod
    def of(cls, events: Events, length: int) -> Self:
        """All events, each in one stretch of at most `length` places; the latest stretch of a person is full first."""
        last = np.flatnonzero(np.append(events.people[1:] != events.people[:-1], True))
        rows = np.arange(len(events))
        stops = np.flatnonzero((last[np.searchsorted(last, rows)] - rows) % length == 0) + 1
        return cls(np.maximum(events.first[stops - 1], stops - length), stops)

    @classmethod
    def ending_at(cls, events: Events, rows: Int64Array, length: int) -> Self:
        """One stretch for each of these rows, asked about it alone."""
        return cls(np.maximum(events.first[rows], rows + 1 - length), rows + 1, only_last=True)

    def rows(self, batch: Int64Array) -> Int64Array:
        """The rows of the events in these stretches, int64 (m,)."""
        counts = self.stops[batch] - self.starts[batch]
        ends = np.cumsum(counts)
        return np.arange(counts.sum()) + np.repeat(self.starts[batch] - ends + counts, counts)

    def batches(self, size: int, random: np.random.Generator) -> Iterator[Int64Array]:
        """All stretches once, in mini-batches of about `size` places and of about the same length, in random order."""
        lengths = self.stops - self.starts
        order = np.argsort(lengths + random.random(len(lengths)) * SORTED_WITHIN)
        groups = (np.cumsum(lengths[order]) - 1) // size
        batches = np.split(order, np.flatnonzero(np.diff(groups)) + 1)
        for number in random.permutation(len(batches)):
            yield batches[number]

    def padded(
        self, events: Events, batch: Int64Array, nothing: int
    ) -> tuple[Int64Array, Int64Array, npt.NDArray[np.bool_]]:
        """What is seen at each place, the row of what then was chosen, and whether that is asked about.

        All (len(batch), places), filled up at the end; `nothing` is the mark of the beginning, and fills up.
        """
        starts, stops = self.starts[batch, None], self.stops[batch, None]
        rows = starts + np.arange((stops - starts).max(initial=0))
        within = rows < stops
        rows = np.minimum(rows, stops - 1)
        begins = rows == events.first[rows]
        seen = np.where(within & ~begins, events.items[rows - 1], nothing).astype(np.int64)
        return seen, rows, within & (rows == stops - 1) if self.only_last else within

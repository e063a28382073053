"""Training examples out of histories: a course somebody chose, and what they had chosen until then."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from recommend.algorithms.interactions import (
    Float32Array,
    Float64Array,
    Histories,
    Int32Array,
    Int64Array,
    Interactions,
    damped,
    last_at_same_time,
)


@dataclass(frozen=True)
class Contexts:
    """What came before each of some events, ragged: `rows[offsets[e]:offsets[e + 1]]` before the e-th.

    rows: int64 (m,) into the events; offsets: int64 (examples + 1,); strengths: float32 (m,), how much each counts.
    """

    rows: Int64Array
    offsets: Int64Array
    strengths: Float32Array


@dataclass(frozen=True)
class Events:
    """All choices, sorted by person and time, each course once a person.

    people: int64 (n,); items: int32 (n,); weights: float32 (n,), damped; times: float64 (n,).
    """

    people: Int64Array
    items: Int32Array
    weights: Float32Array
    times: Float64Array

    @classmethod
    def of(cls, interactions: Interactions, random: np.random.Generator) -> Self:
        """From interactions; events of one time are put into random order."""
        histories: Histories = interactions.histories(np.arange(interactions.n_users)).distinct()
        order = np.lexsort((random.random(len(histories.items)), histories.times, histories.people))
        return cls(
            histories.people[order], histories.items[order], damped(histories.weights)[order], histories.times[order]
        )

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def first(self) -> Int64Array:
        """The first row of the same person, int64 (n,)."""
        starts = np.flatnonzero(np.concatenate([[True], self.people[1:] != self.people[:-1]]))
        return starts[np.searchsorted(starts, np.arange(len(self)), side="right") - 1]

    @cached_property
    def last(self) -> Int64Array:
        """The last row of the same person and time, int64 (n,)."""
        return last_at_same_time(self.people, self.times)

    def held_out(self, share: float, most: int, random: np.random.Generator) -> Int64Array:
        """The latest rows of this share of the people who have two or more; ten to `most` people, or none."""
        latest = np.flatnonzero(np.concatenate([self.people[1:] != self.people[:-1], [True]]))
        latest = latest[self.first[latest] < latest]
        count = min(round(share * len(latest)), most)
        return np.sort(random.permutation(latest)[:count]) if count >= 10 else latest[:0]

    def without(self, rows: Int64Array) -> Events:
        """The events other than these."""
        kept = np.ones(len(self), dtype=bool)
        kept[rows] = False
        return Events(self.people[kept], self.items[kept], self.weights[kept], self.times[kept])

    def contexts(self, examples: Int64Array, length: int, half_life: float) -> Contexts:
        """What the person had chosen by the time of each example row, itself left out: at most `length` latest rows.

        Where the order is known that is the past, where it is not (one time for all) it is everything else.
        """
        last = self.last[examples]
        start = np.maximum(self.first[examples], last - length)
        counts = last - start
        offsets = np.concatenate([[0], np.cumsum(counts)])
        rows = np.arange(offsets[-1]) + np.repeat(start - offsets[:-1], counts)
        rows += rows >= np.repeat(examples, counts)
        strengths = self.weights[rows]
        if half_life:
            later = np.repeat(last, counts) - self.last[rows]
            later -= later > 0  # the example itself is not part of what came before it
            strengths = strengths * np.exp2(later / -half_life).astype(np.float32)
        return Contexts(rows, offsets, strengths)

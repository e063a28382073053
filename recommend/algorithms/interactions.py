"""What recommenders learn from (`Interactions`) and what they answer from (`Histories`).

Both are plain columns of numbers: people are rows 0..n_users-1 and courses are columns 0..n_items-1. Which
person or course a number stands for is the caller's business, so these modules need no database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]


class EmptyDataset(ValueError):
    """There is nothing a model could learn from: no interactions at all, or values that are no numbers."""


@dataclass(frozen=True)
class Descriptions:
    """What the courses are, as far as anybody has said; all columns have n_items entries.

    texts: title, tags and description in one text, empty where there is none.
    categories, teachers, kinds: a word for each course, empty where unknown.
    pictures: float32 (n_items, f), numbers that describe each cover; None where no covers were looked at.
    sounds: float32 (n_items, g), numbers that describe each audio preview; None where none were listened to.
    sentences: float32 (n_items, h), each text as a sentence encoder reads it; None where there is no encoder.

    In these three, a row of NaN is a course of which this is not known.
    """

    texts: Sequence[str]
    categories: Sequence[str]
    teachers: Sequence[str]
    kinds: Sequence[str]
    pictures: Float32Array | None = None
    sounds: Float32Array | None = None
    sentences: Float32Array | None = None

    def __bool__(self) -> bool:
        """Whether anything is known of any course."""
        said = (self.texts, self.categories, self.teachers)
        measured = (self.pictures, self.sounds, self.sentences)
        return any(map(any, said)) or any(part is not None and bool(np.isfinite(part).any()) for part in measured)


@dataclass(frozen=True)
class Interactions:
    """What a model is trained on; one row per interaction.

    users: int32 (n,), the person, 0..n_users-1.
    items: int32 (n,), the course, 0..n_items-1.
    weights: float32 (n,), how much the event tells, above 0; 1 is an ordinary event.
    times: float64 (n,), seconds since the epoch, or the order within a person; equal times mean "order unknown".
    platform_of_item: int32 (n_items,), the platform that offers each course; None where all are of one.
    descriptions: what the courses are; None where nothing is known of them.
    """

    users: Int32Array
    items: Int32Array
    weights: Float32Array
    times: Float64Array
    n_users: int
    n_items: int
    platform_of_item: Int32Array | None = None
    descriptions: Descriptions | None = None

    def __len__(self) -> int:
        return len(self.users)

    @cached_property
    def platforms(self) -> Int32Array:
        """The platform of each course, int32 (n_items,); all 0 where nothing was said."""
        return np.zeros(self.n_items, np.int32) if self.platform_of_item is None else self.platform_of_item

    @cached_property
    def met(self) -> npt.NDArray[np.bool_]:
        """Whether anybody met each course, bool (n_items,)."""
        return np.bincount(self.items, minlength=self.n_items) > 0

    def where(self, kept: npt.NDArray[np.bool_]) -> Interactions:
        """Only the rows marked in `kept`, bool (n,); the people and courses stay the same."""
        return replace(
            self, users=self.users[kept], items=self.items[kept], weights=self.weights[kept], times=self.times[kept]
        )

    def require_learnable(self) -> None:
        """Raise `EmptyDataset`, saying what is wrong, unless a model can be trained on these interactions."""
        sizes = {len(self.users), len(self.items), len(self.weights), len(self.times)}
        if len(sizes) > 1:
            raise EmptyDataset(f"The columns of the interactions differ in length: {sorted(sizes)}.")
        if not len(self):
            raise EmptyDataset("There are no interactions to learn from; record or import some events first.")
        for column, values, size in (("users", self.users, self.n_users), ("items", self.items, self.n_items)):
            if values.min() < 0 or values.max() >= size:
                raise EmptyDataset(f"The column `{column}` has an index outside 0..{size - 1}.")
        bad = np.flatnonzero(~(np.isfinite(self.weights) & (self.weights > 0)))
        if len(bad):
            raise EmptyDataset(
                f"{len(bad)} interactions have a weight that is not a number above 0 (the first is row {bad[0]})."
            )
        bad = np.flatnonzero(~np.isfinite(self.times))
        if len(bad):
            raise EmptyDataset(f"{len(bad)} interactions have no valid time (the first is row {bad[0]}).")

    def require_order(self) -> None:
        """Raise `EmptyDataset` unless somebody's interactions have different times, so that there is an order."""
        order, _ = self._by_person
        people, times = self.users[order], self.times[order]
        if not np.any((people[1:] == people[:-1]) & (times[1:] != times[:-1])):
            raise EmptyDataset(
                "Nobody's interactions are in a known order, as all of each person's have one time; "
                "what comes next can only be learned from times."
            )

    def matrix(self, binary: bool = False) -> csr_matrix:
        """Person x course matrix, float32 (n_users, n_items): summed weights, or 1.0 wherever there is one."""
        return _matrix(self.users, self.items, self.weights, (self.n_users, self.n_items), binary)

    def histories(self, users: npt.NDArray[np.integer]) -> Histories:
        """The histories of these rows (people,), in that order, each oldest first."""
        order, starts = self._by_person
        users = np.asarray(users, dtype=np.int64)
        counts = starts[users + 1] - starts[users]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        rows = order[np.arange(offsets[-1]) + np.repeat(starts[users] - offsets[:-1], counts)]
        return Histories(self.items[rows], self.weights[rows], self.times[rows], offsets)

    @cached_property
    def _by_person(self) -> tuple[Int64Array, Int64Array]:
        order = np.lexsort((self.times, self.users))
        counts = np.bincount(self.users, minlength=self.n_users)
        return order, np.concatenate([[0], np.cumsum(counts)])


@dataclass(frozen=True)
class Histories:
    """What some people did, ragged: person p's history is `items[offsets[p]:offsets[p + 1]]`, oldest first.

    items: int32 (m,), weights: float32 (m,), times: float64 (m,), offsets: int64 (people + 1,).
    """

    items: Int32Array
    weights: Float32Array
    times: Float64Array
    offsets: Int64Array

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def single(
        cls, items: npt.ArrayLike, weights: npt.ArrayLike | None = None, times: npt.ArrayLike | None = None
    ) -> Self:
        """One person's history. Without weights every event counts 1; without times the order given is the order."""
        item_column = np.asarray(items, dtype=np.int32)
        size = len(item_column)
        weight_column = np.ones(size, np.float32) if weights is None else np.asarray(weights, dtype=np.float32)
        time_column = np.arange(size, dtype=np.float64) if times is None else np.asarray(times, dtype=np.float64)
        if times is not None and np.any(time_column[1:] < time_column[:-1]):
            order = np.argsort(time_column, kind="stable")
            item_column, weight_column, time_column = item_column[order], weight_column[order], time_column[order]
        return cls(item_column, weight_column, time_column, np.array([0, size]))

    def require_items_below(self, n_items: int) -> None:
        """Raise `ValueError` when a history names a course that the model does not have."""
        if len(self.items) and (np.minimum.reduce(self.items) < 0 or np.maximum.reduce(self.items) >= n_items):
            raise ValueError(
                f"A history names a course outside 0..{n_items - 1}; leave out courses newer than the model."
            )

    def require_one(self) -> None:
        """Raise `ValueError` unless this is the history of exactly one person."""
        if len(self) != 1:
            raise ValueError(f"Expected the history of one person, not of {len(self)}.")

    @cached_property
    def people(self) -> Int64Array:
        """Which person each event belongs to, int64 (m,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def matrix(self, n_items: int, binary: bool = False) -> csr_matrix:
        """Person x course matrix, float32 (people, n_items): summed weights, or 1.0 wherever there is one."""
        return _matrix(self.people, self.items, self.weights, (len(self), n_items), binary)

    def distinct(self) -> Histories:
        """The same histories with each course once a person: weights summed, at the latest of its times."""
        if len(self) == 1:
            return self._distinct_of_one()
        keys = (self.people << 32) | self.items
        unique, last_from_end, inverse = np.unique(keys[::-1], return_index=True, return_inverse=True)
        if len(unique) == len(keys):
            return self
        weights = np.bincount(inverse, weights=self.weights[::-1]).astype(np.float32)
        latest = len(keys) - 1 - last_from_end
        order = np.argsort(latest)
        rows = latest[order]
        offsets = np.searchsorted(self.people[rows], np.arange(len(self) + 1))
        return Histories(self.items[rows], weights[order], self.times[rows], offsets)

    def _distinct_of_one(self) -> Histories:
        """`distinct` for a single person, ten times faster for the few events that serving knows of."""
        latest: dict[int, int] = {}
        weights: dict[int, float] = {}
        for row, (item, weight) in enumerate(zip(self.items.tolist(), self.weights.tolist(), strict=True)):
            latest[item] = row
            weights[item] = weights.pop(item, 0.0) + weight  # what came last now stands last
        if len(latest) == len(self.items):
            return self
        rows = np.array([latest[item] for item in weights])
        summed = np.array(list(weights.values()), dtype=np.float32)
        return Histories(self.items[rows], summed, self.times[rows], np.array([0, len(rows)]))

    def strengths(self, half_life: float) -> Float32Array:
        """How much each event says, float32 (m,): its damped weight times its recency; for `distinct` histories."""
        return damped(self.weights) * self.recency(half_life)

    def shared_strengths(self, half_life: float) -> Float32Array:
        """The strengths of the `distinct` histories, shared among the events of a course by weight, float32 (m,).

        For one person; raises `ValueError` for more.
        """
        self.require_one()
        distinct = self.distinct()
        strengths = distinct.strengths(half_life)
        if distinct is self:
            return strengths
        row_of_course = {course: row for row, course in enumerate(distinct.items.tolist())}
        rows = np.array([row_of_course[course] for course in self.items.tolist()])
        return strengths[rows] * (self.weights / distinct.weights[rows])

    def recency(self, half_life: float) -> Float32Array:
        """How fresh each event is, float32 (m,): halved by every `half_life` later events; all 1 when it is 0.

        Counted in events, not days, so that it means the same for busy and for quiet people. Events of one time
        are equally fresh, so a history without known order is not bent by the order it happens to be stored in.
        """
        if not half_life:
            return np.ones(len(self.items), np.float32)
        if len(self) == 1 and np.logical_and.reduce(self.times[1:] > self.times[:-1]):
            later = np.arange(len(self.items) - 1, -1, -1)
        else:
            last_of_person = self.offsets[1:][self.people] - 1
            later = last_of_person - last_at_same_time(self.people, self.times)
        return np.exp2(later / -half_life).astype(np.float32)


def last_at_same_time(people: Int64Array, times: Float64Array) -> Int64Array:
    """For rows sorted by person and time: the last row, int64 (m,), with the same person and the same time."""
    size = len(people)
    ends = np.ones(size, dtype=bool)
    ends[:-1] = (people[1:] != people[:-1]) | (times[1:] != times[:-1])
    end_rows = np.flatnonzero(ends)
    return end_rows[np.cumsum(ends) - ends]


def damped(weights: Float32Array) -> Float32Array:
    """log2(1 + w): an ordinary event (1) counts 1, and a person who repeats it a hundred times counts about 7."""
    return np.log2(1 + weights)


def _matrix(
    users: npt.NDArray[np.integer],
    items: Int32Array,
    weights: Float32Array,
    shape: tuple[int, int],
    binary: bool,
) -> csr_matrix:
    from scipy.sparse import csr_matrix  # serving one person at a time needs numpy alone

    matrix = csr_matrix((weights, (users, items)), shape=shape, dtype=np.float32)
    if binary:
        matrix.data[:] = 1.0
    return matrix

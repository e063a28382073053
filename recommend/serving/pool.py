"""What is ranked: courses that some source has brought up, with the score that each source gives them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recommend.algorithms.interactions import Float32Array, Int64Array
from recommend.serving.answers import Source

PRECEDENCE = (
    Source.MODEL,
    Source.SIMILAR,
    Source.SAME_CATEGORY,
    Source.SEGMENT,
    Source.POPULAR,
    Source.NEW,
    Source.PINNED,
)
"""The sources in the order in which a course is told to come from them; the rows of `Pool.scores`."""
ROW_OF_SOURCE = {source: row for row, source in enumerate(PRECEDENCE)}

Brought = tuple[Int64Array, Float32Array]
"""What one source brings: places on the shelf, int64 (m,), best first, and its scores for them, float32 (m,)."""


@dataclass(frozen=True, eq=False)
class Pool:
    """The n candidates of one question; all columns have one entry for each.

    places: int64 (n,), where the course stands on the shelf, ascending. course_ids: int64 (n,), the courses.
    scores: float32 (len(PRECEDENCE), n), what each source gives it, higher is better, each source on a scale of its
    own; NaN where a source has nothing to say. The model scores every candidate that it knows.
    is_personal: whether the model knew anything of the person; if not, its scores say what is popular.
    """

    places: Int64Array
    course_ids: Int64Array
    scores: Float32Array
    is_personal: bool

    def __len__(self) -> int:
        return len(self.places)

    @cached_property
    def first_source(self) -> Int64Array:
        """The row in PRECEDENCE of the first source that has brought up each candidate, int64 (n,)."""
        return np.isnan(self.scores).argmin(axis=0)

    def source_of(self, row: int) -> Source:
        """Where a candidate is told to come from."""
        source = PRECEDENCE[int(self.first_source[row])]
        if source is not Source.MODEL or self.is_personal:
            return source
        return Source.POPULAR if np.isnan(self.of_source(Source.SEGMENT)[row]) else Source.SEGMENT

    def of_source(self, source: Source) -> Float32Array:
        """What a source gives the candidates, float32 (n,)."""
        found: Float32Array = self.scores[ROW_OF_SOURCE[source]]
        return found

    def take(self, rows: Int64Array) -> "Pool":
        """Only these candidates, in this order."""
        return Pool(self.places[rows], self.course_ids[rows], self.scores[:, rows], self.is_personal)


def pooled(shelf_ids: Int64Array, brought: Mapping[Source, Sequence[Brought]], is_personal: bool) -> Pool:
    """All that the sources bring, each course once; of the scores of one source for a course the first one counts.

    shelf_ids: int64, the courses of the shelf.
    """
    on_table = np.zeros(len(shelf_ids), bool)
    for parts in brought.values():
        for places, _scores in parts:
            on_table[places] = True
    places = np.flatnonzero(on_table)
    scores = np.full((len(PRECEDENCE), len(places)), np.nan, np.float32)
    for source, parts in brought.items():
        row = scores[ROW_OF_SOURCE[source]]
        for found, values in reversed(parts):
            row[np.searchsorted(places, found[::-1])] = values[::-1]
    return Pool(places, shelf_ids[places], scores, is_personal)

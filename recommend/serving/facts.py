"""What rules and rankings ask about courses, as columns beside a shelf."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import numpy as np

from recommend.algorithms.interactions import Float64Array, Int32Array, Int64Array


class CourseRow(NamedTuple):
    """A course as it is read; `published_at` and `price` may be unknown."""

    pk: int
    platform: int
    kind: str
    category: str
    teacher: str
    language: str
    price: int | None
    published_at: datetime | None
    tags: list[str]


@dataclass(frozen=True, eq=False)
class Words:
    """A column of words: codes, int32 (n,), into `names`. The name of what is unknown is the empty text."""

    codes: Int32Array
    names: list[str]

    @cached_property
    def code_of(self) -> dict[str, int]:
        """The code of each name."""
        return {name: code for code, name in enumerate(self.names)}

    @cached_property
    def named(self) -> Int32Array:
        """The codes, -1 where the word is unknown."""
        unknown = self.code_of.get("")
        return self.codes if unknown is None else np.where(self.codes == unknown, -1, self.codes).astype(np.int32)

    def among(self, wanted: Iterable[str]) -> np.ndarray:
        """Whether each course has one of these names, bool (n,)."""
        chosen = np.zeros(len(self.names), bool)
        for name in wanted:
            if (code := self.code_of.get(name)) is not None:
                chosen[code] = True
        return chosen[self.codes]


@dataclass(frozen=True, eq=False)
class Facts:
    """All columns have one entry for each course of the shelf.

    platforms: int64, the platform's id. prices: float64 in minor units, NaN where unknown. published: float64, epoch
    seconds, NaN where unknown. kinds, categories, teachers, languages: words. tags: the tags of each course.
    """

    platforms: Int64Array
    kinds: Words
    categories: Words
    teachers: Words
    languages: Words
    prices: Float64Array
    published: Float64Array
    tags: list[list[str]]

    @cached_property
    def of_tag(self) -> dict[str, Int64Array]:
        """The places of the courses with each tag, int64, ascending."""
        found: dict[str, list[int]] = {}
        for place, tags in enumerate(self.tags):
            for tag in set(tags):
                found.setdefault(tag, []).append(place)
        return {tag: np.array(places, np.int64) for tag, places in found.items()}


def facts_of(rows: Sequence[CourseRow]) -> Facts:
    """The columns of these rows, in their order."""
    return Facts(
        platforms=np.array([row.platform for row in rows], np.int64),
        kinds=_words([row.kind for row in rows]),
        categories=_words([row.category for row in rows]),
        teachers=_words([row.teacher for row in rows]),
        languages=_words([row.language for row in rows]),
        prices=np.array([np.nan if row.price is None else row.price for row in rows], np.float64),
        published=np.array(
            [np.nan if row.published_at is None else row.published_at.timestamp() for row in rows], np.float64
        ),
        tags=[row.tags for row in rows],
    )


def _words(values: list[str]) -> Words:
    names: dict[str, int] = {}
    codes = np.array([names.setdefault(value, len(names)) for value in values], np.int32)
    return Words(codes, list(names))

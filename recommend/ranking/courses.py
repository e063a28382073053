"""What a ranker looks at of courses, whoever asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from recommend.algorithms.interactions import Float32Array, Float64Array, Int32Array, Int64Array
from recommend.ranking.vocabulary import Vocabulary, coded, teacher_codes

DAY = 86_400.0
FRESH_DAYS = 30.0
USUAL_RATING, RATING_PRIOR = 4.0, 5.0
"""A course that few have rated is taken to be as good as usual: so many ratings' worth."""
COURSE_FEATURES = (
    "log price",
    "is free",
    "has no price",
    "log age",
    "freshness",
    "has no date",
    "log length of text",
    "log popularity",
    "rating",
    "log ratings",
)


@dataclass(frozen=True)
class Courses:
    """Courses in rows; codes are those of a `Vocabulary`.

    ids: int64 (n,), any numbers that tell courses apart. category, kind, teacher, platform: int32 (n,). price: float32
    (n,), minor units, NaN unknown. published: float64 (n,), epoch seconds, NaN unknown. length: float32 (n,),
    characters of text.
    """

    ids: Int64Array
    category: Int32Array
    kind: Int32Array
    teacher: Int32Array
    platform: Int32Array
    price: Float32Array
    published: Float64Array
    length: Float32Array

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Int64Array) -> Courses:
        """Only these rows, in this order."""
        return Courses(*(getattr(self, each.name)[rows] for each in fields(self)))

    def rows_of(self, ids: Int64Array) -> Int64Array:
        """The rows of the courses with these ids, int64, -1 where there is none; ids of the courses have to ascend."""
        if not len(self):
            return np.full(len(ids), -1)
        rows = np.searchsorted(self.ids, ids).clip(max=len(self) - 1)
        return np.where(self.ids[rows] == ids, rows, -1)


@dataclass(frozen=True)
class Described:
    """The same in words, as a catalogue has it: sequences and arrays of n entries."""

    ids: Int64Array
    categories: Sequence[str]
    kinds: Sequence[str]
    teachers: Sequence[str]
    platforms: Sequence[str]
    price: Float32Array
    published: Float64Array
    length: Float32Array

    def coded(self, vocabulary: Vocabulary) -> Courses:
        """In the codes of a vocabulary."""
        return Courses(
            ids=self.ids,
            category=coded(vocabulary.of_category, self.categories),
            kind=coded(vocabulary.of_kind, self.kinds),
            teacher=teacher_codes(self.teachers),
            platform=coded(vocabulary.of_platform, self.platforms),
            price=self.price,
            published=self.published,
            length=self.length,
        )


@dataclass(frozen=True)
class Renown:
    """What people made of courses until some moment; all float32 (n,).

    popularity: summed weights of events, old ones counting less. stars: sum of ratings (1 to 5); ratings: how many.
    """

    popularity: Float32Array
    stars: Float32Array
    ratings: Float32Array

    @classmethod
    def none(cls, count: int) -> Renown:
        """Of courses that nobody met."""
        return cls(*(np.zeros(count, np.float32) for _ in range(3)))

    def take(self, rows: Int64Array) -> Renown:
        """Of these rows alone."""
        return Renown(self.popularity[rows], self.stars[rows], self.ratings[rows])


def course_features(courses: Courses, renown: Renown, now: float) -> Float32Array:
    """`COURSE_FEATURES` of courses at the moment `now` (epoch seconds), float32 (n, 10).

    renown: of the same courses, at that moment.
    """
    price, age = courses.price, (now - courses.published) / DAY
    no_price, no_date = np.isnan(price), np.isnan(age)
    price, age = np.where(no_price, 0, price), np.where(no_date, 0, age).clip(min=0)
    rating = (renown.stars + USUAL_RATING * RATING_PRIOR) / (renown.ratings + RATING_PRIOR)
    columns = (
        np.log1p(price),
        ~no_price & (price == 0),
        no_price,
        np.log1p(age),
        np.where(no_date, 0, np.exp(-age / FRESH_DAYS)),
        no_date,
        np.log1p(courses.length),
        np.log1p(renown.popularity),
        rating,
        np.log1p(renown.ratings),
    )
    return np.stack(columns, axis=1, dtype=np.float32)

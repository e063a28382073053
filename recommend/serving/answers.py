"""What an answer consists of."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Source(StrEnum):
    """Where a recommended course comes from."""

    MODEL = "model"
    SIMILAR = "similar"
    POPULAR = "popular"
    NEW = "new"
    SAME_CATEGORY = "same_category"
    SEGMENT = "segment"
    AGAIN = "again"
    PINNED = "pinned"


@dataclass(frozen=True, slots=True)
class CourseCard:
    """What a list shows of a course; price in minor units.

    cover_url is what the platform gave; picture_url is that, or the address anywhere of a cover drawn here.
    """

    id: int
    platform_id: int
    platform_name: str
    item_id: str
    title: str
    kind: str
    category: str
    teacher: str
    url: str
    cover_url: str
    picture_url: str
    price: int | None
    currency: str


@dataclass(frozen=True, slots=True)
class RecommendedCourse:
    """A course with the reason a person can read, in the active language."""

    course: CourseCard
    reason: str
    source: Source


@dataclass(frozen=True, slots=True)
class ModelName:
    """Which model answered."""

    name: str
    version: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a placement, best first; `model` is None when no trained model took part.

    propensities: the chance, above 0 and at most 1, with which each course is at its place.
    """

    recommendation_id: UUID
    placement: str
    model: ModelName | None
    items: list[RecommendedCourse]
    propensities: list[float]

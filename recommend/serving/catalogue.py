"""The listed courses in this process's memory, renewed when a platform describes items anew."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db.models import F
from django.urls import reverse

from profiles.models import Course
from profiles.models.course import CourseQuerySet
from recommend.algorithms.interactions import Int64Array
from recommend.serving.answers import CourseCard, RecommendedCourse

if TYPE_CHECKING:
    from recommend.serving.candidates import Candidates

MOST_CARDS = 50_000
NEWEST = 60


@dataclass
class Shelf:
    """The listed courses of a platform: all, int64 ascending; the newest, and those of each category, latest first."""

    course_ids: Int64Array
    newest: list[int]
    of_category: dict[str, list[int]]

    def holding(self, course_ids: list[int]) -> list[int]:
        """Those of these courses that are listed here, in the same order."""
        wanted = np.array(course_ids, dtype=np.int64)
        return wanted[np.isin(wanted, self.course_ids, kind="sort")].tolist()


@dataclass
class Catalogue:
    """Courses by platform (None: all platforms) and cards by course, each read when first asked for.

    `candidates` and `lists` are what others have made from this very catalogue, gone when it is renewed.
    """

    generation: bytes
    shelves: dict[int | None, Shelf] = field(default_factory=dict)
    known_cards: dict[int, CourseCard | None] = field(default_factory=dict)
    candidates: dict[tuple[UUID, int | None], "Candidates"] = field(default_factory=dict)
    lists: dict[tuple[object, ...], list[RecommendedCourse]] = field(default_factory=dict)

    def shelf(self, platform_id: int | None) -> Shelf:
        """The listed courses of a platform."""
        found = self.shelves.get(platform_id)
        if found is None:
            courses = Course.objects.listed()
            if platform_id is not None:
                courses = courses.filter(platform=platform_id)
            found = self.shelves[platform_id] = _shelf(courses)
        return found

    def cards(self, course_ids: Iterable[int]) -> list[CourseCard]:
        """The cards of these courses in this order, without those that are not listed."""
        wanted = list(course_ids)
        if len(self.known_cards) > MOST_CARDS:
            self.known_cards = {}
        known = self.known_cards
        missing = [course for course in wanted if course not in known]
        if missing:
            known.update(_read_cards(missing))
        return [card for course in wanted if (card := known[course]) is not None]


def _shelf(courses: CourseQuerySet) -> Shelf:
    latest_first = courses.order_by(F("published_at").desc(nulls_last=True), "-pk").values_list("pk", "category")
    rows = list(latest_first)
    of_category: dict[str, list[int]] = {}
    for course, category in rows:
        of_category.setdefault(category, []).append(course)
    of_category.pop("", None)
    course_ids = np.sort(np.array([course for course, _category in rows], dtype=np.int64))
    return Shelf(course_ids, [course for course, _category in rows[:NEWEST]], of_category)


def _read_cards(course_ids: list[int]) -> dict[int, CourseCard | None]:
    """The cards of these courses, None for those not listed; whole, since other threads read what this goes into."""
    read: dict[int, CourseCard | None] = dict.fromkeys(course_ids)
    for course in Course.objects.listed().filter(pk__in=course_ids).select_related("platform").defer("text"):
        read[course.pk] = card_of(course)
    return read


def card_of(course: Course) -> CourseCard:
    """The card of a course, whose platform is loaded."""
    return CourseCard(
        id=course.pk,
        platform_id=course.platform_id,
        platform_name=course.platform.name,
        item_id=course.item_id,
        title=course.title,
        kind=course.kind,
        category=course.category,
        teacher=course.teacher,
        url=course.url,
        cover_url=course.cover_url,
        picture_url=course.cover_url or settings.PUBLIC_URL + reverse("profiles:cover", args=[course.pk]),
        price=course.price,
        currency=course.currency,
    )


class _Held:
    catalogue: Catalogue | None = None


def of_generation(generation: bytes) -> Catalogue:
    """The catalogue as it stands in this generation."""
    held = _Held.catalogue
    if held is None or held.generation != generation:
        held = _Held.catalogue = Catalogue(generation)
    return held

"""The listed courses in this process's memory, renewed when a platform describes items anew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db.models import F
from django.urls import reverse

from accounts.models import Platform
from profiles.models import Course
from profiles.models.course import CourseQuerySet
from recommend.algorithms.interactions import Int64Array
from recommend.serving.answers import CourseCard
from recommend.serving.facts import CourseRow, Facts, facts_of

if TYPE_CHECKING:
    from recommend.serving.candidates import Candidates
    from recommend.serving.compiling import Compiled
    from recommend.serving.fellows import Fellows
    from recommend.serving.fresh import KeptFresh
    from recommend.serving.newcomers import Alike
    from recommend.serving.ordering import OrderedShelf
    from recommend.serving.popular import KeptPopular
    from recommend.serving.preparing import Prepared

MOST_CARDS = 50_000
NEWEST = 60


@dataclass
class Shelf:
    """The listed courses of a platform, int64 (n,) ascending, and facts beside them. A place is an index into both.

    newest, and of_category: places, int64, the latest published first.
    """

    course_ids: Int64Array
    facts: Facts
    newest: Int64Array
    of_category: dict[str, Int64Array]

    def places(self, course_ids: Sequence[int]) -> Int64Array:
        """The places of those of these courses that are listed here, int64, in the same order."""
        wanted = np.array(course_ids, dtype=np.int64)
        if not len(self.course_ids):
            return wanted[:0]
        places = np.searchsorted(self.course_ids, wanted)
        places[places == len(self.course_ids)] = 0
        found: Int64Array = places[self.course_ids[places] == wanted]
        return found


@dataclass
class Catalogue:
    """Courses by platform (None: all platforms) and cards by course, each read when first asked for.

    `candidates`, `alike`, `newcomers`, `fellows`, `popular`, `fresh`, `ordered`, `compiled` and `lists` are what
    others have made from this very catalogue, gone when it is renewed.
    """

    generation: bytes
    shelves: dict[int | None, Shelf] = field(default_factory=dict)
    known_cards: dict[int, CourseCard | None] = field(default_factory=dict)
    candidates: dict[tuple[UUID, int | None], "Candidates"] = field(default_factory=dict)
    alike: dict[tuple[UUID, int | None, int], tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    newcomers: dict[tuple[object, ...], "Alike"] = field(default_factory=dict)
    fellows: dict[tuple[int | None, tuple[int, ...]], "Fellows"] = field(default_factory=dict)
    popular: dict[int | None, "KeptPopular"] = field(default_factory=dict)
    fresh: dict[int | None, "KeptFresh"] = field(default_factory=dict)
    ordered: dict[int | None, "OrderedShelf"] = field(default_factory=dict)
    compiled: dict[tuple[int, int | None], "Compiled"] = field(default_factory=dict)
    lists: dict[tuple[object, ...], "Prepared"] = field(default_factory=dict)

    @cached_property
    def platform_ids(self) -> dict[str, int]:
        """The ids of platforms by slug."""
        return dict(Platform.objects.values_list("slug", "pk"))

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
    latest_first = courses.order_by(F("published_at").desc(nulls_last=True), "-pk").values_list(
        "pk", "platform", "kind", "category", "teacher", "language", "price", "published_at", "tags"
    )
    rows = [CourseRow._make(row) for row in latest_first]
    pks = np.array([row.pk for row in rows], dtype=np.int64)
    by_pk = np.argsort(pks)
    place_of = np.empty(len(rows), np.int64)
    place_of[by_pk] = np.arange(len(rows))
    of_category: dict[str, list[int]] = {}
    for place, row in zip(place_of.tolist(), rows, strict=True):
        of_category.setdefault(row.category, []).append(place)
    of_category.pop("", None)
    return Shelf(
        pks[by_pk],
        facts_of([rows[each] for each in by_pk.tolist()]),
        place_of[:NEWEST],
        {category: np.array(places, np.int64) for category, places in of_category.items()},
    )


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

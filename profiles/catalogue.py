"""Finding courses."""

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count, F

from crossmarket.foundation import generations
from profiles.covers import ground_of
from profiles.models import Course, CourseKind
from profiles.models.course import CourseQuerySet

CATEGORIES_KEPT = 300
"""Seconds for which the counts of categories are kept, unless the catalogue changes before."""


LATEST_FIRST = (F("published_at").desc(nulls_last=True), "-id")


@dataclass(frozen=True)
class CategoryCount:
    """A category, how many courses it has, and its colour (`#rrggbb`)."""

    name: str
    count: int
    colour: str


@dataclass(frozen=True)
class Search:
    """What somebody looks for; empty means anything."""

    query: str = ""
    category: str = ""
    kind: str = ""

    @classmethod
    def of(cls, given: dict[str, str]) -> "Search":
        """A search from what an address says; a kind that does not exist is anything, and NUL is nothing."""
        said = {name: given.get(name, "").replace("\0", "").strip()[:200] for name in ("q", "category", "kind")}
        return cls(said["q"], said["category"], said["kind"] if said["kind"] in CourseKind.values else "")

    def courses(self) -> CourseQuerySet:
        """The courses found with their platforms, best first."""
        found = Course.objects.listed().select_related("platform").defer("text", "tags_text")
        if self.category:
            found = found.filter(category=self.category)
        if self.kind:
            found = found.filter(kind=self.kind)
        return found.matching(self.query) if self.query else found.order_by(*LATEST_FIRST)


def newest(most: int) -> list[Course]:
    """The latest courses with their platforms."""
    dated = Course.objects.listed().select_related("platform").defer("text", "tags_text")
    return list(dated.order_by(*LATEST_FIRST)[:most])


def categories() -> list[CategoryCount]:
    """All categories with listed courses, the largest first."""
    token = generations.current(generations.CATALOGUE)
    key = f"categories:{token.hex() if token else ''}"
    kept: list[CategoryCount] | None = cache.get(key)
    if kept is None:
        kept = _count_categories()
        cache.set(key, kept, CATEGORIES_KEPT)
    return kept


def categories_to_choose(chosen: str, most: int) -> list[CategoryCount]:
    """The largest categories, and the chosen one however small it is."""
    return [category for place, category in enumerate(categories()) if place < most or category.name == chosen]


def _count_categories() -> list[CategoryCount]:
    counted = Course.objects.listed().exclude(category="").values_list("category").annotate(count=Count("*"))
    return [CategoryCount(name, count, ground_of(name)) for name, count in counted.order_by("-count", "category")]

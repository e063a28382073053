"""What is popular: counted in PostgreSQL, kept for minutes."""

import time
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone

from accounts.models import Purpose
from crossmarket.foundation.leased_cache import LeasedCache
from profiles.models import Course, Event
from recommend.algorithms.interactions import Int64Array
from recommend.serving.catalogue import Catalogue

WINDOW = timedelta(days=30)
MOST = 200
CACHE_SECONDS = 300
LOOK_SECONDS = 30
"""A process asks Redis again after so long."""

cache: LeasedCache[str, list[int]] = LeasedCache("popular", list[int], CACHE_SECONDS)


@dataclass(eq=False)
class KeptPopular:
    """Popular courses as this process knows them: places on the shelf, int64, best first. `read` is monotonic."""

    read: float
    course_ids: list[int]
    places: Int64Array


def courses(platform_id: int | None) -> list[int]:
    """The most liked listed courses of a platform (None: of all) in the last month, best first.

    Some may have been taken off the catalogue since they were counted.
    """
    name = str(platform_id or "all")
    return cache.get_many([name], lambda names: {name: _read(platform_id)})[name]


def kept(catalogue: Catalogue, platform_id: int | None) -> KeptPopular:
    """The same in this process's memory. It is the same object as long as nothing has changed."""
    found = catalogue.popular.get(platform_id)
    now = time.monotonic()
    if found is None or now - found.read > LOOK_SECONDS:
        liked = courses(platform_id)
        if found is not None and liked == found.course_ids:
            found.read = now
        else:
            places = catalogue.shelf(platform_id).places(liked)
            found = catalogue.popular[platform_id] = KeptPopular(now, liked, places)
    return found


def _read(platform_id: int | None) -> list[int]:
    events = Event.objects.consented(Purpose.RECOMMENDATION).cleaned().engaging()
    events = events.filter(timestamp__gte=timezone.now() - WINDOW, course__in=Course.objects.listed())
    if platform_id is not None:
        events = events.filter(course__platform=platform_id)
    liked = events.values("course_id").annotate(liking=Sum("engagement")).order_by("-liking", "course_id")
    return [row["course_id"] for row in liked[:MOST]]

"""What is popular: counted in PostgreSQL, kept for minutes."""

import time
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import numpy as np
from django.db.models import Sum
from django.utils import timezone

from accounts.models import Purpose
from crossmarket.foundation.leased_cache import LeasedCache
from profiles.models import Course, Event
from recommend.algorithms.interactions import Float64Array, Int64Array
from recommend.serving.catalogue import Catalogue, Shelf

WINDOW = timedelta(days=30)
MOST = 200
MOST_COUNTED = 50_000
CACHE_SECONDS = 300
LOOK_SECONDS = 30
"""A process asks Redis again after so long."""


class Liked(msgspec.Struct, frozen=True, array_like=True):
    """Courses that somebody liked in the last month, most liked first, and how much: the sum of `Event.engagement`."""

    course_ids: list[int]
    liking: list[float]


cache: LeasedCache[str, Liked] = LeasedCache("liked", Liked, CACHE_SECONDS)


@dataclass(eq=False)
class KeptPopular:
    """What is popular as this process knows it, with places on the shelf. `read` is monotonic time.

    places: int64 (200 at most,), the most liked, best first. shares: float64 (courses of the shelf,), how liked each is
    on a logarithmic scale from 0 (nobody) to 1 (the most liked).
    """

    read: float
    liked: Liked
    places: Int64Array
    shares: Float64Array


def courses(platform_id: int | None) -> list[int]:
    """The most liked listed courses of a platform (None: of all) in the last month, best first.

    Some may have been taken off the catalogue since they were counted.
    """
    return liked(platform_id).course_ids[:MOST]


def kept(catalogue: Catalogue, platform_id: int | None) -> KeptPopular:
    """What is popular, in this process's memory. It is the same object as long as nothing has changed."""
    found = catalogue.popular.get(platform_id)
    now = time.monotonic()
    if found is None or now - found.read > LOOK_SECONDS:
        now_liked = liked(platform_id)
        if found is not None and now_liked == found.liked:
            found.read = now
        else:
            found = catalogue.popular[platform_id] = _on_shelf(catalogue.shelf(platform_id), now_liked, now)
    return found


def _on_shelf(shelf: Shelf, liked: Liked, now: float) -> KeptPopular:
    shares = np.zeros(len(shelf.course_ids))
    course_ids = np.array(liked.course_ids, np.int64)
    is_listed = np.isin(course_ids, shelf.course_ids)
    liking = np.log1p(np.array(liked.liking))
    if is_listed.any():
        shares[shelf.places(liked.course_ids)] = liking[is_listed] / liking[is_listed].max()
    return KeptPopular(now, liked, shelf.places(liked.course_ids[:MOST]), shares)


def liked(platform_id: int | None) -> Liked:
    """All that was liked of a platform's listed courses (None: of all) in the last month."""
    name = str(platform_id or "all")
    return cache.get_many([name], lambda names: {name: _read(platform_id)})[name]


def _read(platform_id: int | None) -> Liked:
    events = Event.objects.consented(Purpose.RECOMMENDATION).cleaned().engaging()
    events = events.filter(timestamp__gte=timezone.now() - WINDOW, course__in=Course.objects.listed())
    if platform_id is not None:
        events = events.filter(course__platform=platform_id)
    liked = events.values("course_id").annotate(liking=Sum("engagement")).order_by("-liking", "course_id")
    rows = list(liked.values_list("course_id", "liking")[:MOST_COUNTED])
    return Liked([course for course, _liking in rows], [liking for _course, liking in rows])

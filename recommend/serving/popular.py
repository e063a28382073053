"""What is popular, for when no model is trained: counted in PostgreSQL, kept for minutes."""

from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone

from accounts.models import Purpose
from crossmarket.foundation.leased_cache import LeasedCache
from profiles.models import Course, Event

WINDOW = timedelta(days=30)
MOST = 200
CACHE_SECONDS = 300

cache: LeasedCache[str, list[int]] = LeasedCache("popular", list[int], CACHE_SECONDS)


def courses(platform_id: int | None) -> list[int]:
    """The most liked listed courses of a platform (None: of all) in the last month, best first.

    Some may have been taken off the catalogue since they were counted.
    """
    name = str(platform_id or "all")
    return cache.get_many([name], lambda names: {name: _read(platform_id)})[name]


def _read(platform_id: int | None) -> list[int]:
    events = Event.objects.consented(Purpose.RECOMMENDATION).cleaned().engaging()
    events = events.filter(timestamp__gte=timezone.now() - WINDOW, course__in=Course.objects.listed())
    if platform_id is not None:
        events = events.filter(course__platform=platform_id)
    liked = events.values("course_id").annotate(liking=Sum("engagement")).order_by("-liking", "course_id")
    return [row["course_id"] for row in liked[:MOST]]

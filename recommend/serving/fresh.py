"""New courses that hardly anybody was shown yet, kept for minutes as what is popular is."""

import time
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from crossmarket.foundation.leased_cache import LeasedCache
from profiles.models import Course
from recommend.algorithms.interactions import Int64Array
from recommend.serving.catalogue import Catalogue

NEW_FOR = timedelta(days=60)
"""Since it was published, or first described to us."""
SHOWN_ENOUGH = 100
"""After being in so many answers a course must stand on its own."""
AT_ONCE = 30
"""So many are waiting for their chance at the same time: the fewer, the sooner it comes."""
CACHE_SECONDS = 120
LOOK_SECONDS = 30

cache: LeasedCache[str, list[int]] = LeasedCache("fresh", list[int], CACHE_SECONDS)


@dataclass(eq=False)
class KeptFresh:
    """Fresh courses as this process knows them: places on the shelf, int64. `read` is monotonic."""

    read: float
    course_ids: list[int]
    places: Int64Array


def courses(catalogue: Catalogue, platform_id: int | None) -> list[int]:
    """Listed new courses of a platform (None: of all) that were shown least so far, of these the newest first."""
    name = f"{platform_id or 'all'}:{catalogue.generation.hex()}"
    return cache.get_many([name], lambda names: {name: _read(platform_id)})[name]


def kept(catalogue: Catalogue, platform_id: int | None) -> KeptFresh:
    """The same in this process's memory. It is the same object as long as nothing has changed."""
    found, now = catalogue.fresh.get(platform_id), time.monotonic()
    if found is None or now - found.read > LOOK_SECONDS:
        few = courses(catalogue, platform_id)
        if found is not None and few == found.course_ids:
            found.read = now
        else:
            found = catalogue.fresh[platform_id] = KeptFresh(now, few, catalogue.shelf(platform_id).places(few))
    return found


def _read(platform_id: int | None) -> list[int]:
    since = timezone.now() - NEW_FOR
    found = Course.objects.listed().filter(Q(published_at__gte=since) | Q(created_at__gte=since))
    if platform_id is not None:
        found = found.filter(platform=platform_id)
    found = found.alias(times=Coalesce("showing__shown", 0), since=Coalesce("published_at", "created_at"))
    found = found.filter(times__lt=SHOWN_ENOUGH).order_by("times", "-since", "-pk")
    return list(found.values_list("pk", flat=True)[:AT_ONCE])

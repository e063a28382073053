"""What the segments like that a person with hardly any history belongs to, in this process's memory."""

import time
from dataclasses import dataclass

from recommend.algorithms.interactions import Int64Array
from recommend.models import SegmentTaste
from recommend.serving import group_liking
from recommend.serving.catalogue import Catalogue
from recommend.serving.group_liking import GroupLiking, together
from recommend.serving.situation import Situation

MORE = 1.1
"""So many times as much as everybody a segment must like a course to be told to like it."""
MOST_BROUGHT = 100
MOST_KEPT = 2_000
LOOK_SECONDS = 60
"""A process asks PostgreSQL again after so long."""


@dataclass(eq=False)
class Fellows:
    """What they like; the same object as long as nothing has changed. `read` is monotonic.

    places: on the shelf, int64 (100 at most,), what they like more than everybody does, the most liked first.
    """

    read: float
    liking: GroupLiking
    places: Int64Array


def fellows_of(situation: Situation, platform_id: int | None) -> Fellows | None:
    """What to go by besides for people who belong to segments and did hardly anything yet; None for others."""
    if not situation.segments:
        return None
    kept, key, now = situation.catalogue.fellows, (platform_id, situation.segments), time.monotonic()
    found = kept.get(key)
    if found is None or now - found.read > LOOK_SECONDS:
        liking = _read(situation.segments, platform_id)
        if found is not None and found.liking == liking:
            found.read = now
        else:
            if len(kept) >= MOST_KEPT:
                kept.clear()
            found = kept[key] = Fellows(now, liking, _liked_more(situation.catalogue, platform_id, liking))
    return found if found.liking.total else None


def _read(segments: tuple[int, ...], platform_id: int | None) -> GroupLiking:
    tastes = SegmentTaste.objects.filter(segment__in=segments).order_by("segment", "platform")
    if platform_id is not None:
        tastes = tastes.filter(platform=platform_id)
    of_segment: dict[int, list[SegmentTaste]] = {}
    for taste in tastes:
        of_segment.setdefault(taste.segment_id, []).append(taste)
    return together([_of_all_platforms(own) for own in of_segment.values()])


def _of_all_platforms(tastes: list[SegmentTaste]) -> GroupLiking:
    return GroupLiking(
        [course for taste in tastes for course in taste.course_ids],
        [value for taste in tastes for value in taste.liking],
        sum(taste.total for taste in tastes),
    )


def _liked_more(catalogue: Catalogue, platform_id: int | None, liking: GroupLiking) -> Int64Array:
    shares = group_liking.everybodys_shares(platform_id)
    more = group_liking.how_much_more(liking, shares)
    liked = [course for course in liking.course_ids if more.get(course, 0.0) >= MORE]
    liked.sort(key=lambda course: -more[course] * shares[course])
    return catalogue.shelf(platform_id).places(liked[:MOST_BROUGHT])

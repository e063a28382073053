"""How many belong to segments, and how many came and went on each day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from profiles.models import Segment, SegmentMember

COUNT = """
UPDATE profiles_segment s SET size = greatest(s.size + moved.more, 0), settled_at = %s
FROM unnest(%s::bigint[], %s::int[]) AS moved (segment_id, more) WHERE s.id = moved.segment_id
"""
NOTE = """
INSERT INTO profiles_segmentday (segment_id, day, size, entered, "left")
SELECT s.id, %s, s.size, moved.entered, moved.went
FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS moved (segment_id, entered, went)
JOIN profiles_segment s ON s.id = moved.segment_id
ON CONFLICT (segment_id, day) DO UPDATE SET size = excluded.size,
    entered = profiles_segmentday.entered + excluded.entered, "left" = profiles_segmentday."left" + excluded."left"
"""


class Move(NamedTuple):
    """An account of which something changed in a segment: whether it was a member and is one, and whether it led the
    accounts it belongs together with, and leads them.
    """

    segment_id: int
    account_id: int
    was: bool
    belongs: bool
    led: bool
    leads: bool


@dataclass(frozen=True)
class Moved:
    """How many persons entered and left."""

    entered: int = 0
    left: int = 0

    def __add__(self, other: "Moved") -> "Moved":
        """Both together."""
        return Moved(self.entered + other.entered, self.left + other.left)


def count(moves: Iterable[Move], persons: Mapping[int, Any] | None = None) -> Moved:
    """Keep sizes and days right after these moves; `persons` has whose the accounts are, where several may be one's.

    A person whose accounts were joined or separated does not enter or leave by it: another account leads, that is all.
    """
    by_person: dict[tuple[int, Any], list[Move]] = defaultdict(list)
    for move in moves:
        by_person[move.segment_id, persons[move.account_id] if persons else move.account_id].append(move)
    more: dict[int, int] = defaultdict(int)
    moved: dict[int, Moved] = defaultdict(Moved)
    for (segment_id, _person), own in by_person.items():
        more[segment_id] += sum(move.leads - move.led for move in own)
        moved[segment_id] += _person_moved(own)
    if moved:
        keys = sorted(moved)
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [timezone.now(), keys, [more[key] for key in keys]])
            entered, left = [moved[key].entered for key in keys], [moved[key].left for key in keys]
            cursor.execute(NOTE, [timezone.localdate(), keys, entered, left])
    return sum(moved.values(), Moved())


def count_anew(segment: Segment) -> None:
    """Count the members of a segment; for when all were looked at."""
    size = SegmentMember.objects.filter(segment=segment).persons().count()
    segment.size, segment.settled_at = size, timezone.now()
    segment.save(update_fields=["size", "settled_at"])
    with connection.cursor() as cursor:
        cursor.execute(NOTE, [timezone.localdate(), [segment.pk], [0], [0]])


def _person_moved(own: Iterable[Move]) -> Moved:
    changed = [(move.was and move.belongs, move.leads - move.led) for move in own]
    other_leads = sum(step for stays, step in changed if stays)
    came = sum(step for stays, step in changed if not stays and step > 0)
    went = -sum(step for stays, step in changed if not stays and step < 0)
    return Moved(max(came + min(other_leads, 0), 0), max(went - max(other_leads, 0), 0))

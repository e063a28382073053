"""A segment's days in a row, of which only those are kept on which somebody came or went."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from profiles.models import Segment, SegmentDay


@dataclass(frozen=True)
class Day:
    """A day: persons at its end, and how many entered and left on it."""

    day: date
    size: int
    entered: int = 0
    left: int = 0


def trend(segment: Segment, kept: Iterable[SegmentDay], last: date, number: int) -> list[Day]:
    """So many days until `last`, from the rows kept of them; none before the segment was made."""
    by_day = {row.day: row for row in kept}
    first = max(last - timedelta(days=number - 1), min([timezone.localdate(segment.created_at), *by_day]))
    days: list[Day] = []
    size = _size_before(sorted(by_day.items()), segment.size)
    for at in range((last - first).days + 1):
        row = by_day.get(first + timedelta(days=at))
        if row is not None:
            size = row.size
        days.append(Day(first + timedelta(days=at), size, row.entered if row else 0, row.left if row else 0))
    return days


def _size_before(rows: list[tuple[date, SegmentDay]], size_now: int) -> int:
    """How many there were before the first of these rows: what it ends with, less who came and with who went."""
    if not rows:
        return size_now
    first = rows[0][1]
    return max(first.size - first.entered + first.left, 0)

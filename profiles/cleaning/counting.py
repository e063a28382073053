"""Counting what the steps did with the events of each platform and day."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Min, Q
from django.db.models.functions import TruncDate

from crossmarket.foundation.locks import one_at_a_time
from profiles.cleaning.steps import FILLING_IN, LEAVING_OUT
from profiles.models import Event, QualityDay, RejectedEvent
from profiles.models.quality_day import REFUSED, SEEN

LOCK = "counting days"
ZONE = ZoneInfo(settings.TIME_ZONE)

PlatformDay = tuple[int, date]


def count_days(days: Iterable[PlatformDay]) -> None:
    """Count these days of these platforms (their keys) anew."""
    platforms_of: dict[date, set[int]] = {}
    for platform, day in days:
        platforms_of.setdefault(day, set()).add(platform)
    for day, platforms in sorted(platforms_of.items()):
        _count(day, day, Q(platform__in=platforms))


def count_everything() -> None:
    """Count all days that anything was received on; what was counted of others stays."""
    days = [day for model in (Event, RejectedEvent) for day in _span(model)]
    if days:
        _count(min(days), max(days), Q())


def refused_since(moment: datetime | None) -> set[PlatformDay]:
    """The days of platforms on which something was refused since that moment; all days for None."""
    refused = RejectedEvent.objects.order_by()
    if moment:
        refused = refused.filter(received_at__gte=moment)
    return set(refused.values_list("platform_id", TruncDate("received_at", tzinfo=ZONE)).distinct())


def received_between(after: int, until: int) -> set[PlatformDay]:
    """The days of platforms on which the events with keys above `after` and up to `until` were received."""
    events = Event.objects.filter(pk__gt=after, pk__lte=until).order_by()
    return set(events.values_list("platform_id", TruncDate("received_at", tzinfo=ZONE)).distinct())


@transaction.atomic
def _count(first: date, last: date, chosen: Q) -> None:
    """Count these days, both included."""
    one_at_a_time(LOCK)
    begin, end = (datetime.combine(day, time.min, ZONE) for day in (first, last + timedelta(days=1)))
    within = chosen & Q(received_at__gte=begin, received_at__lt=end)
    counted: Counter[tuple[int, date, str]] = Counter()
    for platform, day, step, events in (*_taken(within), *_refused(within)):
        counted[platform, day, step] += events
    found = {(platform, day) for platform, day, _step in counted}
    stale = QualityDay.objects.filter(chosen, day__gte=first, day__lte=last)
    stale.filter(pk__in=[row.pk for row in stale if (row.platform_id, row.day) in found]).delete()
    QualityDay.objects.bulk_create(
        QualityDay(platform_id=platform, day=day, step=step, events=events)
        for (platform, day, step), events in counted.items()
        if events
    )


def _taken(within: Q) -> Iterator[tuple[int, date, str, int]]:
    left_out = {step.name: Count("pk", filter=Q(flag__step=step.name)) for step in LEAVING_OUT}
    filled_in = {step.name: Count("pk", filter=Q(flag__isnull=True) & step.filled) for step in FILLING_IN}
    counts = {SEEN: Count("pk"), **left_out, **filled_in}
    events = Event.objects.filter(within).order_by().annotate(on=TruncDate("received_at", tzinfo=ZONE))
    for platform, day, *numbers in (
        events.values("platform_id", "on").annotate(**counts).values_list("platform_id", "on", *counts)
    ):
        for step, number in zip(counts, numbers, strict=True):
            yield platform, day, step, number


def _refused(within: Q) -> Iterator[tuple[int, date, str, int]]:
    rows = RejectedEvent.objects.filter(within).order_by()
    for platform, day, events in rows.values_list("platform_id", TruncDate("received_at", tzinfo=ZONE)).annotate(
        Count("pk")
    ):
        yield platform, day, REFUSED, events


def _span(model: type[Event] | type[RejectedEvent]) -> list[date]:
    ends = model.objects.aggregate(first=Min("received_at"), last=Max("received_at")).values()
    return [moment.astimezone(ZONE).date() for moment in ends if moment]

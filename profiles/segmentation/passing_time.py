"""What changes by time alone: events that windows looking back from now have left behind."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Purpose
from accounts.services import stirring
from profiles.models import Event, Segment, SegmentClock
from profiles.segmentation.order import read
from profiles.segmentation.rule import windows_in

CLOCKS_DIFFER = timedelta(seconds=5)
"""By how much the clocks of two workers may differ: who looks at an event that was just left sees it left."""


@transaction.atomic
def let_time_pass(now: datetime | None = None) -> int:
    """Mark the accounts of events that have left a window since the last time; returns how many.

    A window of so many days is left by an event that is just older; everything else about time is known when events
    come. The same moment is never looked at twice, and none is left out, however long nobody looked.
    """
    now = now or timezone.now() - CLOCKS_DIFFER
    clock, _is_new = SegmentClock.objects.select_for_update().get_or_create(pk=1, defaults={"looked_until": now})
    since, clock.looked_until = clock.looked_until, now
    clock.save(update_fields=["looked_until"])
    windows = set().union(*(windows_in(each.rule) for each in read(Segment.objects.active()) if each.rule is not None))
    if not windows or since >= now:
        return 0
    left_behind = Q()
    for days in sorted(windows):
        length = timedelta(days=days)
        left_behind |= Q(timestamp__gte=since - length, timestamp__lt=now - length)
    events = Event.objects.consented(Purpose.PROFILING).filter(left_behind).order_by()
    found = list(events.values_list("account_id", flat=True).distinct())
    stirring.stir(found)
    return len(found)

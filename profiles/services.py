"""The verbs of what we know; each changes the world in one transaction."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import LinkedAccount
from accounts.services.holding import hold
from crossmarket.foundation.batches import Parsed
from profiles.event_store import NewEvent, store
from profiles.ingest.event_entry import EventEntry
from profiles.ingest.events import parse_events, store_entries
from profiles.ingest.raw import parse_raw_events
from profiles.models import Course, EventType, RejectedEvent
from profiles.models.rejected_event import ERASED


@dataclass(frozen=True)
class ReplayResult:
    """What became of rejected events that were sent through once more."""

    accepted: int
    duplicates: int
    still_rejected: int


@transaction.atomic
def record(
    account: LinkedAccount,
    event_type: EventType,
    course: Course | None,
    value: float | None = None,
    context: dict[str, Any] | None = None,
) -> None:
    """Write down what a person did just now on a page of ours; the next recommendation knows it.

    Of somebody who was erased meanwhile nothing is written.
    """
    if not hold([account.pk]):
        return
    event = NewEvent(
        message_id=str(uuid.uuid4()),
        type=event_type,
        account_id=account.pk,
        course_id=course.pk if course else None,
        value=value,
        timestamp=timezone.now(),
        context=context,
    )
    store(account.platform_id, [event])


@transaction.atomic
def replay(rejected_events: Iterable[RejectedEvent]) -> ReplayResult:
    """Send rejected events through once more; the reasons of those still refused are written down anew."""
    accepted = duplicates = still_rejected = 0
    waiting = RejectedEvent.objects.replayable().filter(pk__in=[each.pk for each in rejected_events])
    for rejected in waiting.select_related("platform").select_for_update(of=("self",)).order_by("pk"):
        parsed = _parsed_anew(rejected)
        if parsed.rejected:
            still_rejected += 1
            rejected.code, rejected.detail = parsed.rejected[0].code, parsed.rejected[0].detail
        else:
            taken = store_entries(rejected.platform, parsed)
            accepted += taken.accepted
            duplicates += taken.duplicates
            if taken.rejected:
                still_rejected += 1
                rejected.code, rejected.detail, rejected.payload = ERASED, taken.rejected[0].detail, ""
            else:
                rejected.replayed_at = timezone.now()
        rejected.save(update_fields=["code", "detail", "payload", "replayed_at"])
    return ReplayResult(accepted, duplicates, still_rejected)


def _parsed_anew(rejected: RejectedEvent) -> Parsed[EventEntry]:
    """What came in our shape is parsed; what came in the platform's own is first mapped, as the mapping stands now."""
    payloads = [rejected.payload.encode()]
    return parse_raw_events(rejected.platform, payloads) if rejected.is_raw else parse_events(payloads)

"""Events coming in."""

from collections.abc import Iterable, Sequence
from datetime import UTC

from django.db import transaction

from accounts.models import Platform
from accounts.services.accounts import ensure_accounts
from crossmarket.foundation.batches import BatchAnswer, Parsed, Refusal, Rejected, parse, told
from profiles.event_store import NewEvent, store
from profiles.ingest.event_entry import EventEntry, check
from profiles.ingest.items import ensure_courses
from profiles.models import RejectedEvent
from profiles.models.rejected_event import FORGED


@transaction.atomic
def ingest_events(platform: Platform, payloads: Sequence[bytes], only_user: str | None = None) -> BatchAnswer:
    """Take the good events of a batch; keep the bad ones with their reasons.

    With `only_user`, events of anyone else are refused: a browser speaks for one person.
    """
    parsed = parse_events(payloads, only_user)
    accepted = store_entries(platform, parsed.entries)
    keep_rejected(platform, parsed.rejected)
    return BatchAnswer(
        accepted=accepted,
        duplicates=len(parsed.entries) - accepted,
        rejected=[told(rejected) for rejected in parsed.rejected],
    )


def parse_events(payloads: Sequence[bytes], only_user: str | None = None) -> Parsed[EventEntry]:
    """Events as they came, decoded and checked, the good and the bad apart."""

    def check_for_sender(entry: EventEntry) -> None:
        check(entry)
        if only_user is not None and entry.user_id != only_user:
            raise Refusal(FORGED, "user_id: this key and token speak for another user only.")

    return parse(payloads, EventEntry, check_for_sender)


def store_entries(platform: Platform, entries: Sequence[EventEntry]) -> int:
    """Store checked events and return how many are new. Users and items not heard of before are made on the way."""
    once = {entry.message_id: entry for entry in reversed(entries)}
    accounts = ensure_accounts(platform, {entry.user_id for entry in once.values()})
    courses = ensure_courses(platform, {entry.item_id for entry in once.values() if entry.item_id is not None})
    events = [
        NewEvent(
            message_id=entry.message_id,
            type=entry.type,
            account_id=accounts[entry.user_id].id,
            course_id=None if entry.item_id is None else courses[entry.item_id],
            value=entry.value,
            timestamp=entry.timestamp.astimezone(UTC),  # PostgreSQL reads no offsets of 16 hours and more
            context=entry.context,
        )
        for entry in once.values()
    ]
    return store(platform.pk, events)


def keep_rejected(platform: Platform, rejected: Iterable[Rejected], is_raw: bool = False) -> None:
    """Write down what was not taken, with the reasons, so that it can be replayed."""
    RejectedEvent.objects.bulk_create(
        RejectedEvent(
            platform=platform,
            payload=each.payload.decode(errors="replace").replace("\0", "\ufffd"),
            is_raw=is_raw,
            code=each.code,
            detail=each.detail,
        )
        for each in rejected
    )

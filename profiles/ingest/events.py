"""Events coming in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from accounts.models import Platform
from accounts.services import tombstones
from accounts.services.accounts import AccountReference, ensure_accounts
from crossmarket.foundation import locks
from crossmarket.foundation.batches import BatchAnswer, Parsed, Refusal, Rejected, parse, told
from profiles.event_store import NewEvent, store
from profiles.ingest.event_entry import EventEntry, check
from profiles.ingest.items import ensure_courses
from profiles.ingest.mapping import Mapper
from profiles.ingest.naming import named_user
from profiles.models import RejectedEvent
from profiles.models.rejected_event import ERASED, FORGED

WHY_ERASED = "user_id: this user was erased after the time of the event."


@dataclass(frozen=True)
class Taken:
    """What became of a batch: how many events are new or known already, and those that were not taken."""

    accepted: int
    duplicates: int
    rejected: list[Rejected]

    def answer(self) -> BatchAnswer:
        """As the sender is told."""
        return BatchAnswer(self.accepted, self.duplicates, [told(each) for each in self.rejected])


@transaction.atomic
def ingest_events(platform: Platform, payloads: Sequence[bytes], only_user: str | None = None) -> BatchAnswer:
    """Take the good events of a batch; keep the bad ones with their reasons.

    With `only_user`, events of anyone else are refused: a browser speaks for one person.
    """
    taken = store_entries(platform, parse_events(payloads, only_user))
    keep_rejected(platform, taken.rejected)
    return taken.answer()


def parse_events(payloads: Sequence[bytes], only_user: str | None = None) -> Parsed[EventEntry]:
    """Events as they came, decoded and checked, the good and the bad apart."""

    def check_for_sender(entry: EventEntry) -> None:
        check(entry)
        if only_user is not None and entry.user_id != only_user:
            raise Refusal(FORGED, "user_id: this key and token speak for another user only.")

    return parse(payloads, EventEntry, check_for_sender)


def store_entries(platform: Platform, parsed: Parsed[EventEntry]) -> Taken:
    """Store checked events. Users and items not heard of before are made on the way.

    What is late, from before its user was erased, is rejected, and nothing of it is passed on.
    """
    accounts = ensure_accounts(platform, *_users(parsed.entries))
    late = [place for place, entry in enumerate(parsed.entries) if _is_late(entry, accounts.get(entry.user_id))]
    entries = parsed.entries
    rejected = parsed.rejected
    if late:
        entries = [entry for place, entry in enumerate(entries) if place not in set(late)]
        rejected = sorted([*rejected, *_forgotten(parsed, late)], key=lambda each: each.index)
    accepted = _store(platform, entries, accounts)
    return Taken(accepted, len(entries) - accepted, rejected)


def keep_rejected(platform: Platform, rejected: Sequence[Rejected], mapper: Mapper | None = None) -> None:
    """Write down what was not taken, with the reasons, so that it can be replayed; of those erased, only that it came.

    With a mapper, the entries are in the platform's own shape.
    """
    if not rejected:
        return
    locks.one_of_many(payloads_of(platform.pk))
    gone = erased_among(platform, [each.payload for each in rejected], mapper)
    RejectedEvent.objects.bulk_create(
        RejectedEvent(
            platform=platform,
            payload="" if place in gone else each.payload.decode(errors="replace").replace("\0", "\ufffd"),
            is_raw=mapper is not None,
            code=ERASED if place in gone else each.code,
            detail=WHY_ERASED if place in gone else each.detail,
        )
        for place, each in enumerate(rejected)
    )


def payloads_of(platform_id: int) -> str:
    """The lock that those share who write down what a platform sent; whoever has it alone has seen all of it."""
    return f"rejected events of platform {platform_id}"


def erased_among(platform: Platform, payloads: Sequence[bytes], mapper: Mapper | None = None) -> set[int]:
    """The places of those payloads that tell of users from before they were erased, or do not tell of when."""
    named = {place: user for place, payload in enumerate(payloads) if (user := named_user(payload, mapper))}
    erased = tombstones.erased_at(platform.pk, {user_id for user_id, _time in named.values()})
    return {
        place for place, (user_id, time) in named.items() if user_id in erased and not _is_after(time, erased[user_id])
    }


def _is_after(time: str, moment: datetime) -> bool:
    try:
        return datetime.fromisoformat(time) >= moment
    except (ValueError, TypeError):
        return False


def _users(entries: Iterable[EventEntry]) -> tuple[set[str], dict[str, datetime]]:
    """Whose events these are, and when the latest of each was."""
    latest: dict[str, datetime] = {}
    for entry in entries:
        known = latest.get(entry.user_id)
        if known is None or entry.timestamp > known:
            latest[entry.user_id] = entry.timestamp
    return set(latest), latest


def _is_late(entry: EventEntry, account: AccountReference | None) -> bool:
    return account is None or (account.erased_before is not None and entry.timestamp < account.erased_before)


def _forgotten(parsed: Parsed[EventEntry], places: Sequence[int]) -> list[Rejected]:
    return [
        Rejected(parsed.indices[place], b"", ERASED, WHY_ERASED, parsed.entries[place].message_id) for place in places
    ]


def _store(platform: Platform, entries: Sequence[EventEntry], accounts: dict[str, AccountReference]) -> int:
    once = {entry.message_id: entry for entry in reversed(entries)}
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

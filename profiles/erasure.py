"""Erasing what we know of an account."""

from collections import Counter
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Q

from accounts.erasure import kinds
from accounts.models import LinkedAccount, Platform
from crossmarket.foundation import locks
from profiles import live_history, live_vectors, sent_files
from profiles.declared_mappings import NoMapping, declared_mapper
from profiles.ingest.events import payloads_of
from profiles.ingest.mapping import Mapper
from profiles.ingest.naming import names
from profiles.models import Event, PlatformMapping, Profile, RejectedEvent, SegmentMember
from profiles.segmentation import membership

EVENTS_AT_ONCE = 5_000
PAYLOADS_AT_ONCE = 1_000


@transaction.atomic
def erase_some_events(account_id: int) -> Counter[str]:
    """Remove some thousands of an account's events at most, so that nobody waits long; nothing when none is left."""
    some = Event.objects.filter(account=account_id).order_by().values_list("pk", flat=True)[:EVENTS_AT_ONCE]
    chosen = list(some)
    live_history.forget_on_commit([account_id])
    return kinds(Event.objects.filter(pk__in=chosen).delete()[1])


def leave_segments(account_id: int) -> Counter[str]:
    """Take an account that is about to be erased out of all segments, before it is held: so members are changed too."""
    memberships = SegmentMember.objects.filter(account=account_id).count()
    membership.forget([account_id])
    return Counter(memberships_in_segments=memberships)


def erase_account(account: LinkedAccount) -> Counter[str]:
    """Remove what is known of a held account, also what was told together with other accounts of the person."""
    live_history.forget_on_commit([account.pk])
    removed: Counter[str] = Counter()
    while events := erase_some_events(account.pk):
        removed += events
    told = Profile.objects.filter(Q(account=account) | Q(account_ids__contains=[account.pk]))
    live_vectors.forget_on_commit([account.pk, *told.values_list("account_id", flat=True)])
    return removed + kinds(told.delete()[1])


def forget_sent(platform: Platform, external_id: str) -> Counter[str]:
    """Remove what the platform has sent or given of this user and was not taken: refused events, samples, files.

    Call it once the erasure is committed: what others are just writing down is waited for, and what they write later
    is held against the tombstone.
    """
    with transaction.atomic():
        locks.one_at_a_time(payloads_of(platform.pk))
    removed: Counter[str] = Counter()
    for found in refused_about(platform, external_id):
        removed["rejected_events"] += RejectedEvent.objects.filter(pk__in=found).delete()[0]
    removed["samples"] += _forget_sample(platform, external_id)
    for file_import in sent_files.with_events(platform.pk):
        is_removed, rows = sent_files.forget_user(file_import, external_id)
        removed += Counter(files=int(is_removed), refused_rows_in_files=rows)
    return +removed


def much_to_look_through(platform: Platform, account_id: int | None, most: int) -> bool:
    """Whether erasing takes longer than anybody should wait for an answer."""
    if sent_files.with_events(platform.pk):
        return True
    raw = RejectedEvent.objects.filter(platform=platform, is_raw=True)
    events = Event.objects.filter(account=account_id) if account_id else Event.objects.none()
    return raw.order_by()[: most + 1].count() > most or events.order_by()[: most + 1].count() > most


def refused_about(platform: Platform, external_id: str) -> Iterator[list[int]]:
    """The keys of refused events about this user, some at a time."""
    about = RejectedEvent.objects.filter(platform=platform)
    about = about.filter(Q(is_raw=True) | Q(payload__contains=external_id) | Q(payload__contains="\\"))
    try:
        mapper: Mapper | None = declared_mapper(platform, "event")
    except NoMapping:
        mapper = None
    last = 0
    while chunk := list(about.filter(pk__gt=last).order_by("pk")[:PAYLOADS_AT_ONCE]):
        last = chunk[-1].pk
        yield [
            each.pk
            for each in chunk
            if names(each.payload.encode(errors="replace"), external_id, mapper if each.is_raw else None)
        ]


def _forget_sample(platform: Platform, external_id: str) -> int:
    mapping = PlatformMapping.objects.filter(platform=platform).exclude(sample_event="").first()
    if mapping is None or not sent_files.platform_samples_name(platform, mapping.sample_event, external_id):
        return 0
    return PlatformMapping.objects.filter(pk=mapping.pk).update(sample_event="")

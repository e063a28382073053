"""When events are judged: what was received, every few minutes; all of them, when rules changed or somebody asks."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import LinkedAccount
from crossmarket.foundation import jobs
from crossmarket.foundation.jobs import JobFailed, Reporter, Result, job_kind
from crossmarket.foundation.models import Job, JobState
from profiles.cleaning.arriving import last_event
from profiles.cleaning.counting import count_days, count_everything, received_between, refused_since
from profiles.cleaning.judging import RULES, judge_accounts, judge_received
from profiles.models import CleaningProgress

CLEAN = gettext_noop("profiles.clean")
JUDGING = gettext_noop("judging events")
COUNTING = gettext_noop("counting days")
EVENTS_AT_ONCE = 100_000
ACCOUNTS_AT_ONCE = 5_000


def look() -> int:
    """Judge what was received since the last look and count its days; returns of how many events the flag changed.

    When the rules are not those by which everything was judged, a job is left to do that instead.
    """
    progress = CleaningProgress.current()
    if progress.rules != RULES:
        enqueue_cleaning()
        return 0
    begun, (last, all_arrived) = timezone.now(), last_event()
    changes, days = 0, refused_since(progress.looked_at)
    for after, until in _stretches(progress.judged_to, last):
        judged = judge_received(after, until)
        changes += judged.changes
        days |= judged.days | received_between(after, until)
    count_days(days)
    _note(begun, last if all_arrived else progress.judged_to)
    return changes


def enqueue_cleaning(to_worker: bool = True) -> Job:
    """Put a judging of all events into the queue, unless one waits or runs, or leave it to the caller to run."""
    under_way = Job.objects.open().filter(kind=CLEAN).first() if to_worker else None
    return under_way or jobs.enqueue(CLEAN, to_worker=to_worker)


@job_kind(CLEAN)
def clean_everything(reporter: Reporter, /) -> Result:
    """Judge all events by the rules as they are now, some thousand accounts at a time, and count all days."""
    if Job.objects.filter(kind=CLEAN, state=JobState.RUNNING).exclude(pk=reporter.job.pk).exists():
        raise JobFailed("All events are being judged already; wait until that job has ended.")
    begun, (last, all_arrived) = timezone.now(), last_event()
    done, total, changes = 0, LinkedAccount.objects.count(), 0
    for after, until, accounts in _groups():
        reporter(JUDGING, done, max(total, done + 1))
        changes += judge_accounts(after, until).changes
        done += accounts
    reporter(COUNTING, 0, 1)
    count_everything()
    _note(begun, last if all_arrived else 0)
    reporter(COUNTING, 1, 1)
    return {"accounts": done, "changed": changes}


def _stretches(after: int, last: int) -> Iterator[tuple[int, int]]:
    """Stretches of keys of events: above the one, up to the other."""
    while after < last:
        until = min(after + EVENTS_AT_ONCE, last)
        yield after, until
        after = until


def _groups() -> Iterator[tuple[int, int, int]]:
    """Stretches of keys of accounts, above the one, up to the other, and how many accounts each has."""
    after, accounts = 0, LinkedAccount.objects.order_by("pk")
    while keys := list(accounts.filter(pk__gt=after).values_list("pk", flat=True)[:ACCOUNTS_AT_ONCE]):
        yield after, keys[-1], len(keys)
        after = keys[-1]


def _note(begun: datetime, judged_to: int) -> None:
    """Write down that all was judged by the rules of now up to this key, unless another process was farther."""
    CleaningProgress.current()
    CleaningProgress.objects.update(rules=RULES, looked_at=begun, judged_to=Greatest("judged_to", Value(judged_to)))

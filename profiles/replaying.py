"""Sending rejected events through once more, many of them as a job."""

from django.utils.translation import gettext_noop

from crossmarket.foundation import jobs
from crossmarket.foundation.jobs import Reporter, job_kind
from crossmarket.foundation.models import Job
from profiles.models import RejectedEvent
from profiles.models.rejected_event import RejectedEventQuerySet
from profiles.services import ReplayResult, replay

REPLAY_JOB = gettext_noop("profiles.replay")
REPLAYING = gettext_noop("replaying")
AT_ONCE = 500


def replay_chosen(chosen: RejectedEventQuerySet) -> ReplayResult:
    """Replay those of the chosen ones that may be."""
    return replay(chosen)


def replay_waiting() -> ReplayResult | Job:
    """Replay all that wait: a few at once, with the result; many as a job."""
    waiting = list(RejectedEvent.objects.replayable().order_by("pk")[: AT_ONCE + 1])
    return replay(waiting) if len(waiting) <= AT_ONCE else jobs.enqueue(REPLAY_JOB)


@job_kind(REPLAY_JOB)
def replay_in_chunks(reporter: Reporter, /) -> dict[str, int]:
    """The job: each waiting event once, in chunks that are kept whatever becomes of the later ones."""
    total, done, last = RejectedEvent.objects.replayable().count(), 0, 0
    accepted = duplicates = still_rejected = 0
    while chunk := list(RejectedEvent.objects.replayable().filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        reporter(REPLAYING, done, total)
        result = replay(chunk)
        accepted += result.accepted
        duplicates += result.duplicates
        still_rejected += result.still_rejected
        done, last = done + len(chunk), chunk[-1].pk
    reporter(REPLAYING, done, max(done, total))
    return {"accepted": accepted, "duplicates": duplicates, "still_rejected": still_rejected}

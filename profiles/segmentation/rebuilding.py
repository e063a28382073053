"""Building the members of a segment anew, as a job: find whose membership is not right, and look at these again."""

from django.utils import timezone
from django.utils.translation import gettext_noop

from crossmarket.foundation import jobs
from crossmarket.foundation.jobs import JobFailed, Reporter, Result, job_kind
from crossmarket.foundation.models import Job, JobState
from profiles.models import Segment, SegmentKind
from profiles.segmentation import compiling, membership
from profiles.segmentation.counting import Moved
from profiles.segmentation.fragments import sql
from profiles.segmentation.order import dependents, in_order
from profiles.segmentation.reading_rules import RuleError, parse

REBUILD = gettext_noop("segments.rebuild")
REBUILD_ALL = gettext_noop("segments.rebuild_all")
LOOKING = gettext_noop("looking who belongs")
MOVING = gettext_noop("moving members")
REBUILDING = gettext_noop("rebuilding segments")


def enqueue_rebuild(segment: Segment, to_worker: bool = True) -> Job:
    """Put a rebuild of a segment into the queue, unless one waits there, or leave it to the caller to run."""
    waiting = Job.objects.filter(kind=REBUILD, state=JobState.QUEUED, arguments={"segment": segment.pk})
    return (waiting.first() if to_worker else None) or jobs.enqueue(REBUILD, {"segment": segment.pk}, to_worker)


def enqueue_rebuild_all(to_worker: bool = True) -> Job:
    """The same for all segments with rules; for after profiles were built, which rules ask about."""
    waiting = Job.objects.filter(kind=REBUILD_ALL, state=JobState.QUEUED)
    return (waiting.first() if to_worker else None) or jobs.enqueue(REBUILD_ALL, to_worker=to_worker)


@job_kind(REBUILD_ALL)
def rebuild_all(reporter: Reporter, /) -> Result:
    """Bring the members of all segments to what the rules say, one segment after the other, in order."""
    moved, broken = Moved(), []
    layers = in_order(Segment.objects.active().exclude(kind=SegmentKind.CLUSTER))
    keys = [each.segment.pk for layer in layers for each in layer]
    for done, key in enumerate(keys):
        reporter(REBUILDING, done, len(keys))
        try:
            found = rebuild(reporter, segment=key)
        except JobFailed as failed:  # removed meanwhile
            broken.append(str(failed))
        else:
            moved += Moved(found["entered"], found["left"])
    reporter(REBUILDING, len(keys), len(keys))
    return {"segments": len(keys) - len(broken), "entered": moved.entered, "left": moved.left, "failed": broken}


@job_kind(REBUILD)
def rebuild(reporter: Reporter, /, segment: int) -> Result:
    """Bring the members of one segment to what its rule says, five thousand accounts at a time.

    Meanwhile events, joinings and consents go on to count at once: who differs is looked at again under the lock. So
    does a change of the rule itself, after which it is begun again.
    """
    moved = Moved()
    while True:
        found = Segment.objects.filter(pk=segment).first()
        if found is None:
            raise JobFailed("There is no such segment any more.")
        moved += _bring(reporter, found) if found.is_active else membership.dissolve(found)
        if membership.finish(found):
            break
    reporter.log(f"{found.key}: {moved.entered} entered, {moved.left} left, {found.size} belong")
    return {"segment": found.key, "size": found.size, "entered": moved.entered, "left": moved.left}


def _bring(reporter: Reporter, segment: Segment) -> Moved:
    """Let those enter and leave of whom the rule of a segment, as it was read, says so."""
    if segment.kind == SegmentKind.CLUSTER:
        raise JobFailed("Clusters are found for all persons at once; start a search for clusters instead.")
    try:
        rule = parse(segment.rule)
    except RuleError as error:
        raise JobFailed(f"The rule of {segment.key} cannot be read: {error}") from None
    reporter(LOOKING, 0, 1)
    members = sql("SELECT account_id, lead FROM everyone")
    differing = membership.differing(segment, compiling.belonging({segment.pk: rule}, members, timezone.now()))
    reporter(LOOKING, 1, 1)
    only = {segment.pk} | dependents(segment, Segment.objects.active())
    moved, done = Moved(), 0
    reporter(MOVING, 0, len(differing))
    for some in membership.in_parts(differing):
        moved += membership.settle(some, only)
        done += len(some)
        reporter(MOVING, done, len(differing))
    return moved

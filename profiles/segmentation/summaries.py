"""Summaries of segments, as a job: found out on a part of the members, so that they take as long for a million."""

from datetime import timedelta
from typing import Any

import msgspec
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_noop

from crossmarket.foundation import jobs
from crossmarket.foundation.estimates import about_how_many
from crossmarket.foundation.jobs import JobFailed, Reporter, Result, job_kind
from crossmarket.foundation.models import Job, JobState
from profiles.models import Profile, Segment, SegmentMember, SegmentSummary
from profiles.models.segment import SegmentMemberQuerySet
from profiles.segmentation.comparing import Figures, Overlap, differences

SUMMARISE = gettext_noop("segments.summarise")
SUMMARISING = gettext_noop("comparing members with everyone")
MOST_SAMPLED = 5_000
"""So many persons are looked at, at most: a share is then known to about one in a hundred."""
OVER = 2
"""By how much more of everyone is asked for than needed, since parts of a table are of different sizes."""
STALE_AFTER = timedelta(hours=1)

SAMPLE = """
SELECT account_id FROM profiles_segmentmember WHERE segment_id = %s AND leads
ORDER BY hashint8(account_id) LIMIT %s
"""
OVERLAPS = """
SELECT s.key, count(*) FROM unnest(%s::bigint[]) AS sampled (account_id)
JOIN profiles_segmentmember m ON m.account_id = sampled.account_id
JOIN profiles_segment s ON s.id = m.segment_id
WHERE s.id <> %s AND s.is_active GROUP BY s.key ORDER BY count(*) DESC, s.key
"""
EVERYONE = "SELECT account_id FROM profiles_profile TABLESAMPLE SYSTEM (%s) LIMIT %s"


def summary_of(segment: Segment) -> Figures | None:
    """What was found out last; None before the first time."""
    kept = SegmentSummary.objects.filter(segment=segment).first()
    return msgspec.convert(kept.figures, Figures) if kept else None


def is_stale(segment: Segment) -> bool:
    """Whether a summary should be made anew: there is none, or it is older than an hour and members changed since."""
    kept = SegmentSummary.objects.filter(segment=segment).first()
    if kept is None:
        return True
    is_old = kept.made_at < timezone.now() - STALE_AFTER
    return is_old and segment.settled_at is not None and segment.settled_at > kept.made_at


def enqueue_summary(segment: Segment, to_worker: bool = True) -> Job:
    """Put a summary into the queue, unless one waits there, or leave it to the caller to run."""
    waiting = Job.objects.filter(kind=SUMMARISE, state=JobState.QUEUED, arguments={"segment": segment.pk})
    return (waiting.first() if to_worker else None) or jobs.enqueue(SUMMARISE, {"segment": segment.pk}, to_worker)


def members_to_show(segment: Segment, most: int = 10) -> list[SegmentMember]:
    """A few persons who belong, for those who want to see some."""
    members: SegmentMemberQuerySet = SegmentMember.objects.filter(segment=segment).persons().standing()
    return list(members.select_related("account__platform").order_by("account_id")[:most])


@job_kind(SUMMARISE)
def summarise(reporter: Reporter, /, segment: int) -> Result:
    """Find out with which segments one overlaps, and how its members differ from everyone."""
    found = Segment.objects.filter(pk=segment).first()
    if found is None:
        raise JobFailed("There is no such segment any more.")
    reporter(SUMMARISING, 0, 1)
    figures = _figures(found)
    SegmentSummary.objects.update_or_create(
        segment=found, defaults={"figures": msgspec.to_builtins(figures), "made_at": timezone.now()}
    )
    reporter(SUMMARISING, 1, 1)
    return {"segment": found.key, "sampled": figures.sampled, "differences": len(figures.differences)}


def _figures(segment: Segment) -> Figures:
    sampled = _column(SAMPLE, segment.pk, MOST_SAMPLED)
    profiles = about_how_many(Profile)
    percent = min(100.0, 100.0 * OVER * MOST_SAMPLED / max(profiles, 1))
    members, everyone = _traits(sampled), _traits(_column(EVERYONE, percent, MOST_SAMPLED))
    return Figures(
        persons=segment.size,
        sampled=len(sampled),
        compared_with=len(everyone),
        overlaps=_overlaps(segment, sampled),
        differences=differences(members, everyone),
    )


def _traits(account_ids: list[int]) -> list[dict[str, Any]]:
    """The traits of these persons, as far as they may still be used."""
    return list(Profile.objects.standing().filter(account__in=account_ids).values_list("traits", flat=True))


def _overlaps(segment: Segment, sampled: list[int]) -> list[Overlap]:
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS, [sampled, segment.pk])
        counted = cursor.fetchall()
    return [
        Overlap(key, round(segment.size * count / len(sampled)), round(count / len(sampled), 4))
        for key, count in counted
    ]


def _column(query: str, *values: float) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [row[0] for row in cursor.fetchall()]

"""Clusters as segments, found by a job: people who are alike, without being told in what.

A part of the profiles decides how many clusters there are and where; then everybody is put into the nearest one, a few
thousand at a time. A cluster that was there before keeps its number, and with it its segment, its name and its days.
"""

from collections.abc import Iterator

import msgspec
import numpy as np
from django.db import transaction
from django.db.models import BigIntegerField, F, Func, Max
from django.utils.translation import gettext_noop

from crossmarket.foundation import jobs
from crossmarket.foundation.jobs import JobFailed, Reporter, Result, job_kind
from crossmarket.foundation.locks import one_at_a_time
from crossmarket.foundation.models import Job, JobState
from profiles.clustering import fitting, matching, telling
from profiles.clustering.fitting import Algorithm, Clusters, Labels, TooFew
from profiles.clustering.telling import Told
from profiles.models import (
    ClusterAlgorithm,
    Clustering,
    ClusterView,
    Profile,
    ProfileModel,
    Segment,
    SegmentKind,
    TypicalMember,
)
from profiles.models.profile import ProfileQuerySet
from profiles.segmentation import membership
from profiles.segmentation.cluster_sample import Sample, read
from profiles.segmentation.counting import Moved

CLUSTER = gettext_noop("segments.cluster")
READING = gettext_noop("reading profiles")
SEARCHING = gettext_noop("looking for clusters")
ASSIGNING = gettext_noop("finding everybody's cluster")
MOVING = gettext_noop("moving members")
AT_ONCE = 5_000
NUMBERING = "numbering searches for clusters"
HASHES = 2**32


class Settings(msgspec.Struct, frozen=True):
    """algorithm: of `ClusterAlgorithm`. view: of `ClusterView`. number: how many clusters, None for as many as fit."""

    algorithm: str = ClusterAlgorithm.KMEANS.value
    view: str = ClusterView.TASTES.value
    number: int | None = None


def usual_settings() -> Settings:
    """Those of the latest search: it is repeated each night."""
    latest = Clustering.objects.latest_one()
    return Settings(latest.algorithm, latest.view, latest.asked) if latest else Settings()


def enqueue_clustering(settings: Settings | None = None, to_worker: bool = True) -> Job:
    """Put a search into the queue, unless one waits there, or leave it to the caller to run."""
    arguments = msgspec.to_builtins(settings or usual_settings())
    waiting = Job.objects.open().filter(kind=CLUSTER, started_at__isnull=True, arguments=arguments)
    return (waiting.first() if to_worker else None) or jobs.enqueue(CLUSTER, arguments, to_worker)


def follow_profiles() -> Job | None:
    """Search anew once all profiles were built with a later model than at the last search; None for no need."""
    current = ProfileModel.objects.current()
    if current is None or Job.objects.filter(kind=CLUSTER, created_at__gte=current.completed_at).exists():
        return None
    return enqueue_clustering()


@job_kind(CLUSTER)
def cluster(reporter: Reporter, /, algorithm: str, view: str, number: int | None) -> Result:
    """Find clusters among all profiles and make them segments."""
    running = Job.objects.filter(kind=CLUSTER, state=JobState.RUNNING).exclude(pk=reporter.job.pk)
    if running.exists():
        raise JobFailed("Clusters are being looked for already; wait until that job has ended.")
    settings, model = Settings(algorithm, view, number), ProfileModel.objects.current()
    if model is None:
        raise JobFailed("There are no profiles yet; build them first.")
    profiles = _profiles(model, settings)
    reporter(READING, 0, 1)
    before = Clustering.objects.latest_one()
    sample = read(_part(profiles, fitting.MOST_FITTED), settings.view, before)
    reporter(READING, 1, 1)
    start = _start(sample, before, settings, model)
    found = _found(reporter, sample, settings, start)
    numbers = matching.match(start, before.clusters if before and len(start) else [], found.centroids, _fresh())
    labels = found.assign(sample.points)
    told = telling.tell(sample.members, labels, len(found), _told_before(numbers))
    leads = _assigned(reporter, profiles, settings.view, found)
    version = _store(reporter.job, settings, model, found, numbers, told, leads)
    _remember(version, sample, labels, found)
    moved = _move(reporter, version, leads)
    reporter.log(f"{len(found)} clusters of {version.persons} persons; {moved.entered} entered, {moved.left} left")
    return {"clusters": len(found), "persons": version.persons, "entered": moved.entered, "left": moved.left}


def _profiles(model: ProfileModel, settings: Settings) -> ProfileQuerySet:
    profiles = Profile.objects.standing().filter(model=model)
    return profiles.exclude(tastes=[]) if settings.view == ClusterView.TASTES else profiles


def _part(profiles: ProfileQuerySet, size: int) -> ProfileQuerySet:
    """About so many of them, the same ones each time, in an order that has nothing to do with who they are."""
    share = min(1.0, size / max(profiles.count(), 1))
    place = Func(F("account_id"), function="hashint8", output_field=BigIntegerField())
    return profiles.annotate(place=place).filter(place__lt=-HASHES // 2 + int(share * HASHES)).order_by("place")


def _start(sample: Sample, before: Clustering | None, settings: Settings, model: ProfileModel) -> np.ndarray:
    """Where the clusters of the search before are now, a row each; no rows where they were clusters of other things."""
    if before is None or before.view != settings.view:
        return np.zeros((0, sample.points.shape[1]))
    carried = matching.carried(sample.points, sample.typical_of, len(before.clusters))
    if before.profile_model_id == model.pk:
        lost = np.isnan(carried).any(axis=1)
        carried[lost] = np.array(before.centroids)[lost]
    return carried


def _found(reporter: Reporter, sample: Sample, settings: Settings, start: np.ndarray) -> Clusters:
    known = start[np.isfinite(start).all(axis=1)]
    try:
        return fitting.fit(
            sample.points,
            Algorithm(settings.algorithm),
            settings.number,
            known if len(known) else None,
            lambda done, total: reporter(SEARCHING, done, total),
        )
    except TooFew:
        asked = f"{settings.number} clusters" if settings.number else "clusters"
        raise JobFailed(
            f"There are {len(sample.points)} profiles to look at, too few to find {asked} among: "
            f"each needs {fitting.FEWEST_PERSONS} persons."
        ) from None


def _fresh() -> int:
    """The first number that no cluster ever had."""
    in_segments = Segment.objects.aggregate(latest=Max("cluster"))["latest"]
    latest = Clustering.objects.latest_one()
    return max([-1 if in_segments is None else in_segments, *(latest.clusters if latest else [])]) + 1


def _told_before(numbers: list[int]) -> list[Told | None]:
    known = {
        segment.cluster: msgspec.convert(segment.told, Told) if segment.told else None
        for segment in Segment.objects.filter(cluster__in=numbers)
    }
    return [known.get(number) for number in numbers]


def _assigned(reporter: Reporter, profiles: ProfileQuerySet, view: str, found: Clusters) -> list[Labels]:
    """The leading accounts of everybody in each cluster."""
    total, done = profiles.count(), 0
    parts: list[list[Labels]] = [[] for _cluster in range(len(found))]
    for accounts, points in _groups(profiles, view):
        reporter(ASSIGNING, done, max(total, done))
        labels = found.assign(points)
        for each, part in enumerate(parts):
            part.append(accounts[labels == each])
        done += len(accounts)
    reporter(ASSIGNING, done, done)
    nobody = np.zeros(0, dtype=np.int64)
    return [np.concatenate([nobody, *part]) for part in parts]


def _groups(profiles: ProfileQuerySet, view: str) -> Iterator[tuple[Labels, np.ndarray]]:
    rows: list[tuple[int, list[float]]] = []
    column = "tastes" if view == ClusterView.TASTES else "vector"
    for row in profiles.values_list("account_id", column).iterator(chunk_size=AT_ONCE):
        rows.append(row)
        if len(rows) == AT_ONCE:
            yield _columns(rows)
            rows = []
    if rows:
        yield _columns(rows)


def _columns(rows: list[tuple[int, list[float]]]) -> tuple[Labels, np.ndarray]:
    accounts, points = zip(*rows, strict=True)
    return np.array(accounts, dtype=np.int64), np.array(points, dtype=np.float64)


def _store(
    job: Job,
    settings: Settings,
    model: ProfileModel,
    found: Clusters,
    numbers: list[int],
    told: list[Told],
    leads: list[Labels],
) -> Clustering:
    with transaction.atomic():
        one_at_a_time(NUMBERING)
        latest = Clustering.objects.aggregate(latest=Max("number"))["latest"]
        return Clustering.objects.create(
            number=(latest or 0) + 1,
            algorithm=settings.algorithm,
            view=settings.view,
            asked=settings.number,
            scores={str(k): round(score, 5) for k, score in found.scores.items()},
            persons=sum(len(each) for each in leads),
            clusters=numbers,
            sizes=[len(each) for each in leads],
            told=msgspec.to_builtins(told),
            centroids=np.round(found.centroids, 5).tolist(),
            profile_model=model,
            job=job,
        )


@transaction.atomic
def _remember(version: Clustering, sample: Sample, labels: Labels, found: Clusters) -> None:
    """Note by whom the next search recognises each cluster; who stood for earlier ones is not needed any more."""
    TypicalMember.objects.exclude(clustering=version).delete()
    typical = matching.typical(sample.points, labels, found.centroids)
    TypicalMember.objects.bulk_create(
        TypicalMember(clustering=version, account_id=int(sample.accounts[row]), cluster=at)
        for at, rows in enumerate(typical)
        for row in rows
    )


def _move(reporter: Reporter, version: Clustering, leads: list[Labels]) -> Moved:
    """Make the clusters' persons the members of their segments; segments of clusters that are gone are closed."""
    moved = Moved()
    gone = Segment.objects.active().filter(kind=SegmentKind.CLUSTER).exclude(cluster__in=version.clusters)
    for segment in gone:
        Segment.objects.filter(pk=segment.pk).update(is_active=False)
        moved += membership.dissolve(segment)
    for at, (number, told, members) in enumerate(zip(version.clusters, version.told, leads, strict=True)):
        reporter(MOVING, at, len(leads))
        segment = _segment(number, told)
        if segment.is_active:
            moved += membership.replace(segment, members.tolist())
    reporter(MOVING, len(leads), len(leads))
    return moved


def _segment(number: int, told: dict[str, object]) -> Segment:
    """The segment of a cluster, with what is told of it now."""
    segment = Segment.objects.filter(cluster=number).first()
    if segment is None:
        key = f"cluster-{number + 1}"
        taken = Segment.objects.filter(key=key).exists()
        return Segment.objects.create(
            key=f"found-{key}" if taken else key, kind=SegmentKind.CLUSTER, cluster=number, told=told
        )
    if segment.told != told:
        segment.told = told
        segment.save(update_fields=["told", "changed_at"])
    return segment

"""Building all profiles, as a job: learn from a sample of the members, then tell everybody's traits and vector."""

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TypeVar

import numpy as np
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_noop
from threadpoolctl import threadpool_limits

from accounts.models import LinkedAccount, Platform, Purpose
from accounts.services import stirring
from crossmarket.foundation import jobs
from crossmarket.foundation.jobs import JobFailed, Reporter, Result, job_kind
from crossmarket.foundation.locks import one_at_a_time
from crossmarket.foundation.models import Job, JobState
from profiles.modeling import drift, features, prices, profile_model, topics
from profiles.modeling.columns import Ints
from profiles.modeling.features import Features
from profiles.modeling.profile_model import ProfileModel as Learned
from profiles.modeling.profile_model import Words
from profiles.models import Course, Profile, ProfileModel
from profiles.profiling import model_store, sources, subjects
from profiles.profiling.retelling import tell_anew
from profiles.profiling.telling_groups import Background, features_of, tell_group
from profiles.profiling.writing import LOCK, write_of_before
from profiles.segmentation import membership
from profiles.segmentation.rebuilding import enqueue_rebuild_all

BUILD = gettext_noop("profiles.build")
READING_COURSES = gettext_noop("finding topics")
LEARNING = gettext_noop("learning from members")
TELLING = gettext_noop("telling profiles")
AT_ONCE = 1_000
"""So many persons are held in memory at a time."""
AGAIN_AT_ONCE = 200
"""So many are told again at a time, while members of segments wait."""
MOST_TEACHERS = 30_000
"""Models learn from so many persons at most, a random part of all: percentiles and axes gain nothing from more."""
KEPT = 5
"""How many models are kept, besides those that profiles still rest on."""
NUMBERING = "numbering profile models"

Each = TypeVar("Each")


def enqueue_build(to_worker: bool = True) -> Job:
    """Put a building of all profiles into the queue, unless one waits there, or leave it to the caller to run."""
    waiting = Job.objects.open().filter(kind=BUILD, started_at__isnull=True).first() if to_worker else None
    return waiting or jobs.enqueue(BUILD, to_worker=to_worker)


@job_kind(BUILD)
@threadpool_limits.wrap(
    limits=1
)  # of such small arrays threads only wait for one another, on busy machines for minutes
def build(reporter: Reporter, /) -> Result:
    """Learn a new model and build every profile with it, a thousand persons at a time."""
    running = Job.objects.filter(kind=BUILD, state=JobState.RUNNING).exclude(pk=reporter.job.pk)
    if running.exists():
        raise JobFailed("Profiles are being built already; wait until that job has ended.")
    now, platforms = timezone.now(), list(Platform.objects.order_by("pk").values_list("slug", flat=True))
    total = LinkedAccount.objects.consenting(Purpose.PROFILING).count()
    words, topic_ids, topic_shares = _topics(reporter)
    course_ids, courses = sources.course_columns(
        Course.objects.all(), words.categories, words.currency, topic_ids, topic_shares
    )
    edges = prices.price_edges(courses)
    against = Background(platforms, course_ids, courses, words.topics, now)
    sample = _sample(reporter, against, edges, total)
    if not len(sample):
        raise JobFailed("Nobody who agrees to profiling has done anything yet, so there is no profile to build.")
    learned = profile_model.fit(sample, words, topic_ids, topic_shares, edges, now.timestamp())
    version = _store(learned, sample, now, reporter.job, len(courses))
    reporter.log(f"profile model {version} learned from {len(sample)} profiles; largest drift {version.largest_drift}")
    built = _tell_everybody(reporter, against, learned, version, total)
    gone = _take_over(learned, version, now)
    _drop_old()
    enqueue_rebuild_all()
    reporter.log(f"{built} profiles built, {gone} removed that nobody agrees to any more")
    return {"model": str(version), "profiles": built, "removed": gone, "largest_drift": version.largest_drift}


def _topics(reporter: Reporter) -> tuple[Words, Ints, np.ndarray]:
    reporter(READING_COURSES, 0, 1)
    ids, texts = sources.course_texts()
    shares, names = topics.find_topics(texts)
    reporter(READING_COURSES, 1, 1)
    reporter.log(f"{len(names)} topics in {len(texts)} courses: {', '.join(names)}")
    return Words(sources.usual_categories(), names, sources.usual_currency(), []), ids, shares


def _sample(reporter: Reporter, against: Background, edges: np.ndarray, total: int) -> Features:
    """The features of a random part of the members who have done something; the ids of persons are random."""
    share = min(1.0, MOST_TEACHERS / max(total, 1))
    chosen = (each for each in subjects.everyone() if each.members[0].person_id.int % 10_007 < share * 10_007)
    parts: list[Features] = []
    done = 0
    for group in _groups(chosen):
        reporter(LEARNING, done, max(int(total * share), done))
        part = features_of(group, against, edges)
        parts.append(_of(part, part.events > 0))
        done += sum(len(subject.members) for subject in group)
    reporter(LEARNING, done, done)
    return features.together(parts) if parts else features_of([], against, edges)


def _tell_everybody(
    reporter: Reporter, against: Background, learned: Learned, version: ProfileModel, total: int
) -> int:
    built = done = 0
    for group in _groups(subjects.everyone()):
        reporter(TELLING, done, max(total, done))
        rows = tell_group(group, against, learned)
        written, overtaken = write_of_before(rows, version, against.now)
        built += written + tell_anew(overtaken, version, learned)
        done += sum(len(subject.members) for subject in group)
    reporter(TELLING, done, done)
    return built


def _take_over(learned: Learned, version: ProfileModel, since: datetime) -> int:
    """Make this the model that profiles are told with, and drop what no building wrote; returns how many rows.

    Who was told anew since the building began was told with the model before, and newer things than the building
    knew. They are told again: most of them while others go on, the last ones while nobody is told anything.
    """
    for some in _groups(_told_since(version, since), AGAIN_AT_ONCE):
        tell_anew(some, version, learned)
    with transaction.atomic():
        one_at_a_time(membership.LOCK)
        tell_anew(_told_since(version, since), version, learned)
        stirring.stir(_told_since(version, since), look=False)  # of whom somebody is being erased
        one_at_a_time(LOCK)
        gone = Profile.objects.exclude(model=version).delete()[0]
        version.completed_at = timezone.now()
        version.save(update_fields=["completed_at"])
    return gone


def _told_since(version: ProfileModel, moment: datetime) -> list[int]:
    """The accounts of profiles that were told after this moment, but not with this model."""
    others = Profile.objects.exclude(model=version).filter(fresh_at__gt=moment)
    return list(others.order_by("account_id").values_list("account_id", flat=True))


def _of(all_features: Features, chosen: np.ndarray) -> Features:
    return Features(**{name: getattr(all_features, name)[chosen] for name in Features.__dataclass_fields__})


def _groups(everyone: Iterable[Each], most: int | None = None) -> Iterator[list[Each]]:
    remaining = iter(everyone)
    while group := list(islice(remaining, most or AT_ONCE)):
        yield group


def _store(learned: Learned, sample: Features, now: datetime, job: Job, courses: int) -> ProfileModel:
    version_id = uuid.uuid4()
    model_store.save(version_id, learned)
    before = ProfileModel.objects.current()
    known = {name: (edges, shares) for name, (edges, shares) in (before.spread if before else {}).items()}
    with transaction.atomic():
        one_at_a_time(NUMBERING)
        latest = ProfileModel.objects.aggregate(latest=Max("number"))["latest"]
        return ProfileModel.objects.create(
            id=version_id,
            number=(latest or 0) + 1,
            persons=len(sample),
            courses=courses,
            topics=[name[:200] for name in learned.words.topics],
            explained=[round(float(each), 4) for each in learned.pipeline["reduce"].explained_variance_ratio_],
            drift=drift.drift(known, profile_model.scalar_features(sample, now.timestamp())),
            spread=profile_model.baseline(sample, now.timestamp()),
            job=job,
        )


@transaction.atomic
def _drop_old() -> None:
    """Throw away models that no profile rests on, but for the latest few."""
    latest = list(ProfileModel.objects.order_by("-number").values_list("pk", flat=True)[:KEPT])
    for version_id in ProfileModel.objects.exclude(pk__in=latest).values_list("pk", flat=True):
        ProfileModel.objects.filter(pk=version_id).delete()
        transaction.on_commit(partial(model_store.delete, version_id), robust=True)

"""Looking at courses at night: covers, audio previews and texts become numbers, each once until it changes."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from crossmarket.foundation import jobs
from crossmarket.foundation.jobs import Reporter, Result, job_kind
from crossmarket.foundation.models import Job
from crossmarket.foundation.outward import NotSent, fetch
from profiles.models import Course
from recommend.algorithms.interactions import Float32Array
from recommend.course_descriptions import words_of_courses
from recommend.models import CourseFeatures, FeatureKind
from recommend.perception import pictures, sentences, sounds

LOOK = gettext_noop("recommend.look_at_courses")
STEPS = {
    FeatureKind.COVER: gettext_noop("looking at covers"),
    FeatureKind.AUDIO: gettext_noop("listening to previews"),
    FeatureKind.TEXT: gettext_noop("reading texts"),
}
MOST_A_NIGHT = 5_000
"""Addresses that are asked in one go; the rest has its turn the next night."""
MOST_SECONDS = 1_800.0
AT_ONCE = 8
"""Addresses asked at the same time, and a few times as many handed out together."""
AGAIN_AFTER = timedelta(days=7)
"""How long what could not be read is left alone."""
TEXTS_AT_ONCE = 64
LONGEST_FAULT = 500

Measured = Float32Array | str
"""A vector, or in words why there is none."""


@dataclass(frozen=True)
class Look:
    """A way to measure one side of courses.

    version: changes when the numbers come to mean something else. sources: what is looked at, by course.
    measure: the numbers of some sources, in their order.
    """

    kind: FeatureKind
    version: str
    sources: dict[int, str]
    measure: Callable[[Sequence[str]], list[Measured]]
    at_once: int

    def digest(self, source: str) -> str:
        """What is kept of a source, to see whether it has changed."""
        return hashlib.blake2b(f"{self.version}\n{source}".encode(), digest_size=32).hexdigest()


def enqueue_looking(to_worker: bool = True) -> Job | None:
    """Look at what is new or has changed; None when no course has anything to look at."""
    has_addresses = Course.objects.listed().exclude(cover_url="", preview_url="").exists()
    if not has_addresses and not settings.SENTENCE_MODEL:
        return None
    return jobs.enqueue(LOOK, to_worker=to_worker)


@job_kind(LOOK)
def look_at_courses(reporter: Reporter, /) -> Result:
    """Measure what was not measured yet; what cannot be read is told in the log and tried again in a week."""
    result: Result = {}
    for look in _looks(reporter):
        measured, faults = _catch_up(look, reporter)
        if measured or faults:
            reporter.log(f"{look.kind}: {measured} measured, {faults} could not be read")
        result[f"{look.kind}_measured"], result[f"{look.kind}_faults"] = measured, faults
    return result


def _looks(reporter: Reporter) -> Iterator[Look]:
    for kind, version, field, features, most_bytes in (
        (FeatureKind.COVER, pictures.VERSION, "cover_url", pictures.picture_features, 5_000_000),
        (FeatureKind.AUDIO, sounds.VERSION, "preview_url", sounds.sound_features, 20_000_000),
    ):
        is_foreign = Q(**{f"{field}__startswith": "https://"}) | Q(**{f"{field}__startswith": "http://"})
        addresses = dict(Course.objects.listed().filter(is_foreign).values_list("pk", field))
        yield Look(kind, version, addresses, _Fetching(features, most_bytes), 4 * AT_ONCE)
    if settings.SENTENCE_MODEL:
        try:
            folder = Path(settings.SENTENCE_MODEL)
            model = sentences.encoder(folder)
        except sentences.NoEncoder as error:
            reporter.log(str(error))
            return
        yield Look(
            FeatureKind.TEXT,
            f"text-1 {folder}",
            {pk: words.text for pk, words in words_of_courses(Course.objects.listed()) if words.text},
            lambda texts: list(sentences.encoded(model, texts)),
            TEXTS_AT_ONCE,
        )


@dataclass(frozen=True)
class _Fetching:
    """Measuring what stands at addresses, several at once."""

    features: Callable[[bytes], Float32Array]
    most_bytes: int

    def __call__(self, addresses: Sequence[str]) -> list[Measured]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self._one, addresses))

    def _one(self, address: str) -> Measured:
        try:
            fetched = fetch(address, self.most_bytes)
            if fetched.status != 200:
                return f"The address answers with {fetched.status}."
            return self.features(fetched.body)
        except (NotSent, pictures.NoPicture, sounds.NoSound) as error:
            return str(error)


def _catch_up(look: Look, reporter: Reporter) -> tuple[int, int]:
    """Measure what is due; how many sources were measured, and how many could not be."""
    courses_of = _due(look)
    sources = list(courses_of)[:MOST_A_NIGHT]
    step = STEPS[look.kind]
    measured, began = 0, time.monotonic()
    reporter(step, 0, len(sources))
    done = 0
    for start in range(0, len(sources), look.at_once):
        chunk = sources[start : start + look.at_once]
        results = look.measure(chunk)
        for source, result in zip(chunk, results, strict=True):
            _keep(look, source, courses_of[source], result)
            measured += not isinstance(result, str)
        done += len(chunk)
        reporter(step, done, len(sources))
        if time.monotonic() - began > MOST_SECONDS:
            break
    reporter(step, len(sources), len(sources))
    return measured, done - measured


def _due(look: Look) -> dict[str, list[int]]:
    """The courses behind each source to look at, the newest first. Features of what is gone are removed."""
    kept = CourseFeatures.objects.filter(kind=look.kind)
    gone: list[int] = []
    settled: set[int] = set()
    stale_before = timezone.now() - AGAIN_AFTER
    for pk, course, source, fault, looked_at in kept.values_list("pk", "course_id", "source", "fault", "looked_at"):
        if course not in look.sources or look.digest(look.sources[course]) != source:
            gone.append(pk)
        elif not fault or looked_at > stale_before:
            settled.add(course)
    kept.filter(pk__in=gone).delete()
    courses_of: dict[str, list[int]] = {}
    for course in sorted(look.sources, reverse=True):
        if course not in settled:
            courses_of.setdefault(look.sources[course], []).append(course)
    return courses_of


def _keep(look: Look, source: str, courses: Sequence[int], result: Measured) -> None:
    is_fault = isinstance(result, str)
    if not is_fault and not np.isfinite(result).all():
        is_fault, result = True, "The numbers are not finite."
    rows = [
        CourseFeatures(
            course_id=course,
            kind=look.kind,
            source=look.digest(source),
            vector=b"" if is_fault else np.asarray(result, dtype="<f4").tobytes(),
            fault=str(result)[:LONGEST_FAULT] if is_fault else "",
            looked_at=timezone.now(),
        )
        for course in Course.objects.filter(pk__in=courses).values_list("pk", flat=True)
    ]
    CourseFeatures.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["course", "kind"],
        update_fields=["source", "vector", "fault", "looked_at"],
    )

"""Reading consented events and courses as columns."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Case, Count, F, FloatField, IntegerField, Value, When
from django.db.models.functions import Cast, Coalesce, Extract
from django.utils import timezone

from accounts.models import Purpose
from crossmarket.foundation.copying import copied
from profiles.modeling.columns import (
    CODE,
    KINDS,
    NO_CATEGORY,
    NO_COURSE,
    NO_PRICE,
    TYPES,
    CourseColumns,
    EventColumns,
    Floats,
    Ints,
)
from profiles.modeling.topics import CourseText
from profiles.models import Course, Event
from profiles.models.course import CourseQuerySet
from profiles.models.event import engagement
from profiles.profiling.subjects import Subject

ROW = np.dtype(
    [("account", "i8"), ("course", "i8"), ("type", "i4"), ("value", "f8"), ("engagement", "f8"), ("time", "f8")]
)
COURSE_ROW = np.dtype([("id", "i8"), ("category", "i8"), ("kind", "i8"), ("price", "i8")])
CHUNK = 20_000
MOST_CATEGORIES = 200
MOST_LIVE_EVENTS = 5_000
"""A profile that is told on the spot is made of so many latest events; nightly ones are made of all."""
HOUR = 3_600


def event_columns(
    subjects: Sequence[Subject], course_ids: Ints, platforms: Sequence[str], latest: int | None = None
) -> EventColumns:
    """What these subjects did, as far as they agree to profiling now; `latest` bounds how far it is looked back.

    Courses are rows of `course_ids` (ascending), platforms indices into `platforms`.
    """
    rows = _event_rows([account for subject in subjects for account in subject.account_ids], latest)
    members = [(member.account_id, at, member) for at, subject in enumerate(subjects) for member in subject.members]
    members.sort(key=lambda each: each[0])
    ids = np.array([account for account, _at, _member in members], dtype=np.int64)
    place = np.searchsorted(ids, rows["account"])
    number = {slug: at for at, slug in enumerate(platforms)}
    platform = np.array([number[member.platform] for _account, _at, member in members], dtype=np.int64)
    person = np.array([at for _account, at, _member in members], dtype=np.int64)
    clocks = sorted({subject.timezone for subject in subjects})
    clock_of = np.array([clocks.index(subject.timezone) for subject in subjects], dtype=np.int64)
    events_person = person[place] if len(ids) else place
    return EventColumns(
        person=events_person,
        account=rows["account"].copy(),
        platform=platform[place] if len(ids) else place,
        course=_rows_of(rows["course"], course_ids),
        type=rows["type"].astype(np.int64),
        value=rows["value"].copy(),
        engagement=rows["engagement"].copy(),
        time=rows["time"].copy(),
        local=_local(rows["time"], clock_of[events_person] if len(subjects) else events_person, clocks),
        n_persons=len(subjects),
        n_platforms=len(platforms),
    )


def course_columns(
    courses: CourseQuerySet, categories: Sequence[str], currency: str, topic_ids: Ints, topics: Floats
) -> tuple[Ints, CourseColumns]:
    """The ids of these courses, ascending, and their columns; `topics` are the shares of the courses `topic_ids`."""
    number = {name: at for at, name in enumerate(categories)}
    described = courses.order_by("pk").values_list("pk", "category", "kind", "price", "currency")
    rows = np.fromiter(
        (
            (pk, number.get(category, NO_CATEGORY), KINDS.index(kind), _price(price, unit == currency))
            for pk, category, kind, price, unit in described.iterator(chunk_size=CHUNK)
        ),
        dtype=COURSE_ROW,
    )
    shares = np.zeros((len(rows), topics.shape[1]))
    at = _rows_of(rows["id"], topic_ids)
    shares[at >= 0] = topics[at[at >= 0]]
    columns = CourseColumns(
        rows["category"].copy(), rows["kind"].copy(), rows["price"].copy(), shares, tuple(categories)
    )
    return rows["id"].copy(), columns


def touched_courses(account_ids: Sequence[int]) -> Ints:
    """The ids, ascending, of the courses in the events of these accounts that agree to profiling now."""
    consented = Event.objects.consented(Purpose.PROFILING).cleaned()
    touched = consented.filter(account__in=list(account_ids), course__isnull=False)
    ids = touched.order_by("course_id").values_list("course_id", flat=True).distinct()
    return np.fromiter(ids, dtype=np.int64)


def categories_of(courses: CourseQuerySet) -> list[str]:
    """The categories that these courses have, in the order of their names."""
    return sorted(set(courses.exclude(category="").values_list("category", flat=True)))


def course_texts() -> tuple[Ints, list[CourseText]]:
    """The ids, ascending, and the texts of all described courses."""
    described = Course.objects.exclude(title="").order_by("pk").values_list("pk", "title", "text", "tags", "category")
    ids: list[int] = []
    texts: list[CourseText] = []
    for pk, title, text, tags, category in described.iterator(chunk_size=2_000):
        ids.append(pk)
        texts.append(CourseText(title, text[:2_000], tuple(tags), category))
    return np.array(ids, dtype=np.int64), texts


def usual_categories() -> list[str]:
    """The categories with the most courses, those first."""
    counted = Course.objects.exclude(category="").values("category").annotate(n=Count("pk")).order_by("-n", "category")
    return list(counted.values_list("category", flat=True)[:MOST_CATEGORIES])


def usual_currency() -> str:
    """The currency that most prices are in."""
    priced = Course.objects.filter(price__gt=0).values("currency").annotate(n=Count("pk")).order_by("-n", "currency")
    return str(priced.values_list("currency", flat=True).first() or "CNY")


def _event_rows(account_ids: Sequence[int], latest: int | None) -> np.ndarray:
    events = Event.objects.consented(Purpose.PROFILING).cleaned().filter(account__in=list(account_ids), type__in=TYPES)
    events = events.filter(timestamp__lte=timezone.now() + timedelta(days=1))
    code = Case(*(When(type=name, then=Value(at)) for name, at in CODE.items()), output_field=IntegerField())
    columns = events.annotate(
        code=code,
        number=Coalesce(Cast(F("clean_value"), FloatField()), Value(float("nan"))),
        telling=Cast(engagement(), FloatField()),
        seconds=Cast(Extract(F("timestamp"), "epoch", tzinfo=UTC), FloatField()),
        on=Coalesce(F("course_id"), Value(NO_COURSE)),
    ).values_list("account_id", "on", "code", "number", "telling", "seconds")
    return copied(columns.order_by("-timestamp", "-pk")[:latest] if latest else columns.order_by(), ROW)


def _price(price: int | None, is_usual_currency: bool) -> int:
    return NO_PRICE if price is None or not is_usual_currency else price


def _rows_of(ids: Ints, among: Ints) -> Ints:
    """The rows of these ids in an ascending array, -1 for those that are not there."""
    if not len(among):
        return np.full(len(ids), NO_COURSE, dtype=np.int64)
    at = np.searchsorted(among, ids).clip(max=len(among) - 1)
    return np.where(among[at] == ids, at, NO_COURSE)


def _local(times: Floats, clock: Ints, clocks: Sequence[str]) -> Floats:
    """Moments (epoch seconds) as seconds on each event's own clock."""
    local = times.copy()
    for number, name in enumerate(clocks):
        here = np.flatnonzero(clock == number)
        hours, place = np.unique(times[here] // HOUR, return_inverse=True)
        offsets = np.array([_offset(name, int(hour)) for hour in hours.tolist()], dtype=np.float64)
        local[here] += offsets[place] if len(offsets) else 0.0
    return local


@lru_cache(maxsize=200_000)
def _offset(name: str, hour: int) -> float:
    """By how many seconds a clock is ahead of UTC in an hour since the epoch."""
    offset = datetime.fromtimestamp(hour * HOUR, UTC).astimezone(ZoneInfo(name)).utcoffset()
    return offset.total_seconds() if offset else 0.0

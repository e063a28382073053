"""What people did with courses, in order of time, to be looked at as of any moment."""

from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import cached_property

import numpy as np
from django.db.models import Case, F, FloatField, IntegerField, Value, When
from django.db.models.functions import Cast, Coalesce, Extract
from django.utils import timezone

from accounts.models import Purpose
from crossmarket.foundation.copying import copied
from profiles.live_history import COURSES, EVENTS
from profiles.models import Event, EventType
from profiles.models.event import engagement
from recommend.algorithms.interactions import Float32Array, Float64Array, Int64Array
from recommend.ranking.courses import DAY, Renown
from recommend.ranking_data.people import People

ROW = np.dtype([("account", "i8"), ("course", "i8"), ("type", "i4"), ("value", "f8"), ("weight", "f8"), ("time", "f8")])
TYPES = (EventType.RATING, EventType.PURCHASE, EventType.COMPLETE)
RATING, PURCHASE, COMPLETION, OTHER = 0, 1, 2, 3
POPULARITY_HALF_LIFE = 30.0
"""Days after which an event counts half for what is popular."""


@dataclass(frozen=True)
class History:
    """Courses that somebody met, oldest first, each once: rows of courses int64, weights float32, times float64."""

    courses: Int64Array
    weights: Float32Array
    times: Float64Array


@dataclass(frozen=True)
class Deeds:
    """Events on courses by group (see `People`) and time; all columns (n,).

    groups, accounts, courses (rows of the courses they were read for): int64. types: an index into `TYPES`, or
    `OTHER`. values: float64, NaN for none. weights: float64, how much the event tells of liking, 0 for nothing. times:
    float64, epoch seconds.
    """

    groups: Int64Array
    accounts: Int64Array
    courses: Int64Array
    types: Int64Array
    values: Float64Array
    weights: Float64Array
    times: Float64Array

    def __len__(self) -> int:
        return len(self.groups)

    def rows_of(self, group: int, since: float, until: float) -> slice:
        """The rows of a group with since <= time < until."""
        start, end = self._starts[group], self._starts[group + 1]
        times = self.times[start:end]
        first, last = np.searchsorted(times, (since, until))
        return slice(int(start + first), int(start + last))

    def history(self, group: int, moment: float) -> History:
        """What live histories would have told before this moment."""
        rows = self.rows_of(group, -np.inf, moment)
        told = rows.start + np.flatnonzero(self.weights[rows] > 0)[-EVENTS:]
        weights: dict[int, float] = {}
        latest: dict[int, float] = {}
        columns = (self.courses[told].tolist(), self.weights[told].tolist(), self.times[told].tolist())
        for course, weight, time in zip(*columns, strict=True):
            weights[course] = weights.pop(course, 0.0) + weight  # what came last now stands last
            latest[course] = time
        kept = list(weights)[-COURSES:]
        return History(
            np.array(kept, dtype=np.int64),
            np.array([weights[course] for course in kept], dtype=np.float32),
            np.array([latest[course] for course in kept], dtype=np.float64),
        )

    @cached_property
    def _starts(self) -> Int64Array:
        groups = int(self.groups.max(initial=-1)) + 1
        return np.concatenate([np.searchsorted(self.groups, np.arange(groups + 1)), np.full(1, len(self))])

    def knows(self, group: int) -> bool:
        """Whether a group did anything."""
        return group + 1 < len(self._starts)


def read(people: People, course_ids: Int64Array) -> Deeds:
    """What consented events tell; courses are rows of `course_ids`, which ascend."""
    events = Event.objects.consented(Purpose.RECOMMENDATION).cleaned().filter(course__isnull=False)
    events = events.filter(timestamp__lte=timezone.now() + timedelta(days=1))
    code = Case(*(When(type=name, then=Value(at)) for at, name in enumerate(TYPES)), default=Value(OTHER),
                output_field=IntegerField())  # fmt: skip
    columns = events.annotate(
        code=code,
        number=Coalesce(Cast(F("clean_value"), FloatField()), Value(float("nan"))),
        telling=Cast(engagement(), FloatField()),
        seconds=Cast(Extract(F("timestamp"), "epoch", tzinfo=UTC), FloatField()),
    ).values_list("account_id", "course_id", "code", "number", "telling", "seconds")
    rows = copied(columns.order_by(), ROW)
    groups = np.array([people.group_of.get(account, -1) for account in rows["account"].tolist()], dtype=np.int64)
    courses = np.searchsorted(course_ids, rows["course"]).clip(max=max(len(course_ids) - 1, 0))
    kept = groups >= 0
    if len(course_ids):
        kept &= course_ids[courses] == rows["course"]
    order = np.flatnonzero(kept)
    order = order[np.lexsort((rows["time"][order], groups[order]))]
    return Deeds(
        groups=groups[order],
        accounts=rows["account"][order],
        courses=courses[order].astype(np.int64),
        types=rows["type"][order].astype(np.int64),
        values=rows["value"][order],
        weights=rows["weight"][order],
        times=rows["time"][order],
    )


class RenownByDay:
    """What courses were known for at the beginning of each day; asked for one day after the other."""

    def __init__(self, deeds: Deeds, n_courses: int) -> None:
        self._deeds, self._order = deeds, np.argsort(deeds.times, kind="stable")
        self._in_order = deeds.times[self._order]
        self._popularity, self._stars, self._ratings = (np.zeros(n_courses) for _ in range(3))
        self._until, self._used = -np.inf, 0

    def on_day_of(self, moment: float) -> Renown:
        """As of the last midnight (UTC) before the moment. Raises `ValueError` for a day before the one asked last."""
        midnight = moment // DAY * DAY
        if midnight < self._until:
            raise ValueError("Days are asked for in their order.")
        self._go_on(midnight)
        return Renown(*(each.astype(np.float32) for each in (self._popularity, self._stars, self._ratings)))

    def _go_on(self, until: float) -> None:
        end = int(np.searchsorted(self._in_order, until))
        rows = self._order[self._used : end]
        if np.isfinite(self._until):
            self._popularity *= 0.5 ** ((until - self._until) / DAY / POPULARITY_HALF_LIFE)
        courses = self._deeds.courses[rows]
        fading = 0.5 ** ((until - self._deeds.times[rows]) / DAY / POPULARITY_HALF_LIFE)
        np.add.at(self._popularity, courses, self._deeds.weights[rows] * fading)
        rated = (self._deeds.types[rows] == RATING) & np.isfinite(self._deeds.values[rows])
        np.add.at(self._stars, courses[rated], self._deeds.values[rows][rated])
        np.add.at(self._ratings, courses[rated], 1)
        self._until, self._used = until, end

"""What an account did last: kept in Redis, read from PostgreSQL when it is not there."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache as cache_result
from typing import Any

import msgspec
from django.db import connection
from django.db.models import F, FloatField, Value
from django.db.models.functions import Cast, Coalesce

from crossmarket.foundation.leased_cache import NOT_FETCHED, LeasedCache
from profiles.modeling.features import COMPLETED_FROM
from profiles.models import Event
from profiles.models.event_type import EventType

EVENTS = 200
"""How many of the latest telling events are looked at."""
COURSES = 50
"""How many courses a history has at most."""
OWNED = 2_000
"""How many of the latest purchases, refunds and completions are looked at."""
CACHE_SECONDS = 3600
ANY_ACCOUNT = -1


class History(msgspec.Struct, frozen=True, array_like=True):
    """Courses that events tell of (see `Event.engagement`), each once: weights summed, at its latest time.

    The oldest first; times are epoch seconds. bought: the courses that were bought and not given back since, with the
    times of that, the oldest first, however long ago. completed: the courses that were learned to the end.
    """

    course_ids: list[int] = []
    weights: list[float] = []
    times: list[float] = []
    bought: list[int] = []
    bought_times: list[float] = []
    completed: list[int] = []


NOTHING = History()

cache: LeasedCache[int, History] = LeasedCache("history-2", History, CACHE_SECONDS)


def of(account_ids: Sequence[int], fetched: Mapping[str, bytes | None] = NOT_FETCHED) -> History:
    """The history of these accounts together; `fetched` has entries of `cache` that are at hand already."""
    if not account_ids:
        return NOTHING
    found = cache.get_many(account_ids, _read, fetched)
    return found[account_ids[0]] if len(account_ids) == 1 else together(found.values())


def together(histories: Iterable[History]) -> History:
    """Several histories as one."""
    several = list(histories)
    once = _once_each(
        (time, course, weight)
        for history in several
        for course, weight, time in zip(history.course_ids, history.weights, history.times, strict=True)
    )
    owned = sorted(
        (time, course) for history in several for course, time in zip(history.bought, history.bought_times, strict=True)
    )
    bought = {course: time for time, course in owned}
    completed = sorted({course for history in several for course in history.completed})
    return msgspec.structs.replace(once, bought=list(bought), bought_times=list(bought.values()), completed=completed)


def forget_on_commit(account_ids: Iterable[int]) -> None:
    """Read the histories of these accounts afresh once the running transaction is committed."""
    cache.forget_on_commit(account_ids)


def _once_each(rows: Iterable[tuple[float, int, float]]) -> History:
    """Rows of time, course and weight as a history."""
    latest: dict[int, float] = {}
    weights: dict[int, float] = {}
    for time, course, weight in sorted(rows):
        latest.pop(course, None)
        latest[course] = time  # what came last now stands last
        weights[course] = weights.get(course, 0.0) + weight
    courses = list(latest)[-COURSES:]
    return History(courses, [weights[course] for course in courses], [latest[course] for course in courses])


def _read(account_ids: list[int]) -> dict[int, History]:
    return {account_id: _read_one(account_id) for account_id in account_ids}


def _read_one(account_id: int) -> History:
    sql, parameters = _latest_events()
    with connection.cursor() as cursor:
        cursor.execute(sql, [account_id if each == ANY_ACCOUNT else each for each in parameters])
        rows = cursor.fetchall()
    liked = _once_each((time.timestamp(), course, weight) for time, course, weight, type_ in rows if type_ == "")
    bought: dict[int, float] = {}
    for time, course, _weight, type_ in sorted(rows, key=lambda row: (row[0], row[3])):
        if type_ == EventType.PURCHASE:
            bought[course] = time.timestamp()
        elif type_ == EventType.REFUND:
            bought.pop(course, None)
    completed = {
        course for _time, course, share, type_ in rows if type_ == EventType.COMPLETE and share >= COMPLETED_FROM
    }
    return msgspec.structs.replace(
        liked, bought=list(bought), bought_times=list(bought.values()), completed=sorted(completed)
    )


@cache_result
def _latest_events() -> tuple[str, tuple[Any, ...]]:
    """The query for what is known of an account: rows of time, course, a number, and a type.

    First its latest telling events, with their engagement and no type; then all that tells what it owns or has learned
    to the end. `ANY_ACCOUNT` among the parameters stands for the account. It is composed once, for that takes ten times
    as long as PostgreSQL takes to answer it.
    """
    # No consent is asked here: `accounts.sharing` has named the accounts that may be looked at.
    events = Event.objects.cleaned().filter(account=ANY_ACCOUNT)
    latest = events.engaging().order_by("-timestamp", "-pk").annotate(kind=Value(""))
    telling = latest.values_list("timestamp", "course_id", "engagement", "kind")[:EVENTS]
    owning = events.filter(course__isnull=False, type__in=[EventType.PURCHASE, EventType.REFUND, EventType.COMPLETE])
    share = Cast(Coalesce(F("value"), Value(Decimal(1))), FloatField())
    owned = owning.order_by("-timestamp", "-pk").annotate(share=share)
    found = owned.values_list("timestamp", "course_id", "share", "type")[:OWNED]
    sql, parameters = telling.union(found, all=True).query.sql_with_params()
    return sql, tuple(parameters)

"""What an account did last: kept in Redis, read from PostgreSQL when it is not there."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache as cache_result
from typing import Any

import msgspec
from django.db import connection

from crossmarket.foundation.leased_cache import NOT_FETCHED, LeasedCache
from profiles.models import Event

EVENTS = 200
"""How many of the latest telling events are looked at."""
COURSES = 50
"""How many courses a history has at most."""
CACHE_SECONDS = 3600
ANY_ACCOUNT = -1


class History(msgspec.Struct, frozen=True, array_like=True):
    """Courses that events tell of (see `Event.engagement`), each once: weights summed, at its latest time.

    The oldest first; times are epoch seconds.
    """

    course_ids: list[int] = []
    weights: list[float] = []
    times: list[float] = []


NOTHING = History()

cache: LeasedCache[int, History] = LeasedCache("history", History, CACHE_SECONDS)


def of(account_ids: Sequence[int], fetched: Mapping[str, bytes | None] = NOT_FETCHED) -> History:
    """The history of these accounts together; `fetched` has entries of `cache` that are at hand already."""
    if not account_ids:
        return NOTHING
    found = cache.get_many(account_ids, _read, fetched)
    return found[account_ids[0]] if len(account_ids) == 1 else together(found.values())


def together(histories: Iterable[History]) -> History:
    """Several histories as one."""
    return _once_each(
        (time, course, weight)
        for history in histories
        for course, weight, time in zip(history.course_ids, history.weights, history.times, strict=True)
    )


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
    return _once_each((timestamp.timestamp(), course, weight) for timestamp, course, weight in rows)


@cache_result
def _latest_events() -> tuple[str, tuple[Any, ...]]:
    """The query for an account's latest telling events, `ANY_ACCOUNT` among its parameters standing for the account.

    It is composed once, for that takes ten times as long as PostgreSQL takes to answer it.
    """
    # No consent is asked here: `accounts.sharing` has named the accounts that may be looked at.
    events = Event.objects.cleaned().filter(account=ANY_ACCOUNT).engaging().order_by("-timestamp", "-pk")
    latest = events.values_list("timestamp", "course_id", "engagement")[:EVENTS]
    sql, parameters = latest.query.sql_with_params()
    return sql, tuple(parameters)

"""Cleaning events in SQL, against one plain aggregate over the same table.

    python -m benchmarks.cleaning --events 1000000

Events are made in the database itself: people do a few things on some days of a year; one event in a hundred is sent
once more, one in two hundred is impossible, and one account in a thousand is a robot's.
"""

import resource
import time
from argparse import ArgumentParser
from collections.abc import Callable
from statistics import median

from benchmarks import report
from benchmarks.scratch import scratch_system

EVENTS = 100_000
EVENTS_OF_ONE = 50
ROUNDS = 3
RECEIVED = 2_000

PEOPLE = """
INSERT INTO accounts_person (id, created_at) SELECT gen_random_uuid(), now() FROM generate_series(1, %(people)s)
"""
ACCOUNTS = """
INSERT INTO accounts_linkedaccount
    (platform_id, external_id, person_id, traits, email_digest, phone_digest, created_at)
SELECT %(platform)s, 'user-' || row_number() OVER (), id, '{}', '', '', now() FROM accounts_person
"""
COURSES = """
INSERT INTO profiles_course (platform_id, item_id, title, kind, category, tags, tags_text, price, currency, url,
    cover_url, teacher, difficulty, language, text, available, created_at, updated_at)
SELECT %(platform)s, 'course-' || n, 'course', 'course', '', '{}', '', 9900, 'CNY', '', '', '', '', '', '', true,
    now(), now() FROM generate_series(1, %(courses)s) n
"""
EVENTS_MADE = """
INSERT INTO profiles_event
    (platform_id, account_id, course_id, message_id, type, value, "timestamp", received_at)
SELECT %(platform)s, account, course, message, type, CASE WHEN type = 'rating' THEN value END, moment,
    CASE WHEN n %% 200 = 7 THEN moment - interval '5 hours' ELSE moment END
FROM (
    SELECT n, (SELECT min(id) FROM accounts_linkedaccount) + n %% %(people)s AS account,
        (SELECT min(id) FROM profiles_course) + (random() * (%(courses)s - 1))::int AS course,
        'event-' || n AS message, 1 + (random() * 4)::int AS value,
        (ARRAY['view', 'view', 'click', 'like', 'purchase', 'complete', 'rating', 'view'])[1 + n %% 8] AS type,
        timestamptz '2026-01-01 00:00+00' + n * (interval '300 days' / %(events)s)
            + random() * interval '1 hour' AS moment
    FROM generate_series(1, %(events)s) n
) made ORDER BY made.moment
"""
SENT_AGAIN = """
INSERT INTO profiles_event
    (platform_id, account_id, course_id, message_id, type, value, "timestamp", received_at)
SELECT platform_id, account_id, course_id, message_id || '-again', type, value, "timestamp" + interval '1 second',
    received_at FROM profiles_event WHERE id %% 100 = 0
"""
ROBOTS = """
INSERT INTO profiles_event (platform_id, account_id, course_id, message_id, type, "timestamp", received_at)
SELECT platform_id, account.id, (SELECT min(id) FROM profiles_course) + n, 'robot-' || account.id || '-' || n, 'view',
    timestamptz '2026-05-01 00:00+00' + n * interval '0.2 seconds', now()
FROM accounts_linkedaccount account, generate_series(1, 200) n WHERE account.id %% 1000 = 0
"""
AGGREGATE = "SELECT account_id, type, count(*), sum(value), max(timestamp) FROM profiles_event GROUP BY 1, 2"


def main() -> None:
    """Make the events, clean them, and print the table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, help=f"how many (default {EVENTS:,})")
    wanted = max(parser.parse_args().events, 10_000)
    with scratch_system():
        _measure(wanted)


def _measure(wanted: int) -> None:
    from django.db import connection

    from profiles.cleaning.looking import look
    from profiles.models import EventFlag

    _make(wanted)
    count = _one("SELECT count(*) FROM profiles_event")
    aggregate = median(_timed(lambda: _fetch(AGGREGATE)) for _round in range(ROUNDS))
    first = _timed(_clean)
    left_out = EventFlag.objects.count()
    again = median(_timed(_clean) for _round in range(ROUNDS))
    looks = []
    for round_ in range(ROUNDS):
        _receive(round_)
        looks.append(_timed(look))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE profiles_eventflag")
    cleaned = median(_timed(_aggregate_cleaned) for _round in range(ROUNDS))
    rows = [
        ["one aggregate over the table", f"{aggregate:.2f}", f"{count / aggregate:,.0f}", "1.0"],
        ["the same over the cleaned view", f"{cleaned:.2f}", f"{count / cleaned:,.0f}", f"{cleaned / aggregate:.1f}"],
        ["cleaning everything, the first time", f"{first:.2f}", f"{count / first:,.0f}", f"{first / aggregate:.1f}"],
        ["cleaning everything once more", f"{again:.2f}", f"{count / again:,.0f}", f"{again / aggregate:.1f}"],
        [f"a look after {RECEIVED:,} new events", f"{median(looks):.2f}", f"{RECEIVED / median(looks):,.0f}", ""],
    ]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    note = (
        f"{count:,} events, {left_out:,} of them left out; medians of {ROUNDS} rounds but for the first time. Both "
        f"cleanings count the days too. This process grew to {memory:.0f} MB; sorting takes 64 MB in the database."
    )
    report.show("Cleaning", ["", "seconds", "events/s", "of the aggregate"], rows, note)


def _make(wanted: int) -> None:
    from accounts.services.platforms import create_platform

    values = {
        "platform": create_platform("cleaning").platform.pk,
        "people": max(wanted // EVENTS_OF_ONE, 1_000),
        "courses": 2_000,
        "events": wanted,
    }
    for statement in (PEOPLE, ACCOUNTS, COURSES, EVENTS_MADE, SENT_AGAIN, ROBOTS):
        _run(statement, values)
    for statement in ("VACUUM ANALYZE", "CHECKPOINT"):
        _run(statement)


def _receive(round_: int) -> None:
    """Some people do something now."""
    _run(
        """
        INSERT INTO profiles_event (platform_id, account_id, course_id, message_id, type, "timestamp", received_at)
        SELECT platform_id, id, (SELECT min(id) FROM profiles_course), %(round)s || '-' || id, 'view', now(), now()
        FROM accounts_linkedaccount ORDER BY random() LIMIT %(received)s
        """,
        {"round": f"new-{round_}", "received": RECEIVED},
    )


def _clean() -> None:
    from crossmarket.foundation import jobs
    from crossmarket.foundation.models import JobState
    from profiles.cleaning.looking import enqueue_cleaning

    job = jobs.run(enqueue_cleaning(to_worker=False).pk)
    if job.state != JobState.SUCCEEDED:
        raise RuntimeError(job.error)


def _aggregate_cleaned() -> None:
    from django.db.models import Count, Max, Sum

    from profiles.models import Event

    grouped = Event.objects.cleaned().order_by().values("account_id", "type")
    list(grouped.annotate(Count("pk"), Sum("clean_value"), Max("timestamp")))


def _run(statement: str, values: dict[str, object] | None = None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _fetch(statement: str) -> list[tuple[object, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def _one(statement: str) -> int:
    return int(str(_fetch(statement)[0][0]))


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()

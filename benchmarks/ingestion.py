"""Events stored a second: the ingest verb and `POST /events`, against PostgreSQL's COPY of the same rows.

The rows that the verb has stored are copied out and back into a table with the same columns, indexes, checks and
foreign keys. Every message id is new; users and items are known before, as they mostly are.
"""

import io
import time
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import made_events, report
from benchmarks.load import send
from benchmarks.options import Options, read
from benchmarks.scratch import scratch_system, web_server

if TYPE_CHECKING:
    from accounts.models import Platform

EVENTS, QUICK_EVENTS = 100_000, 4_000
LIMIT_TABLE = "benchmark_limit"
COLUMNS = 'id, platform_id, account_id, course_id, message_id, type, value, "timestamp", received_at, context'
LIMIT, VERB, ONE_SENDER, TWO_SENDERS = (
    "COPY of the same rows (the limit)",
    "ingest verb, one process",
    "POST /events, 1 sender",
    "POST /events, 2 senders",
)


def measure(options: Options) -> None:
    """Measure everything in turns and print the table."""
    from accounts.services.platforms import create_platform

    count = QUICK_EVENTS if options.quick else EVENTS
    made = create_platform("ingestion")
    _introduce(made.platform)
    sent = made_events.batches(count)
    calls = made_events.calls(sent, made.secret_key)
    _make_limit_table()
    with web_server() as port:
        things: dict[str, Callable[[], float]] = {
            VERB: lambda: _timed_verb(made.platform, sent),
            LIMIT: _timed_copy,
            ONE_SENDER: lambda: send(port, calls, 1).require(202).seconds,
            TWO_SENDERS: lambda: send(port, calls, 2).require(202).seconds,
        }
        seconds: dict[str, list[float]] = {name: [] for name in things}
        for _round in range(options.rounds):
            for name, timed in things.items():
                if name != LIMIT:  # which copies what the one before it has stored
                    _empty()
                seconds[name].append(timed())
                _require(LIMIT_TABLE if name == LIMIT else "profiles_event", count)
    _empty()
    _tell(seconds, count)


def _tell(seconds: dict[str, list[float]], count: int) -> None:
    medians = {name: median(times) for name, times in seconds.items()}
    rows = [
        [name, f"{count / medians[name]:,.0f}", report.percent(medians[LIMIT] / medians[name])]
        for name in (LIMIT, VERB, ONE_SENDER, TWO_SENDERS)
    ]
    note = (
        f"{count:,} events in batches of {made_events.BATCH:,}; median of {len(seconds[LIMIT])} rounds in turns; "
        "the limit is one COPY in one transaction, its foreign keys checked. Aim: 30%."
    )
    report.show("Ingestion", ["", "events/s", "of the limit"], rows, note)


def _introduce(platform: "Platform") -> None:
    """Let the platform's users and items be known."""
    from accounts.services.accounts import ensure_accounts
    from profiles.ingest.items import ensure_courses

    ensure_accounts(platform, [f"user-{number}" for number in range(made_events.USERS)])
    ensure_courses(platform, [f"course-{number}" for number in range(made_events.ITEMS)])


def _timed_verb(platform: "Platform", sent: list[list[bytes]]) -> float:
    from profiles.ingest import ingest_events

    started = time.perf_counter()
    for batch in sent:
        ingest_events(platform, batch)
    return time.perf_counter() - started


def _timed_copy() -> float:
    from django.db import connection, transaction

    rows = io.StringIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY profiles_event ({COLUMNS}) TO STDOUT", rows)
        cursor.execute(f"TRUNCATE {LIMIT_TABLE}")
        cursor.execute("CHECKPOINT")
    rows.seek(0)
    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {LIMIT_TABLE} ({COLUMNS}) FROM STDIN", rows)
    return time.perf_counter() - started


def _make_limit_table() -> None:
    """A table like that of events, with its foreign keys, which LIKE leaves out."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {LIMIT_TABLE} (LIKE profiles_event INCLUDING ALL)")
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conrelid = 'profiles_event'::regclass AND contype = 'f'"
        )
        for name, definition in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {LIMIT_TABLE} ADD CONSTRAINT "limit_{name}" {definition}')


def _empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE profiles_event CASCADE")
        cursor.execute("CHECKPOINT")


def _require(table: str, count: int) -> None:
    """Raise `RuntimeError` unless everything has been stored."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        (stored,) = cursor.fetchone()
    if stored != count:
        raise RuntimeError(f"{stored} events were stored in {table} instead of {count}.")


if __name__ == "__main__":
    given = read(__doc__)
    with scratch_system():
        measure(given)

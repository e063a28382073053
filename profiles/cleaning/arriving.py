"""Up to which key all events have arrived.

Keys are given out before transactions end, so that behind a key that is seen others may still appear.
"""

import time

from django.db import connection
from django.db.models import Max

from profiles.models import Event

PATIENCE = 10.0
"""Seconds that are waited for transactions that run; those that store events take less than one."""
SECONDS_BETWEEN_LOOKS = 0.02


def last_event() -> tuple[int, bool]:
    """The highest key of an event, and whether all events with lower ones have arrived.

    Waits for the transactions that were running; one that takes longer than `PATIENCE` may still bring some.
    """
    last = Event.objects.aggregate(last=Max("pk"))["last"] or 0
    time.sleep(SECONDS_BETWEEN_LOOKS)  # a transaction gets its own number just after it has given the first key out
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        (number,) = cursor.fetchone()
    give_up_at = time.monotonic() + PATIENCE
    while is_running := _runs_before(number):
        if time.monotonic() > give_up_at:
            break
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return last, not is_running


def _runs_before(number: str) -> bool:
    """Whether a transaction of another process runs that began to write before the one with this number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_snapshot_xip(pg_current_snapshot()) running WHERE running < %s::xid8)",
            [number],
        )
        return bool(cursor.fetchone()[0])

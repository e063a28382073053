"""Waiting until another transaction waits for a lock that this one holds."""

import time

from django.db import connection

PATIENCE = 30


def wait_for_somebody_to_wait() -> None:
    """Return when a lock of the database is waited for, or when nobody has come for one in all this time."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)

"""The one lock under which it changes who is joined with whom."""

from django.db import connection

LOCK = 7_105_283
"""The number of the database lock that joinings and separations take; nothing else uses it."""


def one_at_a_time() -> None:
    """Wait until no other joining or separating is under way; they are rare, short, and may meet in any order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])

"""Locks of the database: until the transaction ends, or until the process that holds them lets go or dies."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def one_at_a_time(subject: str) -> None:
    """Wait until no other transaction holds the lock of this subject; ours is held until the running one ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [subject])


def one_of_many(subject: str) -> None:
    """Share the lock of this subject with others who do: only `one_at_a_time` waits for us, and we for that one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [subject])


@contextmanager
def only_one(kind: int, number: int) -> Iterator[bool]:
    """Whether we are the only ones inside such a block with these two numbers (32 bits each); nobody waits.

    `kind` keeps the locks of different subjects apart. The lock belongs to this thread's connection: when the process
    dies, the database lets go of it. Not to be used inside a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [kind, number])
        is_ours: bool = cursor.fetchone()[0]
    try:
        yield is_ours
    finally:
        if is_ours and connection.connection is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [kind, number])

"""Telling that something changed of accounts, so that what is concluded from it can be looked at again within seconds.

A change writes its marks in its own transaction, so that none is lost. What conclusions there are, this room does not
know: whoever draws some declares the task `LOOK` and takes the marks.
"""

from collections.abc import Collection, Iterable, Sequence

import structlog
from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from crossmarket.foundation.redis import client

logger = structlog.get_logger(__name__)

LOOK = "live.look"
"""The name of the task that looks at marks."""
TOLD = "stirring:told"
"""While this stands in Redis, a look is on its way that will see every mark committed by now."""
TOLD_SECONDS = 10

MOST_IN_A_MARK = 1_000
MOST_IN_A_LATER_MARK = 50
"""What is left for later takes long for each account, so that few are taken at a time."""
MARK = "INSERT INTO accounts_stirring (account_ids) VALUES (%s::bigint[])"
MARK_LATER = "INSERT INTO accounts_stirring (account_ids, is_later) VALUES (%s::bigint[], TRUE)"
MARK_SELECTED = """
INSERT INTO accounts_stirring (account_ids)
SELECT array_agg(id) FROM (
    SELECT id, (row_number() OVER () - 1) / {most} AS part FROM accounts_linkedaccount WHERE {condition}
) AS numbered GROUP BY part
"""
MARK_PERSONS = MARK_SELECTED.format(most=MOST_IN_A_MARK, condition="person_id = ANY(%s::uuid[])")
MARK_PLATFORM = MARK_SELECTED.format(most=MOST_IN_A_MARK, condition="platform_id = %s")
TAKE = """
DELETE FROM accounts_stirring WHERE id IN (
    SELECT id FROM (
        SELECT id, sum(cardinality(account_ids)) OVER (ORDER BY id) - cardinality(account_ids) AS before
        FROM (
            SELECT id, account_ids FROM accounts_stirring WHERE is_later = %s ORDER BY id LIMIT %s
        ) AS oldest
    ) AS counted WHERE before < %s
) RETURNING account_ids
"""
FORGET = """
UPDATE accounts_stirring SET account_ids = array_remove(account_ids, %s) WHERE %s = ANY(account_ids)
"""


def stir(account_ids: Collection[int], *, look: bool = True) -> None:
    """Mark these accounts. Call it in the transaction of the change.

    Without `look` they wait for the next one, that others send for or that comes by itself.
    """
    marked = list(account_ids)
    with connection.cursor() as cursor:
        for start in range(0, len(marked), MOST_IN_A_MARK):
            cursor.execute(MARK, [marked[start : start + MOST_IN_A_MARK]])
    if marked and look:
        look_on_commit()


def leave_for_later(account_ids: Sequence[int]) -> None:
    """Mark these accounts once more, for what takes longer to conclude. Call it where their marks were taken.

    Whoever does so also looks at these marks (`take_later`), and sends for another look when there are more.
    """
    with connection.cursor() as cursor:
        for start in range(0, len(account_ids), MOST_IN_A_LATER_MARK):
            cursor.execute(MARK_LATER, [list(account_ids[start : start + MOST_IN_A_LATER_MARK])])


def stir_persons(person_ids: Iterable[object]) -> None:
    """Mark all accounts of these persons. Call it in the transaction of the change."""
    _mark_selected(MARK_PERSONS, [str(person_id) for person_id in person_ids])


def stir_platform(platform_id: int) -> None:
    """Mark all accounts of a platform. Call it in the transaction of the change."""
    _mark_selected(MARK_PLATFORM, platform_id)


def forget(account_id: int) -> None:
    """Take an account that is erased out of all marks."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [account_id, account_id])


def look_on_commit() -> None:
    """Have the marks looked at once the running transaction is committed; for those who write marks themselves."""
    transaction.on_commit(tell, robust=True)


def tell() -> None:
    """Send for a look, unless one is on its way. Should it get lost, the regular one comes a little later."""
    try:
        if client().set(TOLD, 1, nx=True, ex=TOLD_SECONDS):
            current_app.send_task(LOOK)
    except (RedisError, OperationalError) as error:
        logger.warning("look_not_sent", error=str(error))


def take(most: int) -> list[int]:
    """Take marks away, the oldest first, until they are of so many accounts; return these, some more than once.

    They come back if the transaction fails. One at a time takes marks.

    What was committed with a mark is seen by every statement after this one.
    """
    try:
        client().delete(TOLD)  # before the marks are read, so that a later one sends for another look
    except RedisError as error:
        logger.warning("look_not_noted", error=str(error))
    return _take(most, is_later=False)


def take_later(most: int) -> list[int]:
    """The same for the marks that were left for later."""
    return _take(most, is_later=True)


def _take(most: int, is_later: bool) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [is_later, most, most])
        return [account_id for (account_ids,) in cursor.fetchall() for account_id in account_ids]


def _mark_selected(statement: str, about: list[str] | int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [about])
    look_on_commit()

"""Telling that something changed of accounts, so that what is concluded from it can be looked at again within seconds.

A change writes its marks in its own transaction, so that none is lost. What conclusions there are, this room does not
know: whoever draws some declares the task `LOOK` and takes the marks.
"""

from collections.abc import Collection, Iterable

import structlog
from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from accounts.models import Stirring
from crossmarket.foundation.redis import client

logger = structlog.get_logger(__name__)

LOOK = "live.look"
"""The name of the task that looks at marks."""
TOLD = "stirring:told"
"""While this stands in Redis, a look is on its way that will see every mark committed by now."""
TOLD_SECONDS = 10

MARK = "INSERT INTO accounts_stirring (account_id) SELECT DISTINCT unnest(%s::bigint[])"
MARK_PERSONS = """
INSERT INTO accounts_stirring (account_id)
SELECT id FROM accounts_linkedaccount WHERE person_id = ANY(%s::uuid[])
"""
MARK_PLATFORM = (
    "INSERT INTO accounts_stirring (account_id) SELECT id FROM accounts_linkedaccount WHERE platform_id = %s"
)
TAKE = """
DELETE FROM accounts_stirring WHERE id IN (
    SELECT id FROM accounts_stirring ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
) RETURNING account_id
"""


def stir(account_ids: Collection[int]) -> None:
    """Mark these accounts. Call it in the transaction of the change."""
    if account_ids:
        _mark(MARK, list(account_ids))


def stir_persons(person_ids: Iterable[object]) -> None:
    """Mark all accounts of these persons. Call it in the transaction of the change."""
    _mark(MARK_PERSONS, [str(person_id) for person_id in person_ids])


def stir_platform(platform_id: int) -> None:
    """Mark all accounts of a platform. Call it in the transaction of the change."""
    _mark(MARK_PLATFORM, platform_id)


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
    """Take so many marks away, the oldest first, and return their accounts. They come back if the transaction fails.

    What was committed with a mark is seen by every statement after this one.
    """
    try:
        client().delete(TOLD)  # before the marks are read, so that a later one sends for another look
    except RedisError as error:
        logger.warning("look_not_noted", error=str(error))
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [most])
        return [account_id for (account_id,) in cursor.fetchall()]


def waiting() -> int:
    """How many marks nobody has looked at yet."""
    return Stirring.objects.count()


def _mark(statement: str, about: list[int] | list[str] | int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [about])
    look_on_commit()

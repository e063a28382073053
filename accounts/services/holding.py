"""Holding accounts, so that nobody erases them before the running transaction ends.

What is written about an account that is being erased would be left over, or would break on the account that is gone.
So who writes of accounts holds them first, and writes only of those that there are. The lock is the one that PostgreSQL
takes for foreign keys anyway: it stands in the way of erasure only.
"""

from collections.abc import Collection

from django.db import connection

HOLD = "SELECT id FROM accounts_linkedaccount WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"


HOLD_FREE = HOLD + " SKIP LOCKED"


def hold(account_ids: Collection[int]) -> set[int]:
    """Those of these accounts that there are; they stay until the running transaction ends."""
    return _hold(HOLD, account_ids)


def hold_free(account_ids: Collection[int]) -> set[int]:
    """The same, but those that are just being erased are left out instead of waited for."""
    return _hold(HOLD_FREE, account_ids)


def _hold(statement: str, account_ids: Collection[int]) -> set[int]:
    if not account_ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(statement, [sorted(account_ids)])
        return {row[0] for row in cursor.fetchall()}

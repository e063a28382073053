"""Storing events: many at once in one statement, each message once forever."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection, transaction

from accounts.services import stirring
from profiles import live_history

STORE = """
INSERT INTO profiles_event
    (platform_id, account_id, course_id, message_id, type, value, "timestamp", context, received_at)
SELECT %s, account_id, course_id, message_id, type, value, "timestamp", context, now()
FROM json_to_recordset(%s::json) AS new(
    message_id text, type text, account_id bigint, course_id bigint,
    value numeric, "timestamp" timestamptz, context jsonb)
ORDER BY message_id
ON CONFLICT (platform_id, message_id) DO NOTHING
"""
"""Rows go in by the order of their message ids, so that senders of the same messages wait instead of deadlocking."""


class NewEvent(msgspec.Struct, frozen=True):
    """An event with everything resolved, ready to be stored; `timestamp` has an offset."""

    message_id: str
    type: str
    account_id: int
    course_id: int | None
    value: float | None
    timestamp: datetime
    context: dict[str, Any] | None = None


@transaction.atomic
def store(platform_id: int, events: Sequence[NewEvent]) -> int:
    """Store the events of one platform and return how many are new; they count in live histories once committed."""
    if not events:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(STORE, [platform_id, msgspec.json.encode(events).decode()])
        stored = cursor.rowcount
    if stored:
        account_ids = _accounts(events)
        stirring.stir(account_ids)
        live_history.forget_on_commit(account_ids)
    return stored


def _accounts(events: Iterable[NewEvent]) -> set[int]:
    return {event.account_id for event in events}

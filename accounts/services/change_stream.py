"""Reading a platform's changes in an order in which none is ever skipped, however late its transaction is committed."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from accounts.models import Change, ChangeStream

NUMBERED_AT_ONCE = 10_000
CURSOR = "1:"
"""How a cursor begins once it is decoded: the version of its form."""

NUMBER = """
UPDATE accounts_change SET position = %(last)s + numbered.place
FROM (
    SELECT id, row_number() OVER (ORDER BY id) AS place
    FROM (
        SELECT id FROM accounts_change WHERE platform_id = %(platform)s AND position IS NULL ORDER BY id LIMIT %(most)s
    ) AS waiting
) AS numbered
WHERE accounts_change.id = numbered.id
"""


class BadCursor(Exception):
    """No cursor of the platform's stream; the message says why."""


class ToldChange(msgspec.Struct, frozen=True):
    """A change as platforms are told of it: the body of a webhook."""

    id: UUID
    type: str
    timestamp: datetime
    data: dict[str, Any]


@dataclass(frozen=True)
class Page:
    """Some changes in order, and whether there are more already."""

    changes: Sequence[Change]
    has_more: bool


def told(change: Change) -> ToldChange:
    """A change as platforms are told of it."""
    return ToldChange(change.public_id, change.type, change.happened_at, change.data)


def read(platform_id: int, cursor: str = "", limit: int = 100) -> Page:
    """The changes after the cursor, oldest first; without a cursor from the very first. Raises `BadCursor`."""
    after = _position(cursor) if cursor else 0
    last = number(platform_id)
    if after > last:
        raise BadCursor("The cursor is ahead of the stream, as after a backup was restored. Begin without one.")
    later = Change.objects.filter(platform_id=platform_id, position__gt=after).order_by("position")
    found = list(later[: limit + 1])
    return Page(found[:limit], len(found) > limit)


def cursor_of(change: Change) -> str:
    """The cursor with which reading goes on behind this change."""
    return base64.urlsafe_b64encode(f"{CURSOR}{change.position}".encode()).decode().rstrip("=")


def number(platform_id: int) -> int:
    """Give the committed changes of a platform their places in its stream; returns the last place given.

    One at a time does this, and what was committed meanwhile gets later places. So whoever has seen a place has seen
    all before it, and what is not numbered yet comes after. A change that was recorded after another was committed has
    a higher key, and thus a later place.
    """
    if not Change.objects.filter(platform_id=platform_id, position__isnull=True).exists():
        return ChangeStream.objects.filter(pk=platform_id).values_list("position", flat=True).first() or 0
    ChangeStream.objects.get_or_create(pk=platform_id)
    with transaction.atomic():
        stream = ChangeStream.objects.select_for_update().get(pk=platform_id)
        with connection.cursor() as database:
            values = {"last": stream.position, "platform": platform_id, "most": NUMBERED_AT_ONCE}
            database.execute(NUMBER, values)
            stream.position += database.rowcount
        stream.save(update_fields=["position"])
    return stream.position


def _position(cursor: str) -> int:
    try:
        decoded = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        decoded = ""
    digits = decoded.removeprefix(CURSOR)
    if not decoded.startswith(CURSOR) or not (digits.isdecimal() and len(digits) <= 18):
        raise BadCursor("This is no cursor. Take one from an earlier answer, as it is.")
    return int(digits)

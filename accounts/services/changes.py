"""Telling platforms of changes: the rooms declare what there is to tell, and record it with the change itself."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.functional import Promise

from accounts.models import Change, Platform
from accounts.services import tombstones

ROWS_AT_ONCE = 2_000
OF_MANY = """
INSERT INTO accounts_change (public_id, platform_id, type, user_id, data, happened_at)
SELECT gen_random_uuid(), a.platform_id, %(type)s, a.external_id,
    jsonb_build_object('user_id', a.external_id) || (%(told)s::jsonb #> ARRAY[news.subject, p.locale]), %(at)s
FROM unnest(%(subjects)s::text[], %(accounts)s::bigint[]) WITH ORDINALITY AS news (subject, account_id, place)
JOIN accounts_linkedaccount a ON a.id = news.account_id
JOIN accounts_platform p ON p.id = a.platform_id
ORDER BY news.place
"""
ERASED = "user.erased"
"""What is told of those who are gone."""
HOLD = "SELECT external_id FROM accounts_linkedaccount WHERE platform_id = %s AND external_id = ANY(%s) FOR KEY SHARE"


class UnknownChange(LookupError):
    """No room has declared changes of this type."""


@dataclass(frozen=True)
class News:
    """What a platform is told: of which of its users, and what. `data` is JSON; `user_id` is added to it."""

    platform_id: int
    type: str
    user_id: str
    data: Mapping[str, Any] = field(default_factory=dict)
    happened_at: datetime | None = None


_declared: dict[str, Promise | str] = {}


def declare(change_type: str, words: Promise | str) -> str:
    """Declare a type of changes, such as `account.joined`, with words for the desk; returns the type."""
    _declared[change_type] = words
    return change_type


def declared() -> dict[str, Promise | str]:
    """All types of changes with their words."""
    return dict(_declared)


@transaction.atomic
def record(news: Iterable[News]) -> None:
    """Write down what platforms are to be told. Call it in the transaction that changes what is told of.

    Changes of one user are told in the order in which they were recorded. Of somebody who was erased meanwhile nothing
    is told but that. Raises `UnknownChange`.
    """
    news, now = list(news), timezone.now()
    gone = _erased([each for each in news if each.type != ERASED])
    rows = [
        Change(
            platform_id=each.platform_id,
            type=_known(each.type),
            user_id=each.user_id,
            data={"user_id": each.user_id, **each.data},
            happened_at=each.happened_at or now,
        )
        for each in news
        if each.type == ERASED or (each.platform_id, each.user_id) not in gone
    ]
    Change.objects.bulk_create(rows, ROWS_AT_ONCE)


@transaction.atomic
def record_of_many(
    change_type: str, concerned: Mapping[str, Sequence[int]], data_of: Callable[[str, str], Mapping[str, Any]]
) -> None:
    """The same for many accounts at once: `concerned` has the accounts (keys) by what it is about.

    `data_of` tells what a platform with a language (such as `zh-hans`) is told of a subject. Raises `UnknownChange`.
    """
    subjects = [subject for subject, accounts in concerned.items() for _account in accounts]
    if not subjects:
        return
    locales = list(Platform.objects.order_by().values_list("locale", flat=True).distinct())
    told = {subject: {locale: data_of(subject, locale) for locale in locales} for subject in concerned}
    values: dict[str, Any] = {
        "type": _known(change_type),
        "told": json.dumps(told),
        "at": timezone.now(),
        "subjects": subjects,
        "accounts": [account for accounts in concerned.values() for account in accounts],
    }
    with connection.cursor() as cursor:
        cursor.execute(OF_MANY, values)


def _erased(news: Collection[News]) -> set[tuple[int, str]]:
    """Platform and id of those who were erased; the others are held until the running transaction ends."""
    named: dict[int, set[str]] = defaultdict(set)
    for each in news:
        named[each.platform_id].add(each.user_id)
    gone: set[tuple[int, str]] = set()
    for platform_id, user_ids in sorted(named.items()):
        with connection.cursor() as cursor:
            cursor.execute(HOLD, [platform_id, sorted(user_ids)])
            missing = user_ids - {row[0] for row in cursor.fetchall()}
        gone |= {(platform_id, user_id) for user_id in tombstones.erased_at(platform_id, missing)}
    return gone


def _known(change_type: str) -> str:
    if change_type not in _declared:
        raise UnknownChange(f"Nobody declared {change_type!r}; known are: {', '.join(sorted(_declared))}.")
    return change_type

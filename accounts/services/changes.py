"""Telling platforms of changes: the rooms declare what there is to tell, and record it with the change itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise

from accounts.models import Change

ROWS_AT_ONCE = 2_000


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

    Changes of one user are told in the order in which they were recorded. Raises `UnknownChange`.
    """
    now = timezone.now()
    rows = [
        Change(
            platform_id=each.platform_id,
            type=_known(each.type),
            user_id=each.user_id,
            data={"user_id": each.user_id, **each.data},
            happened_at=each.happened_at or now,
        )
        for each in news
    ]
    Change.objects.bulk_create(rows, ROWS_AT_ONCE)


def _known(change_type: str) -> str:
    if change_type not in _declared:
        raise UnknownChange(f"Nobody declared {change_type!r}; known are: {', '.join(sorted(_declared))}.")
    return change_type

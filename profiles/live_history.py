"""What an account did last: kept in Redis, read from PostgreSQL when it is not there."""

from collections.abc import Iterable, Sequence

import msgspec

from crossmarket.foundation.leased_cache import LeasedCache
from profiles.models import Event

LENGTH = 100
"""How many of the latest telling events are looked at."""
CACHE_SECONDS = 3600


class History(msgspec.Struct, frozen=True, array_like=True):
    """Telling events, the oldest first: the course, how much it tells (see `Event.engagement`), epoch seconds."""

    course_ids: list[int] = []
    weights: list[float] = []
    times: list[float] = []

    def __len__(self) -> int:
        return len(self.course_ids)


NOTHING = History()

cache: LeasedCache[int, History] = LeasedCache("history", History, CACHE_SECONDS)


def of(account_ids: Sequence[int]) -> History:
    """The latest telling events of these accounts together, `LENGTH` at most."""
    if not account_ids:
        return NOTHING
    return merged(list(cache.get_many(list(account_ids), _read).values()))


def merged(histories: Sequence[History]) -> History:
    """Several histories as one, `LENGTH` at most."""
    if len(histories) == 1:
        return histories[0]
    rows = [row for history in histories for row in zip(history.times, history.course_ids, history.weights, strict=True)]
    rows.sort()
    latest = rows[-LENGTH:]
    return History([row[1] for row in latest], [row[2] for row in latest], [row[0] for row in latest])


def forget_on_commit(account_ids: Iterable[int]) -> None:
    """Read the histories of these accounts afresh once the running transaction is committed."""
    cache.forget_on_commit(account_ids)


def _read(account_ids: list[int]) -> dict[int, History]:
    return {account_id: _read_one(account_id) for account_id in account_ids}


def _read_one(account_id: int) -> History:
    # No consent is asked here: `accounts.sharing` has named the accounts that may be looked at.
    events = Event.objects.filter(account=account_id).engaging()
    latest = events.order_by("-timestamp", "-pk").values_list("course_id", "engagement", "timestamp")[:LENGTH]
    rows = list(reversed(latest))
    return History([row[0] for row in rows], [row[1] for row in rows], [row[2].timestamp() for row in rows])

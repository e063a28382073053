"""The profile vectors of persons, kept in Redis for those who rank for them: read from the built profiles."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec

from crossmarket.foundation.leased_cache import NOT_FETCHED, LeasedCache
from profiles.models import Profile

CACHE_SECONDS = 600


class LiveVector(msgspec.Struct, frozen=True, array_like=True):
    """A vector as it was built last: of which accounts, and on the axes of which profile model; empty for none."""

    account_ids: tuple[int, ...] = ()
    axes: UUID | None = None
    values: tuple[float, ...] = ()


cache: LeasedCache[int, LiveVector] = LeasedCache("vector", LiveVector, CACHE_SECONDS)


def of(account_ids: tuple[int, ...], fetched: Mapping[str, bytes | None] = NOT_FETCHED) -> LiveVector | None:
    """The vector of a profile of just these accounts, ascending; None where there is none.

    Who asks has seen to it that the profile may be looked at (`accounts.sharing`). `fetched` has entries of `cache`
    that are at hand already.
    """
    if not account_ids:
        return None
    lead = account_ids[0]
    found = cache.get_many([lead], _read, fetched)[lead]
    return found if found.values and found.account_ids == account_ids else None


def forget_on_commit(account_ids: Iterable[int]) -> None:
    """Read the vectors led by these accounts afresh once the running transaction is committed."""
    cache.forget_on_commit(account_ids)


def _read(leads: list[int]) -> dict[int, LiveVector]:
    built = Profile.objects.filter(account__in=leads).values_list("account_id", "account_ids", "model_id", "vector")
    known = {lead: LiveVector(tuple(accounts), model, tuple(vector)) for lead, accounts, model, vector in built}
    return {lead: known.get(lead, LiveVector()) for lead in leads}

"""Writing built profiles: many at once in one statement."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from django.db import connection, transaction

from accounts.services.holding import hold
from crossmarket.foundation import locks
from profiles.modeling.traits import Traits
from profiles.models import Profile, ProfileModel
from profiles.profiling import subjects

WRITE = """
INSERT INTO profiles_profile (account_id, account_ids, traits, vector, tastes, model_id, fresh_at)
SELECT account_id, account_ids, traits, vector, tastes, %s, %s
FROM json_to_recordset(%s::json)
    AS built(account_id bigint, account_ids bigint[], traits jsonb, vector float8[], tastes float8[])
ON CONFLICT (account_id) DO UPDATE SET account_ids = EXCLUDED.account_ids, traits = EXCLUDED.traits,
    vector = EXCLUDED.vector, tastes = EXCLUDED.tastes, model_id = EXCLUDED.model_id, fresh_at = EXCLUDED.fresh_at
"""
KEEP_FRESHER = " WHERE profiles_profile.fresh_at <= EXCLUDED.fresh_at"
LOCK = "writing profiles"
"""Rows are written and dropped by one at a time, so that nobody who has changed some waits for others."""


class BuiltProfile(msgspec.Struct, frozen=True):
    """A profile to be written: the account it is kept at, all whose events it was made of, and what it tells."""

    account_id: int
    account_ids: list[int]
    traits: Traits
    vector: list[float]
    tastes: list[float]


@transaction.atomic
def write(profiles: Sequence[BuiltProfile], version: ProfileModel, fresh_at: datetime) -> int:
    """Write these profiles, told with this model, in place of what stood at their accounts; returns how many.

    Those of which an account was erased since it was read are left out.
    """
    standing = _held(profiles)
    _write(WRITE, standing, version, fresh_at)
    return len(standing)


@transaction.atomic
def write_of_before(
    profiles: Sequence[BuiltProfile], version: ProfileModel, fresh_at: datetime
) -> tuple[int, list[int]]:
    """The same for profiles that may have been overtaken, as they are of `fresh_at`, some time ago.

    What was told after that stays, and counts as written. Of accounts that belong together otherwise by now nothing is
    written; the accounts that these profiles would have been kept at are returned.
    """
    held = _held(profiles)
    locks.one_at_a_time(LOCK)  # before it is asked who belongs together: who changes these rows later knows it better
    together = {tuple(each.account_ids) for each in subjects.of_accounts([each.account_id for each in held])}
    standing = [profile for profile in held if tuple(profile.account_ids) in together]
    _write(WRITE + KEEP_FRESHER, standing, version, fresh_at)
    return len(standing), [profile.account_id for profile in held if tuple(profile.account_ids) not in together]


@transaction.atomic
def drop(account_ids: Collection[int]) -> None:
    """Drop the profiles that are kept at these accounts."""
    if account_ids:
        locks.one_at_a_time(LOCK)
        Profile.objects.filter(account__in=account_ids).delete()


def _held(profiles: Sequence[BuiltProfile]) -> list[BuiltProfile]:
    there = hold({account_id for profile in profiles for account_id in profile.account_ids})
    return [profile for profile in profiles if there.issuperset(profile.account_ids)]


def _write(statement: str, profiles: Sequence[BuiltProfile], version: ProfileModel, fresh_at: datetime) -> None:
    locks.one_at_a_time(LOCK)
    if profiles:
        with connection.cursor() as cursor:
            cursor.execute(statement, [version.pk, fresh_at, msgspec.json.encode(profiles).decode()])

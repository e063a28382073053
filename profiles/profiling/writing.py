"""Writing built profiles: many at once in one statement."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import connection, transaction

from accounts.services.holding import hold
from profiles.modeling.traits import Traits
from profiles.models import ProfileModel

WRITE = """
INSERT INTO profiles_profile (account_id, account_ids, traits, vector, tastes, model_id, fresh_at)
SELECT account_id, account_ids, traits, vector, tastes, %s, %s
FROM json_to_recordset(%s::json)
    AS built(account_id bigint, account_ids bigint[], traits jsonb, vector float8[], tastes float8[])
ON CONFLICT (account_id) DO UPDATE SET account_ids = EXCLUDED.account_ids, traits = EXCLUDED.traits,
    vector = EXCLUDED.vector, tastes = EXCLUDED.tastes, model_id = EXCLUDED.model_id, fresh_at = EXCLUDED.fresh_at
"""


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
    there = hold({account_id for profile in profiles for account_id in profile.account_ids})
    standing = [profile for profile in profiles if there.issuperset(profile.account_ids)]
    if standing:
        with connection.cursor() as cursor:
            cursor.execute(WRITE, [version.pk, fresh_at, msgspec.json.encode(standing).decode()])
    return len(standing)

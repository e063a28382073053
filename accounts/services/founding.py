"""Making many accounts at once, as imports and demo data do, with persons, traits and consents known from the start."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import sharing
from accounts.models import Consent, ConsentSource, LinkedAccount, Person, Platform, Purpose
from accounts.services import stirring

ROWS_AT_ONCE = 2_000


@dataclass(frozen=True)
class NewAccount:
    """An account to be made: whose it is, what the platform tells of the user, and which consents it states."""

    external_id: str
    person_id: UUID
    traits: Mapping[str, Any] = field(default_factory=dict)
    consents: Mapping[Purpose, bool] = field(default_factory=dict)


@transaction.atomic
def found_persons(count: int) -> list[UUID]:
    """The ids of so many new persons."""
    return [person.pk for person in Person.objects.bulk_create((Person() for _ in range(count)), ROWS_AT_ONCE)]


@transaction.atomic
def found_accounts(
    platform: Platform, accounts: Sequence[NewAccount], policy_version: str, source: ConsentSource
) -> list[int]:
    """Make these accounts, consents with their history; returns their keys in the same order.

    Raises `IntegrityError` when one of the external ids has an account on the platform already.
    """
    made = LinkedAccount.objects.bulk_create(
        [
            LinkedAccount(
                platform=platform,
                external_id=account.external_id,
                person_id=account.person_id,
                traits=dict(account.traits),
                **{str(purpose): granted for purpose, granted in account.consents.items()},
            )
            for account in accounts
        ],
        ROWS_AT_ONCE,
    )
    Consent.objects.bulk_create(
        [
            Consent(account=row, purpose=purpose, granted=granted, policy_version=policy_version, source=source)
            for row, account in zip(made, accounts, strict=True)
            for purpose, granted in account.consents.items()
        ],
        ROWS_AT_ONCE,
    )
    persons = {account.person_id for account in accounts}
    sharing.forget_on_commit(persons)
    stirring.stir_persons(persons)
    return [row.pk for row in made]


@transaction.atomic
def found_missing(
    platform: Platform,
    siblings: Sequence[Platform],
    external_ids: Collection[str],
    consents: Mapping[Purpose, bool],
    policy_version: str,
    source: ConsentSource,
) -> dict[str, int]:
    """The keys of the accounts with these ids on the platform; those not known yet are made, with these consents.

    The same id on a sibling platform means the same person: a new account joins it. Accounts known before stay as
    they are. Raises `IntegrityError` when somebody else makes one of the accounts at the same moment.
    """
    wanted = list(external_ids)
    known = LinkedAccount.objects.filter(platform__in=[platform, *siblings], external_id__in=wanted)
    keys: dict[str, int] = {}
    persons: dict[str, UUID] = {}
    for platform_id, external_id, key, person_id in known.order_by("pk").values_list(
        "platform_id", "external_id", "pk", "person_id"
    ):
        if platform_id == platform.pk:
            keys[external_id] = key
        persons.setdefault(external_id, person_id)
    missing = [external_id for external_id in wanted if external_id not in keys]
    alone = [external_id for external_id in missing if external_id not in persons]
    persons.update(zip(alone, found_persons(len(alone)), strict=True))
    new = [NewAccount(external_id, persons[external_id], consents=consents) for external_id in missing]
    keys.update(zip(missing, found_accounts(platform, new, policy_version, source), strict=True))
    return keys

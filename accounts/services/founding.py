"""Making many accounts at once, as imports and demo data do, with persons, traits and consents known from the start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import sharing
from accounts.models import Consent, ConsentSource, LinkedAccount, Person, Platform, Purpose

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
    sharing.forget_on_commit({account.person_id for account in accounts})
    return [row.pk for row in made]

"""Stating consent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import sharing
from accounts.models import Consent, ConsentSource, LinkedAccount, Purpose


@dataclass(frozen=True)
class ConsentStatement:
    """One entry of an account's consent history."""

    purpose: Purpose
    granted: bool
    policy_version: str
    source: ConsentSource
    stated_at: datetime


@transaction.atomic
def state_consents(
    account: LinkedAccount, statement: Mapping[Purpose, bool], policy_version: str, source: ConsentSource
) -> LinkedAccount:
    """Write down what was stated; it counts at once. Purposes not mentioned stay as they are.

    Returns the account as it now stands.
    """
    locked = (
        LinkedAccount.objects.select_related("platform").select_for_update(of=("self",), no_key=True).get(pk=account.pk)
    )
    Consent.objects.bulk_create(
        Consent(account=locked, purpose=purpose, granted=granted, policy_version=policy_version, source=source)
        for purpose, granted in statement.items()
    )
    for purpose, granted in statement.items():
        setattr(locked, purpose, granted)
    locked.save(update_fields=[str(purpose) for purpose in statement])
    sharing.forget_on_commit([locked.person_id])
    return locked


def consent_state(account: LinkedAccount) -> dict[Purpose, bool]:
    """What counts now for each purpose, by statement or by the platform's default."""
    return {purpose: account.consents_to(purpose) for purpose in Purpose}


def consent_history(account: LinkedAccount, most: int = 200) -> list[ConsentStatement]:
    """What was stated, the latest first."""
    return [
        ConsentStatement(
            Purpose(row.purpose), row.granted, row.policy_version, ConsentSource(row.source), row.stated_at
        )
        for row in account.consent_history.all()[:most]
    ]

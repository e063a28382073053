"""Stating consent."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import sharing
from accounts.models import Consent, ConsentSource, LinkedAccount, Match, Purpose
from accounts.services import joining_news, match_queue, stirring
from accounts.services.joining_lock import one_at_a_time


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

    Platforms that learn by it whether accounts are joined are told. Returns the account as it now stands.
    """
    locked = _hold_for_joining(account) if Purpose.CROSS_PLATFORM in statement else _hold(account)
    Consent.objects.bulk_create(
        Consent(account=locked, purpose=purpose, granted=granted, policy_version=policy_version, source=source)
        for purpose, granted in statement.items()
    )
    for purpose, granted in statement.items():
        setattr(locked, purpose, granted)
    with joining_news.telling([locked.person_id] if Purpose.CROSS_PLATFORM in statement else []):
        locked.save(update_fields=[str(purpose) for purpose in statement])
    sharing.forget_on_commit([locked.person_id])
    if Purpose.CROSS_PLATFORM in statement:
        _tell_matching(locked, agrees=statement[Purpose.CROSS_PLATFORM])
    stirring.stir([locked.pk])
    return locked


def _tell_matching(account: LinkedAccount, agrees: bool) -> None:
    """Who agrees to be joined may be looked for; of who does not, nothing is suggested any more."""
    if not agrees:
        Match.objects.waiting().about(account).delete()
    elif account.email_digest or account.phone_digest:
        match_queue.add([account.pk])


def _hold(account: LinkedAccount) -> LinkedAccount:
    """The account as it stands, locked; the lock leaves keys alone, so that events are stored meanwhile."""
    accounts = LinkedAccount.objects.select_related("platform").select_for_update(of=("self",), no_key=True)
    return accounts.get(pk=account.pk)


def _hold_for_joining(account: LinkedAccount) -> LinkedAccount:
    """The same, for what other platforms may be told of: one at a time, unless the account is alone.

    Nobody can join an account that is held. One that turns out to be joined is let go, to wait for the lock that all
    take before they hold accounts.
    """
    with suppress(_JoinedError), transaction.atomic():
        held = _hold(account)
        if not LinkedAccount.objects.others_of(held).exists():
            return held
        raise _JoinedError
    one_at_a_time()
    return _hold(account)


class _JoinedError(Exception):
    """The account has others beside it."""


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

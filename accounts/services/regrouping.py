"""Pointing accounts at persons, and writing down each time it is done. No event is ever touched.

Everything here is called inside a transaction that holds the joining lock and all accounts of the persons concerned.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from accounts import sharing
from accounts.models import (
    LinkedAccount,
    Person,
    RegroupedAccount,
    Regrouping,
    RegroupingCause,
    RegroupingKind,
    User,
)
from accounts.services import joining_news, stirring

Group = Sequence[LinkedAccount]


@dataclass(frozen=True)
class Origin:
    """Who or what causes a joining or separation; `user` is whoever did it here."""

    cause: RegroupingCause
    user: User | None = None


def hold(account_ids: Collection[int]) -> list[LinkedAccount]:
    """Everyone of the persons behind these accounts, the oldest first, locked, so that no consent changes meanwhile.

    The lock leaves keys alone, so that events of these accounts are stored meanwhile.
    """
    persons = LinkedAccount.objects.filter(pk__in=account_ids).values("person_id")
    members = LinkedAccount.objects.filter(person_id__in=persons).order_by("pk")
    return list(members.select_related("platform").select_for_update(of=("self",), no_key=True))


def regroup(
    groups: Sequence[Group],
    kind: RegroupingKind,
    origin: Origin,
    ends: Collection[int],
    undoes: Regrouping | None = None,
) -> Regrouping:
    """Make each group of accounts one person, and write it down.

    The groups together are whole persons. Each becomes the person that its oldest account is by itself, so that
    whoever is separated again is exactly who they were.
    """
    members = [account for group in groups for account in group]
    before = {account.pk: account.person_id for account in members}
    with joining_news.telling_among(members):
        _settle(groups)
    sharing.forget_accounts_on_commit(members)
    stirring.stir([account.pk for account in members])
    regrouping = Regrouping.objects.create(
        kind=kind,
        cause=origin.cause,
        user_id=origin.user.pk if origin.user else None,
        undoes=undoes,
    )
    RegroupedAccount.objects.bulk_create(
        RegroupedAccount(
            regrouping=regrouping,
            account=account,
            person_before=before[account.pk],
            person_after=account.person_id,
            is_end=account.pk in ends,
        )
        for account in members
    )
    return regrouping


def _settle(groups: Sequence[Group]) -> None:
    """Point each group at its person; persons without accounts are not kept."""
    members = [account for group in groups for account in group]
    left = {account.person_id for account in members}
    _give_homes(members)
    founders = [min(group, key=lambda account: account.pk) for group in groups]
    homes = {founder.pk: founder.home or founder.person_id for founder in founders}
    Person.objects.bulk_create(
        Person(pk=homes[founder.pk], created_at=founder.created_at)
        for founder in founders
        if homes[founder.pk] not in left
    )
    for founder, group in zip(founders, groups, strict=True):
        for account in group:
            account.person_id = homes[founder.pk]
    LinkedAccount.objects.bulk_update(members, ["person", "home"])
    Person.objects.filter(pk__in=left - set(homes.values())).delete()


def _give_homes(members: Group) -> None:
    """Let each account know which person it is by itself: the present one for its oldest account, else a new one."""
    taken = {account.home for account in members}
    for account in sorted(members, key=lambda account: account.pk):
        if account.home is None:
            account.home = account.person_id if account.person_id not in taken else uuid.uuid4()
            taken.add(account.home)

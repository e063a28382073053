"""Making accounts, and what platforms tell about them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone

from accounts import sharing
from accounts.models import HOUSE_SLUG, LinkedAccount, Person, Platform, User
from accounts.services import contacts, match_queue, stirring, tombstones

KNOWN = """
SELECT external_id, id, person_id, erased_before FROM accounts_linkedaccount
WHERE platform_id = %s AND external_id = ANY(%s) FOR KEY SHARE
"""
"""Read and held at once: nobody erases an account before the transaction that writes of it has ended."""


class UserGone(PermissionDenied):
    """Who is signed in was erased a moment ago."""


@dataclass(frozen=True)
class AccountReference:
    """An account's keys in the database, and before when nothing is taken for it, where its id was erased once."""

    id: int
    person_id: UUID
    erased_before: datetime | None = None


@dataclass(frozen=True)
class UserDescription:
    """What a platform tells about a user; None leaves what was told before."""

    user_id: str
    traits: dict[str, Any] | None = None
    email_sha256: str | None = None
    phone_sha256: str | None = None


@transaction.atomic
def ensure_accounts(
    platform: Platform, external_ids: Collection[str], heard_at: Mapping[str, datetime] | None = None
) -> dict[str, AccountReference]:
    """The accounts with these ids, those not known yet made with a person of their own; none is erased meanwhile.

    `heard_at` tells of each id the time of the latest that is told of it (now, where it is left out): whoever was
    erased after that is not made anew, and is left out of the answer.
    """
    found = _references(platform, external_ids)
    missing = sorted(set(external_ids) - found.keys())
    if not missing:
        return found
    erased = tombstones.erased_at(platform.pk, missing)
    if heard_at is not None:
        missing = [each for each in missing if each not in erased or heard_at[each] >= erased[each]]
    now = timezone.now()
    persons = Person.objects.bulk_create(Person(created_at=now) for _missing in missing)
    LinkedAccount.objects.bulk_create(
        [
            LinkedAccount(
                platform=platform,
                external_id=external_id,
                person=person,
                erased_before=erased.get(external_id),
                created_at=now,
            )
            for external_id, person in zip(missing, persons, strict=True)
        ],
        ignore_conflicts=True,
    )
    made = _references(platform, missing)
    _drop_unused(
        person.pk for person in persons if person.pk not in {reference.person_id for reference in made.values()}
    )
    stirring.stir([reference.id for reference in made.values()])
    names = [sharing.cache_name(platform.pk, external_id) for external_id in missing]
    sharing.cache.forget_on_commit(names)
    return {**found, **made}


def house_account(user: User) -> LinkedAccount:
    """The account of a signed-in user on CrossMarket's own pages; made on first need. Raises `UserGone`."""
    accounts = LinkedAccount.objects.select_related("platform")
    known = accounts.filter(platform__slug=HOUSE_SLUG, external_id=str(user.pk)).first()
    return known or accounts.get(pk=_found_house_account(user).id)


@transaction.atomic
def _found_house_account(user: User) -> AccountReference:
    if not User.objects.select_for_update(no_key=True).filter(pk=user.pk).exists():
        raise UserGone("This account does not exist any more.")
    return ensure_accounts(Platform.objects.house(), [str(user.pk)])[str(user.pk)]


@transaction.atomic
def describe_users(platform: Platform, descriptions: Sequence[UserDescription]) -> None:
    """Write down what the platform tells of its users: the last word on each counts.

    Contact hashes are kept as digests; a moment later, whoever else has them is looked for.
    """
    latest = {description.user_id: description for description in descriptions}
    ensure_accounts(platform, latest)
    accounts = LinkedAccount.objects.select_for_update(no_key=True).filter(platform=platform, external_id__in=latest)
    changed = list(accounts.order_by("pk"))
    reached = [account.pk for account in changed if _describe(account, latest[account.external_id])]
    LinkedAccount.objects.bulk_update(changed, ["traits", "email_digest", "phone_digest"], batch_size=500)
    match_queue.add(reached)
    stirring.stir([account.pk for account in changed])


def _describe(account: LinkedAccount, description: UserDescription) -> bool:
    """Put what is told on the account; returns whether its contacts are others now."""
    if description.traits is not None:
        account.traits = description.traits
    before = (account.email_digest, account.phone_digest)
    if description.email_sha256 is not None:
        account.email_digest = contacts.digest(description.email_sha256)
    if description.phone_sha256 is not None:
        account.phone_digest = contacts.digest(description.phone_sha256)
    return (account.email_digest, account.phone_digest) != before


def _references(platform: Platform, external_ids: Collection[str]) -> dict[str, AccountReference]:
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [platform.pk, list(external_ids)])
        return {external_id: AccountReference(*reference) for external_id, *reference in cursor.fetchall()}


def _drop_unused(person_ids: Iterable[UUID]) -> None:
    unused = list(person_ids)
    if unused:
        Person.objects.filter(pk__in=unused).delete()

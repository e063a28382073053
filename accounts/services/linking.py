"""Joining accounts into one person by a code, and separating them again. No event is ever touched."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import sharing
from accounts.models import ConsentSource, LinkCode, LinkedAccount, Person, Purpose
from accounts.services import joining_news
from accounts.services.consents import state_consents
from accounts.services.joining_lock import one_at_a_time

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0, 1, I and O, which people mistake for one another."""
CODE_LENGTH = 10
CODE_LIFETIME = timedelta(minutes=10)


class LinkRefused(Exception):
    """Two accounts cannot be joined: a code for programs and words for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class NewLinkCode:
    """A code to carry to another platform, and until when it is good."""

    code: str
    expires_at: datetime


@transaction.atomic
def create_link_code(account: LinkedAccount) -> NewLinkCode:
    """A code that joins this account with the one that presents it; an earlier unused code ends."""
    account.link_codes.usable().update(expires_at=timezone.now())
    letters = "".join(secrets.choice(ALPHABET) for _letter in range(CODE_LENGTH))
    expires_at = timezone.now() + CODE_LIFETIME
    LinkCode.objects.create(account=account, digest=_digest(letters), expires_at=expires_at)
    return NewLinkCode(f"{letters[:5]}-{letters[5:]}", expires_at)


@transaction.atomic
def link(account: LinkedAccount, code: str, person_agrees: bool = False) -> LinkedAccount:
    """Join the account with the one that the code was made for, and return that one; both are one person then.

    `person_agrees` says that the person has just agreed to the joining, here: that is written down for both accounts.
    Raises `LinkRefused`: `invalid_code`, `same_account`, `consent_required`, `platform_already_linked`.
    """
    one_at_a_time()
    other = _account_of_code(code)
    if other.pk == account.pk:
        raise LinkRefused("same_account", "This code was made for this very account; enter it on another platform.")
    pair = _hold(account, other)
    if person_agrees:
        agreement = {Purpose.CROSS_PLATFORM: True}
        pair = [state_consents(each, agreement, "link-code", ConsentSource.PERSON) for each in pair]
    _check_consents(pair)
    kept, given_up = (each.person_id for each in sorted(pair, key=lambda each: each.pk))
    if kept != given_up:
        _check_platforms([kept, given_up])
        sharing.forget_on_commit([kept, given_up])
        with joining_news.telling([kept, given_up]):
            LinkedAccount.objects.filter(person_id=given_up).update(person_id=kept)
        Person.objects.filter(pk=given_up).delete()
    return LinkedAccount.objects.select_related("platform").get(pk=other.pk)


@transaction.atomic
def leave(account: LinkedAccount) -> None:
    """Take the account out of the person it shares with others; alone already, it stays as it is."""
    one_at_a_time()
    current = LinkedAccount.objects.get(pk=account.pk)
    if LinkedAccount.objects.others_of(current).exists():
        sharing.forget_on_commit([current.person_id])
        with joining_news.telling([current.person_id]):
            LinkedAccount.objects.filter(pk=account.pk).update(person=Person.objects.create())


def _account_of_code(code: str) -> LinkedAccount:
    """The account the code was made for; the code is used up, unless the joining fails."""
    letters = "".join(letter for letter in code.upper() if letter in ALPHABET)
    used = LinkCode.objects.usable().filter(digest=_digest(letters)).select_for_update().first()
    if used is None:
        raise LinkRefused(
            "invalid_code",
            "This code does not exist, was used already or is older than ten minutes. Ask for a new one.",
        )
    used.used_at = timezone.now()
    used.save(update_fields=["used_at"])
    return used.account


def _hold(account: LinkedAccount, other: LinkedAccount) -> list[LinkedAccount]:
    """The two accounts as they stand; everyone of both persons is locked, so that no consent changes meanwhile.

    The lock leaves keys alone, so that events of these accounts are stored meanwhile.
    """
    pair = LinkedAccount.objects.filter(pk__in=[account.pk, other.pk])
    members = LinkedAccount.objects.filter(person_id__in=pair.values("person_id")).order_by("pk")
    held = members.select_related("platform").select_for_update(of=("self",), no_key=True)
    return [member for member in held if member.pk in (account.pk, other.pk)]


def _check_consents(pair: Iterable[LinkedAccount]) -> None:
    for each in pair:
        if not each.consents_to(Purpose.CROSS_PLATFORM):
            raise LinkRefused(
                "consent_required",
                f"The account on {each.platform} has not agreed to be joined with others (consent cross_platform).",
            )


def _check_platforms(person_ids: Iterable[UUID]) -> None:
    platforms = list(LinkedAccount.objects.filter(person_id__in=person_ids).values_list("platform__name", flat=True))
    for name in set(platforms):
        if platforms.count(name) > 1:
            raise LinkRefused("platform_already_linked", f"This person has another account on {name} already.")


def _digest(letters: str) -> str:
    return hashlib.sha256(letters.encode()).hexdigest()

"""Joining accounts into one person, by a code or another reason, separating them, and undoing a joining."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import (
    Bond,
    ConsentSource,
    LinkCode,
    LinkedAccount,
    Purpose,
    Regrouping,
    RegroupingCause,
    RegroupingKind,
    User,
)
from accounts.services import bonds, pairs, regrouping
from accounts.services.consents import state_consents
from accounts.services.holding import hold
from accounts.services.joining_lock import one_at_a_time
from accounts.services.regrouping import Origin

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0, 1, I and O, which people mistake for one another."""
CODE_LENGTH = 10
CODE_LIFETIME = timedelta(minutes=10)

BY_PLATFORM = Origin(RegroupingCause.PLATFORM)


class LinkRefused(Exception):
    """Two accounts cannot be joined: a code for programs and words for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class UndoRefused(Exception):
    """A joining cannot be undone: a code for programs and words for people, which say what to do instead."""

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
    """A code that joins this account with the one that presents it; an earlier unused code ends.

    Raises `LinkedAccount.DoesNotExist` for an account that was erased meanwhile.
    """
    if not hold([account.pk]):
        raise LinkedAccount.DoesNotExist
    account.link_codes.usable().update(expires_at=timezone.now())
    letters = "".join(secrets.choice(ALPHABET) for _letter in range(CODE_LENGTH))
    expires_at = timezone.now() + CODE_LIFETIME
    LinkCode.objects.create(account=account, digest=_digest(letters), expires_at=expires_at)
    return NewLinkCode(f"{letters[:5]}-{letters[5:]}", expires_at)


@transaction.atomic
def link(account: LinkedAccount, code: str, person_agrees: bool = False, user: User | None = None) -> LinkedAccount:
    """Join the account with the one that the code was made for, and return that one; both are one person then.

    `person_agrees` says that the person, `user`, has just agreed to the joining, here: that is written down for both
    accounts. Raises `LinkRefused`: `invalid_code`, `same_account`, `consent_required`, `platform_already_linked`; and
    `LinkedAccount.DoesNotExist` when one of the accounts was erased meanwhile.
    """
    one_at_a_time()
    other = _account_of_code(code)
    if other.pk == account.pk:
        raise LinkRefused("same_account", "This code was made for this very account; enter it on another platform.")
    origin = Origin(RegroupingCause.LINK_CODE, user)
    join(account, other, origin, agreeing=[account, other] if person_agrees else [])
    return LinkedAccount.objects.select_related("platform").get(pk=other.pk)


@transaction.atomic
def join(
    first: LinkedAccount, second: LinkedAccount, origin: Origin, agreeing: Sequence[LinkedAccount] = ()
) -> Regrouping | None:
    """Make the persons of two accounts one, for whatever reason; None where they are one already.

    `agreeing` are those of the two for which the person has just agreed to it, here. Raises `LinkRefused`:
    `consent_required`, `platform_already_linked`.
    """
    one_at_a_time()
    members = regrouping.hold([first.pk, second.pk])
    for account in agreeing:
        state_consents(
            account, {Purpose.CROSS_PLATFORM: True}, str(origin.cause).replace("_", "-"), ConsentSource.PERSON
        )
    if agreeing:
        members = regrouping.hold([first.pk, second.pk])
    ends = [member for member in members if member.pk in (first.pk, second.pk)]
    if len(ends) < 2:
        raise LinkedAccount.DoesNotExist
    _check_consents(ends)
    one, other = ends
    if one.person_id == other.person_id:
        pairs.note_joined(members)
        return None
    _check_platforms(members)
    first_side = one.person_id
    joining = regrouping.regroup([members], RegroupingKind.JOINED, origin, {one.pk, other.pk})
    Bond.objects.create(joining=joining, first=one, second=other, first_side=first_side)
    pairs.note_joined(members)
    return joining


@transaction.atomic
def leave(account: LinkedAccount, origin: Origin = BY_PLATFORM) -> Regrouping | None:
    """Take the account out of the person it shares with others; alone already, it stays as it is.

    From then on only a code, the person or an operator joins it with them again.
    """
    one_at_a_time()
    members = regrouping.hold([account.pk])
    rest = [member for member in members if member.pk != account.pk]
    if not rest:
        return None
    alone = [member for member in members if member.pk == account.pk]
    bonds.take_out(account.pk)
    pairs.keep_apart(alone, rest, origin.user)
    return regrouping.regroup([alone, rest], RegroupingKind.SEPARATED, origin, {account.pk})


@transaction.atomic
def undo(joining: Regrouping, user: User | None = None) -> Regrouping:
    """Take what a joining brought together apart again: both groups of accounts are as they were.

    Whoever was joined later stays with the account through which they came. Raises `UndoRefused`: `not_a_joining`,
    `already_undone`, `nothing_left`, `sides_unknown`.
    """
    one_at_a_time()
    bond = Bond.objects.filter(pk=joining.pk).first()
    if bond is None:
        raise _why_not(joining)
    members = regrouping.hold([bond.first_id])
    sides = bonds.sides(bond, members)
    if sides is None:
        raise UndoRefused(
            "sides_unknown",
            "It is not known any more to which of the two sides some of the accounts belong, since an account "
            "through which they were joined was erased. Separate the accounts one by one instead.",
        )
    bond.delete()
    pairs.keep_apart(*sides, user)
    origin = Origin(RegroupingCause.UNDO, user)
    return regrouping.regroup(sides, RegroupingKind.SEPARATED, origin, {bond.first_id, bond.second_id}, joining)


def _why_not(joining: Regrouping) -> UndoRefused:
    if joining.kind != RegroupingKind.JOINED:
        detail = "Only a joining can be undone. To take back a separation, join the accounts again."
        return UndoRefused("not_a_joining", detail)
    if Regrouping.objects.filter(undoes=joining).exists():
        return UndoRefused("already_undone", "This joining was undone already.")
    return UndoRefused(
        "nothing_left",
        "An account through which this joining came about was separated or erased since, so that nothing of it is "
        "left to undo. Separate accounts one by one instead.",
    )


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


def _check_consents(pair: Iterable[LinkedAccount]) -> None:
    for each in pair:
        if not each.consents_to(Purpose.CROSS_PLATFORM):
            raise LinkRefused(
                "consent_required",
                f"The account on {each.platform} has not agreed to be joined with others (consent cross_platform).",
            )


def _check_platforms(members: Iterable[LinkedAccount]) -> None:
    met: set[int] = set()
    for each in members:
        if each.platform_id in met:
            detail = f"This person has another account on {each.platform} already."
            raise LinkRefused("platform_already_linked", detail)
        met.add(each.platform_id)


def _digest(letters: str) -> str:
    return hashlib.sha256(letters.encode()).hexdigest()

"""Pairs of accounts that may be one person: suggesting them, and what a person or an operator decides."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from accounts.models import Contact, LinkedAccount, Match, MatchState, RegroupingCause, User
from accounts.services import linking, pairs, regrouping
from accounts.services.joining_lock import one_at_a_time
from accounts.services.regrouping import Origin

BY_CONTACT = 0.9
"""How likely two accounts with a contact in common are one person, where one side or both did not verify it."""


class MatchRefused(Exception):
    """A match cannot be confirmed: a code for programs and words for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@transaction.atomic
def suggest(first: LinkedAccount, second: LinkedAccount, is_conflict: bool = False) -> None:
    """Put two accounts that share a contact before somebody, unless it was decided about them already."""
    one, other = sorted((first, second), key=lambda account: account.pk)
    evidence = [[str(contact), "same", None] for contact in shared_contacts(one, other)]
    found = {"score": BY_CONTACT, "evidence": evidence, "is_conflict": is_conflict, "by_contact": True}
    match, is_new = Match.objects.get_or_create(first=one, second=other, defaults=found)
    if not is_new and match.state == MatchState.WAITING:
        Match.objects.filter(pk=match.pk).update(**found)


def drop_outdated(account: LinkedAccount) -> None:
    """Take back what was suggested for a contact that the two accounts do not share any more."""
    waiting = Match.objects.waiting().about(account).filter(by_contact=True)
    for match in waiting.select_related("first", "second"):
        if not shared_contacts(match.first, match.second):
            match.delete()


def shared_contacts(first: LinkedAccount, second: LinkedAccount) -> list[Contact]:
    """The contacts that both have."""
    return [each for each in Contact if first.digest_of(each) and first.digest_of(each) == second.digest_of(each)]


def for_person(account: LinkedAccount) -> list[tuple[Match, LinkedAccount, LinkedAccount]]:
    """What the person behind an account may decide: each match with their own account and the other one.

    Only those with a contact that is verified on the person's own side: it shows that the contact is theirs. Whoever
    merely claims one, or resembles somebody, is shown nothing, since that would tell them who is elsewhere.
    """
    own = list(LinkedAccount.objects.filter(person_id=account.person_id).values_list("pk", flat=True))
    waiting = Match.objects.waiting().filter(Q(first__in=own) | Q(second__in=own), is_conflict=False)
    found = []
    for match in waiting.select_related("first__platform", "second__platform"):
        mine, other = (match.first, match.second) if match.first_id in own else (match.second, match.first)
        if is_shown_to_owner_of(mine, other):
            found.append((match, mine, other))
    return found


def is_shown_to_owner_of(mine: LinkedAccount, other: LinkedAccount) -> bool:
    """Whether the owner of one account may be asked about the other."""
    verified = [contact for contact in shared_contacts(mine, other) if mine.platform.verifies(contact)]
    return bool(verified) and other.consents_to("cross_platform")


@transaction.atomic
def confirm_by_person(match: Match, own: LinkedAccount, user: User) -> None:
    """Join the accounts, the person having said that both are theirs. Raises `MatchRefused`."""
    _held(match)
    try:
        linking.join(match.first, match.second, Origin(RegroupingCause.PERSON, user), agreeing=[own])
    except linking.LinkRefused as refusal:
        raise MatchRefused(refusal.code, refusal.detail) from None


@transaction.atomic
def confirm_by_operator(match: Match, user: User) -> None:
    """Join the accounts. Of two accounts on one platform the one that joined last is separated first, to make room.

    Raises `MatchRefused`, also where one of the accounts does not agree to be joined.
    """
    match = _held(match)
    origin = Origin(RegroupingCause.OPERATOR, user)
    try:
        for account in _in_the_way(match):
            linking.leave(account, origin)
        linking.join(match.first, match.second, origin)
    except linking.LinkRefused as refusal:
        raise MatchRefused(refusal.code, refusal.detail) from None


@transaction.atomic
def reject(match: Match, user: User) -> None:
    """Keep the two accounts apart: they are not suggested again. Raises `MatchRefused` when decided otherwise."""
    match = _held(match)
    pairs.keep_apart([match.first], [match.second], user)


def _held(match: Match) -> Match:
    """The match as it stands, nobody joining or separating meanwhile. Raises `MatchRefused` `already_decided`."""
    one_at_a_time()
    standing = Match.objects.waiting().select_related("first__platform", "second__platform").filter(pk=match.pk).first()
    if standing is None:
        raise MatchRefused("already_decided", "This was decided already.")
    return standing


def _in_the_way(match: Match) -> Sequence[LinkedAccount]:
    """Accounts that have to be separated so that no platform is twice in one person: those that are not in the match.

    Where neither of two accounts on a platform is in the match, the older one stays.
    """
    members = regrouping.hold([match.first_id, match.second_id])
    ends = {match.first_id, match.second_id}
    kept: dict[int, LinkedAccount] = {}
    leaving: list[LinkedAccount] = []
    for member in sorted(members, key=lambda each: (each.pk not in ends, each.pk)):
        if member.platform_id in kept:
            leaving.append(member)
        else:
            kept[member.platform_id] = member
    return leaving

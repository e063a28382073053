"""Pairs of accounts that may be one person: suggesting them, and what a person or an operator decides."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from accounts.models import Contact, LinkedAccount, Match, Purpose, RegroupingCause, User
from accounts.services import linking, pairs, regrouping
from accounts.services.joining_lock import one_at_a_time
from accounts.services.regrouping import Origin

BY_CONTACT = 0.9
"""How likely two accounts with a contact in common are one person, where one side or both did not verify it."""


@dataclass(frozen=True)
class Found:
    """Two accounts, by their keys, that resemble one another: how likely they are one person, and why, in bits."""

    first: int
    second: int
    score: float
    evidence: list[tuple[str, str, float]]


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
    if not is_new:
        Match.objects.waiting().filter(pk=match.pk).update(by_contact=True, is_conflict=is_conflict)


def suggest_found(found: Sequence[Found]) -> int:
    """Put pairs that resemble one another before an operator; returns how many wait that were found so.

    Those suggested so before and not found any more are taken back. Nothing is said of persons of whom somebody
    decided that they stay apart.
    """
    kept: list[int] = []
    for each in found:
        match_id = _suggest_one(each)
        if match_id is not None:
            kept.append(match_id)
    Match.objects.waiting().filter(by_contact=False).exclude(pk__in=kept).delete()
    return len(kept)


@transaction.atomic
def _suggest_one(found: Found) -> int | None:
    """The key of the waiting match; None where the pair is decided, gone, joined, or does not agree any more."""
    one_at_a_time()
    members = regrouping.hold([found.first, found.second])
    known = {member.pk: member for member in members}
    if not {found.first, found.second} <= known.keys():
        return None
    first, second = known[found.first], known[found.second]
    sides = [[each for each in members if each.person_id == end.person_id] for end in (first, second)]
    is_decided = first.person_id == second.person_id or pairs.are_apart(*sides)
    if is_decided or not all(end.consents_to(Purpose.CROSS_PLATFORM) for end in (first, second)):
        return None
    platforms = [member.platform_id for member in members]
    told = {
        "score": found.score,
        "evidence": [list(each) for each in found.evidence],
        "is_conflict": len(set(platforms)) < len(platforms),
    }
    one, other = sorted((first.pk, second.pk))
    match, is_new = Match.objects.get_or_create(first_id=one, second_id=other, defaults=told)
    if not is_new:
        Match.objects.waiting().filter(pk=match.pk).update(**told)
    return match.pk


def drop_outdated(account: LinkedAccount) -> None:
    """Take back what was suggested of accounts that share no contact any more, or may not be compared any more."""
    waiting = Match.objects.waiting().about(account).select_related("first__platform", "second__platform")
    for match in waiting:
        pair = (match.first, match.second)
        shares = not match.by_contact or shared_contacts(*pair)
        if not shares or not all(map(may_be_compared, pair)):
            match.delete()


def may_be_compared(account: LinkedAccount) -> bool:
    """Whether the account agrees to joining, or has not refused it on our own pages, where the person is asked."""
    stated = account.cross_platform
    return account.consents_to(Purpose.CROSS_PLATFORM) or (account.platform.is_house and stated is None)


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

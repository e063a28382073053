"""Matching accounts by their contacts: joined where both platforms verify them, otherwise put before somebody.

It is done a moment after the contacts were told and not in the same call, so that how long an answer takes tells
nobody whether a contact is known elsewhere.
"""

from collections.abc import Iterable

from django.db import transaction

from accounts.models import Contact, LinkedAccount, MatchDue, Purpose, RegroupingCause
from accounts.models.linked_account import has_contact
from accounts.services import house_contacts, linking, pairs, regrouping, suggestions
from accounts.services.joining_lock import one_at_a_time
from accounts.services.regrouping import Origin
from crossmarket.foundation import locks

LOOKING = 0x6D617463
"""Keeps the lock of those who look apart from other locks."""
ACCOUNTS_AT_ONCE = 500
MOST_SHARING = 20
"""A contact that more accounts have is nobody's own: a school's, a shop's."""
CAUSES = {Contact.EMAIL: RegroupingCause.EMAIL, Contact.PHONE: RegroupingCause.PHONE}


def look() -> int:
    """Match the accounts that wait for it; returns how many were looked at. Only one process does it at a time."""
    with locks.only_one(LOOKING, 0) as is_ours:
        if not is_ours:
            return 0
        waiting = list(MatchDue.objects.order_by("pk").values_list("pk", "account_id")[:ACCOUNTS_AT_ONCE])
        for account_id in dict.fromkeys(account_id for _, account_id in waiting):
            _match(account_id)
        MatchDue.objects.filter(pk__in=[pk for pk, _ in waiting]).delete()
        return len(waiting)


def _match(account_id: int) -> None:
    """Compare an account with all that have one of its contacts, the oldest first."""
    account = LinkedAccount.objects.select_related("platform").filter(pk=account_id).first()
    if account is None:
        return
    suggestions.drop_outdated(account)
    for other in sorted({other for contact in Contact for other in _sharing(account, contact)}, key=_key):
        for house in (account, other):
            house_contacts.refresh_account(house)
        _consider(account_id, other.pk)


def _key(account: LinkedAccount) -> int:
    return account.pk


def _sharing(account: LinkedAccount, contact: Contact) -> list[LinkedAccount]:
    digest = account.digest_of(contact)
    if not digest:
        return []
    accounts = LinkedAccount.objects.filter(has_contact(contact), **{f"{contact}_digest": digest})
    others = list(accounts.exclude(pk=account.pk).select_related("platform").order_by("pk")[:MOST_SHARING])
    return others if len(others) < MOST_SHARING else []


@transaction.atomic
def _consider(account_id: int, other_id: int) -> None:
    """Join two accounts with a contact in common, or put them before somebody, as the rules say.

    Each pair in a transaction of its own: accounts are locked in the order of their keys, by everybody.
    """
    one_at_a_time()
    members = regrouping.hold([account_id, other_id])
    ends = [member for member in members if member.pk in (account_id, other_id)]
    if len(ends) < 2 or ends[0].person_id == ends[1].person_id or ends[0].platform_id == ends[1].platform_id:
        return
    first, second = ends
    contact = _verified_by_both(first, second)
    if pairs.are_apart(*_persons(first, second, members)):
        return
    if contact and all(end.consents_to(Purpose.CROSS_PLATFORM) for end in ends):
        try:
            linking.join(first, second, Origin(CAUSES[contact]))
        except linking.LinkRefused as refusal:
            suggestions.suggest(first, second, is_conflict=refusal.code == "platform_already_linked")
        return
    if all(map(suggestions.may_be_compared, ends)):
        suggestions.suggest(first, second, is_conflict=_meet_on_a_platform(members))


def _verified_by_both(first: LinkedAccount, second: LinkedAccount) -> Contact | None:
    """The contact that both have and both platforms verify."""
    for contact in Contact:
        is_same = first.digest_of(contact) and first.digest_of(contact) == second.digest_of(contact)
        if is_same and first.platform.verifies(contact) and second.platform.verifies(contact):
            return contact
    return None


def _persons(
    first: LinkedAccount, second: LinkedAccount, members: Iterable[LinkedAccount]
) -> tuple[list[LinkedAccount], list[LinkedAccount]]:
    persons: dict[object, list[LinkedAccount]] = {first.person_id: [], second.person_id: []}
    for member in members:
        persons[member.person_id].append(member)
    return persons[first.person_id], persons[second.person_id]


def _meet_on_a_platform(members: list[LinkedAccount]) -> bool:
    return len({member.platform_id for member in members}) < len(members)

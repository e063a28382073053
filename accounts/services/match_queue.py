"""Noting whose contacts are to be looked at; `contact_matching` looks a moment later."""

from collections.abc import Iterable

from accounts.models import LinkedAccount, MatchDue, Platform
from accounts.models.linked_account import has_contact

ROWS_AT_ONCE = 5_000


def add(account_ids: Iterable[int]) -> None:
    """Have the contacts of these accounts looked at. Call it in the transaction that changes them or their consent."""
    MatchDue.objects.bulk_create((MatchDue(account_id=account_id) for account_id in account_ids), ROWS_AT_ONCE)


def add_platform(platform: Platform) -> None:
    """The same for everyone on a platform whose contacts are known, after it was marked as verifying them."""
    known = LinkedAccount.objects.filter(has_contact("email") | has_contact("phone"), platform=platform)
    add(known.values_list("pk", flat=True).iterator(ROWS_AT_ONCE))

"""Holding a person, so that what is counted for all their accounts is counted by one at a time."""

from accounts.models import LinkedAccount, Platform
from accounts.services.accounts import ensure_accounts
from accounts.services.holding import hold
from crossmarket.foundation.statements import Rows, Statement

ACCOUNTS = Rows(LinkedAccount, "account")
HOLD = Statement(
    "promotions_hold_person",
    {"platform": "bigint", "external_id": "text"},
    f"SELECT {ACCOUNTS.columns} FROM accounts_linkedaccount account "  # noqa: S608 names of columns
    "JOIN accounts_person person ON person.id = account.person_id "
    "WHERE account.platform_id = %(platform)s AND account.external_id = %(external_id)s "
    "FOR KEY SHARE OF account FOR NO KEY UPDATE OF person",
)
"""Nobody erases the account before the transaction that writes of it has ended, and nobody else holds its person."""


def hold_person(platform: Platform, external_id: str) -> LinkedAccount:
    """The account, made where it is new; nobody else holds the same person until the transaction ends."""
    for known in HOLD.rows(platform=platform.pk, external_id=external_id):
        return ACCOUNTS.row(known)
    return _held(ensure_accounts(platform, [external_id])[external_id].id)


def hold_person_of(account: LinkedAccount) -> LinkedAccount:
    """The account as it is now; nobody else holds the same person. Raises `LinkedAccount.DoesNotExist`."""
    hold([account.pk])
    return _held(account.pk)


def _held(account_id: int) -> LinkedAccount:
    """Waits for whoever holds the person; who is joined or separated meanwhile is looked for once more."""
    accounts = LinkedAccount.objects.select_related("person").select_for_update(of=("person",), no_key=True)
    while True:
        account = accounts.filter(pk=account_id).first()
        if account is not None:
            return account
        if not LinkedAccount.objects.filter(pk=account_id).exists():
            raise LinkedAccount.DoesNotExist

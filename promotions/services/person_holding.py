"""Holding a person, so that what is counted for all their accounts is counted by one at a time."""

from accounts.models import LinkedAccount, Person, Platform
from accounts.services.accounts import ensure_accounts
from accounts.services.holding import hold


def hold_person(platform: Platform, external_id: str) -> LinkedAccount:
    """The account, made where it is new; nobody else holds the same person until the transaction ends."""
    return _held(ensure_accounts(platform, [external_id])[external_id].id)


def hold_person_of(account: LinkedAccount) -> LinkedAccount:
    """The account as it is now; nobody else holds the same person. Raises `LinkedAccount.DoesNotExist`."""
    hold([account.pk])
    return _held(account.pk)


def _held(account_id: int) -> LinkedAccount:
    while True:  # until nobody has joined or separated the account between asking and holding
        account = LinkedAccount.objects.get(pk=account_id)
        person = Person.objects.select_for_update(no_key=True).filter(pk=account.person_id).first()
        if person is not None and LinkedAccount.objects.filter(pk=account_id, person=person).exists():
            return account

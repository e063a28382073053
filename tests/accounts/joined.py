"""Accounts that are joined and separated in tests, and who is one person with whom."""

import hashlib
from typing import Any

from accounts.models import LinkedAccount, Regrouping, RegroupingCause
from accounts.services import linking
from accounts.services.contacts import digest
from accounts.services.regrouping import Origin
from tests.factories import LinkedAccountFactory

BY_CODE = Origin(RegroupingCause.LINK_CODE)


def sha256(contact: str) -> str:
    """A contact as platforms send it."""
    return hashlib.sha256(contact.encode()).hexdigest()


def agreeing_account(**fields: Any) -> LinkedAccount:
    """An account that agrees to be joined."""
    return LinkedAccountFactory(**{"cross_platform": True, **fields})


def account_with(email: str = "", phone: str = "", verified: bool = True, **fields: Any) -> LinkedAccount:
    """An account with contacts, on a platform of its own that verifies them or does not."""
    if "platform" not in fields:
        fields |= {"platform__verifies_email": verified, "platform__verifies_phone": verified}
    digests = {
        "email_digest": digest(sha256(email) if email else ""),
        "phone_digest": digest(sha256(phone) if phone else ""),
    }
    return agreeing_account(**digests, **fields)


def join(first: LinkedAccount, second: LinkedAccount) -> Regrouping:
    """Join two accounts as a code would."""
    joining = linking.join(first, second, BY_CODE)
    assert joining
    return joining


def persons() -> set[frozenset[int]]:
    """The keys of accounts of each person."""
    found: dict[Any, set[int]] = {}
    for key, person in LinkedAccount.objects.values_list("pk", "person_id"):
        found.setdefault(person, set()).add(key)
    return {frozenset(keys) for keys in found.values()}


def are(*groups: tuple[LinkedAccount, ...]) -> set[frozenset[int]]:
    """The same, as expected."""
    return {frozenset(account.pk for account in group) for group in groups}


def everyone() -> dict[int, tuple[Any, Any]]:
    """Of each account the person, and since when that person is known."""
    rows = LinkedAccount.objects.values_list("pk", "person_id", "person__created_at")
    return {key: (person, since) for key, person, since in rows}

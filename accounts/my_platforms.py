"""What a person sees of their own accounts and decides about them."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Platform, Purpose
from accounts.services import suggestions

POLICY_VERSION = "my-platforms-1"
"""The wording of the purposes on the page where people decide; a new wording is a new version."""

LINK_REFUSALS = {
    "invalid_code": _("This code does not exist, was used already or is older than ten minutes. Ask for a new one."),
    "same_account": _("This code was made here. Enter it on the other platform, or bring a code from there."),
    "platform_already_linked": _("You have another account on this platform already. Disconnect that one first."),
    "consent_required": _("One of the accounts does not agree to be connected."),
}


MATCH_REFUSALS = {
    "already_decided": _("This was decided already."),
    "platform_already_linked": LINK_REFUSALS["platform_already_linked"],
    "consent_required": _("The other account does not agree to be connected. Change that on its own platform first."),
}


@dataclass(frozen=True)
class ConsentView:
    """One switch: the purpose, what counts, and whether it was stated or is the platform's default."""

    purpose: Purpose
    label: str
    granted: bool
    is_stated: bool


@dataclass(frozen=True)
class AccountView:
    """One account of a person with its switches."""

    pk: int
    platform: Platform
    external_id: str
    created_at: datetime
    consents: tuple[ConsentView, ...]


@dataclass(frozen=True)
class MatchView:
    """An account elsewhere that may be the person's own, and the contact that says so."""

    pk: int
    platform: Platform
    external_id: str
    contacts: tuple[str, ...]


def matches_of(account: LinkedAccount) -> list[MatchView]:
    """The accounts elsewhere that the person behind this one is asked about."""
    return [
        MatchView(
            match.pk,
            other.platform,
            other.external_id,
            tuple(str(contact.label) for contact in suggestions.shared_contacts(mine, other)),
        )
        for match, mine, other in suggestions.for_person(account)
    ]


def accounts_of(account: LinkedAccount) -> list[AccountView]:
    """All accounts of the person behind this one, this one first."""
    accounts = LinkedAccount.objects.filter(person_id=account.person_id).select_related("platform").order_by("pk")
    return [describe(each) for each in sorted(accounts, key=lambda each: each.pk != account.pk)]


def describe(account: LinkedAccount) -> AccountView:
    """An account as its owner sees it."""
    consents = tuple(consent_of(account, purpose) for purpose in Purpose)
    return AccountView(account.pk, account.platform, account.external_id, account.created_at, consents)


def consent_of(account: LinkedAccount, purpose: Purpose) -> ConsentView:
    """What counts for an account and a purpose."""
    return ConsentView(purpose, str(purpose.label), account.consents_to(purpose), getattr(account, purpose) is not None)

"""The contacts of people on our own pages: addresses that they have shown to be theirs, and no others."""

from contextlib import suppress

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import LinkedAccount, User
from accounts.services import contacts, match_queue
from accounts.services.accounts import UserGone, house_account
from accounts.services.holding import hold


def refresh(user: User) -> LinkedAccount:
    """The account of a user on our own pages, with the digest of the address that they have verified now, if any.

    Raises `UserGone` or `LinkedAccount.DoesNotExist` for one who was erased a moment ago.
    """
    account = house_account(user)
    digest = contacts.digest_of_email(address) if (address := _verified_address(user.pk)) else ""
    if account.email_digest != digest:
        account.email_digest = digest
        with transaction.atomic():
            if not hold([account.pk]):
                raise LinkedAccount.DoesNotExist
            account.save(update_fields=["email_digest"])
            match_queue.add([account.pk])
    return account


def refresh_account(account: LinkedAccount) -> None:
    """The same for an account, if it is one on our own pages."""
    if account.platform.is_house and account.external_id.isdecimal():
        user = User.objects.filter(pk=int(account.external_id)).first()
        if user:
            with suppress(UserGone, LinkedAccount.DoesNotExist):
                refresh(user)


def _verified_address(user_id: int) -> str:
    verified = EmailAddress.objects.filter(user_id=user_id, verified=True).order_by("-primary", "pk")
    return verified.values_list("email", flat=True).first() or ""

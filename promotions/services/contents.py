"""Opening exclusive content to people, and finding what is open to them."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import LinkedAccount
from promotions.models import ContentGrant, ExclusiveContent
from promotions.services.person_holding import hold_person_of


def open_to(account: LinkedAccount, content: ExclusiveContent, source: str, reference: str) -> bool:
    """Open the content for the account's person, once for each reference of a source.

    True when it is new. Whoever races, one call makes the grant and the others find it.
    Raises `LinkedAccount.DoesNotExist` when the account was erased meanwhile.
    """
    with transaction.atomic():
        hold_person_of(account)
        _grant, is_new = ContentGrant.objects.get_or_create(
            content=content, account=account, source=source, reference=reference
        )
        return is_new


def readable_by(account: LinkedAccount) -> QuerySet[ExclusiveContent]:
    """What the person may read now, coming from the platform of this account; the newest first."""
    contents = ExclusiveContent.objects.published_at(timezone.now())
    return contents.on(account.platform).opened_by(account)

"""Whether a person wants personal offers."""

from django.db import transaction
from django.utils import timezone

from accounts.models import LinkedAccount
from promotions.models import PersonalOffersChoice
from promotions.services.person_holding import hold_person_of


@transaction.atomic
def choose(account: LinkedAccount, wanted: bool) -> None:
    """Keep what the person behind this account wants; it counts from now on, on all their accounts."""
    held = hold_person_of(account)
    PersonalOffersChoice.objects.filter(account__person_id=held.person_id).exclude(account=held).update(
        wanted=wanted, changed_at=timezone.now()
    )
    PersonalOffersChoice.objects.update_or_create(
        account=held, defaults={"wanted": wanted, "changed_at": timezone.now()}
    )


def wants_offers(account: LinkedAccount) -> bool:
    """Whether nobody of the person's accounts has said that no personal offers are wanted."""
    return not PersonalOffersChoice.objects.refusing().filter(account__person_id=account.person_id).exists()

"""Erasing what an account has claimed and used; what was paid stays, with nobody behind it."""

from collections import Counter

from django.db.models import Q

from accounts.erasure import kinds
from accounts.models import LinkedAccount
from crossmarket.foundation import idempotency
from promotions.models import ContentGrant, Coupon, Gift, Offer, PersonalOffersChoice, Redemption
from promotions.redemption_api import about
from promotions.services import points


def erase_account(account: LinkedAccount) -> Counter[str]:
    """Remove a held account's coupons and offers, and its name from what was paid and earned, which stays counted."""
    transfers = points.erase(account)  # first, for it holds the person, whom everybody holds before anything else
    redemptions = Redemption.objects.filter(account=account).update(account=None, order_id="")
    removed = kinds(Gift.objects.filter(Q(giver=account) | Q(receiver=account)).delete()[1])
    removed += kinds(Offer.objects.filter(account=account).delete()[1])
    removed += kinds(PersonalOffersChoice.objects.filter(account=account).delete()[1])
    removed += kinds(ContentGrant.objects.filter(account=account).delete()[1])
    removed += kinds(Coupon.objects.filter(holder=account).delete()[1])
    removed["redemptions"] += redemptions
    removed["transfers_of_points"] += transfers
    removed["kept_answers"] += idempotency.forget(about(account.platform_id, account.external_id))
    return +removed

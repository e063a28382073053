"""What an account has claimed and used, to be given out."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount
from crossmarket.foundation.holdings import Part, Row
from promotions.models import ContentGrant, Coupon, Entry, Gift, Offer, PersonalOffersChoice, Redemption
from promotions.pricing.benefits import WHOLE

ROWS_AT_ONCE = 500


def parts_of_account(account: LinkedAccount, whole_person: bool) -> Iterator[Part]:
    """All coupons that the account has claimed, the orders on which it used any, its points, and what was decided on
    offering it something.
    """
    yield Part("coupons", _("Your coupons"), _coupons(account))
    yield Part("gifts", _("Coupons that you gave away"), _gifts(account))
    yield Part("contents", _("Exclusive content that was opened to you"), _contents(account))
    yield Part("points", _("Your points"), _points(account))
    yield Part("redemptions", _("Orders on which you used coupons"), _redemptions(account))
    yield Part("personal_offers", _("What was decided on offers to you, and by what"), _offers(account))
    yield Part("personal_offers_choice", _("Whether you want personal offers"), _choice(account))


def _coupons(account: LinkedAccount) -> Iterator[Row]:
    held = Coupon.objects.filter(holder=account).select_related("batch").order_by("claimed_at", "pk")
    for coupon in held.iterator(ROWS_AT_ONCE):
        yield {
            "coupon": coupon.batch.name,
            "code": coupon.code or coupon.batch.shared_code,
            "claimed": coupon.claimed_at,
            "expires": coupon.expires_at,
            "channel": coupon.channel,
            "used": coupon.is_used,
        }


def _gifts(account: LinkedAccount) -> Iterator[Row]:
    given = Gift.objects.filter(giver=account).select_related("coupon__batch").order_by("created_at")
    for gift in given.iterator(ROWS_AT_ONCE):
        yield {
            "coupon": gift.coupon.batch.name,
            "given": gift.created_at,
            "until": gift.expires_at,
            "accepted": gift.accepted_at,
            "taken_back": gift.taken_back_at,
        }


def _contents(account: LinkedAccount) -> Iterator[Row]:
    grants = ContentGrant.objects.filter(account=account).select_related("content").order_by("pk")
    for grant in grants.iterator(ROWS_AT_ONCE):
        yield {
            "content": grant.content.title,
            "time": grant.granted_at,
            "source": grant.source,
            "reference": grant.reference,
        }


def _points(account: LinkedAccount) -> Iterator[Row]:
    entries = Entry.objects.filter(purse__holder=account).select_related("transfer").order_by("pk")
    for entry in entries.iterator(ROWS_AT_ONCE):
        yield {
            "time": entry.transfer.created_at,
            "points": entry.amount,
            "kind": entry.transfer.kind,
            "source": entry.transfer.source,
            "reference": entry.transfer.reference,
        }


def _offers(account: LinkedAccount) -> Iterator[Row]:
    decided = Offer.objects.filter(account=account).select_related("course", "program").order_by("pk")
    for offer in decided.iterator(ROWS_AT_ONCE):
        yield {
            "time": offer.decided_at,
            "program": offer.program.name,
            "course": str(offer.course),
            "price": offer.price,
            "discount_share": offer.level / WHOLE,
            "drawn_at_random": offer.explored,
            "likelihood": offer.propensity,
            "chances_of_buying": dict(zip(map(str, offer.ladder), offer.chances, strict=False)),
            "reason": offer.reason,
            "inputs": offer.inputs,
            "outcome": offer.outcome,
        }


def _choice(account: LinkedAccount) -> Iterator[Row]:
    for choice in PersonalOffersChoice.objects.filter(account=account):
        yield {"wanted": choice.wanted, "changed": choice.changed_at}


def _redemptions(account: LinkedAccount) -> Iterator[Row]:
    used = Redemption.objects.filter(account=account).prefetch_related("uses", "refunds").order_by("created_at", "pk")
    for redemption in used.iterator(ROWS_AT_ONCE):
        yield {
            "redemption_id": redemption.pk,
            "order_id": redemption.order_id,
            "time": redemption.created_at,
            "state": redemption.state,
            "amount": redemption.amount,
            "discount": redemption.discount,
            "currency": redemption.currency,
            "codes": [use.code for use in redemption.uses.all()],
            "refunds": [
                {"time": each.created_at, "amount": each.amount, "discount": each.discount}
                for each in redemption.refunds.all()
            ],
        }

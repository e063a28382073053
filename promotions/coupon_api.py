"""The partner API of coupons that people claim and have."""

from datetime import datetime
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from drf_spectacular.utils import OpenApiParameter

from accounts.models import Platform
from accounts.partner_view import PartnerView, answer
from crossmarket.foundation.bodies import Identifier, read_json
from crossmarket.foundation.problems import Problem
from crossmarket.foundation.schema import USER_ID, documented
from promotions import rule_words, wallet
from promotions.models import Coupon
from promotions.services import claiming
from promotions.wallet import Usable
from recommend.api import LANGUAGE, language


class ClaimBody(msgspec.Struct, frozen=True):
    """Who wants a coupon of which batch; `channel` says where they found it."""

    batch_id: UUID
    user_id: Identifier
    channel: str = ""


class CouponAnswer(msgspec.Struct, frozen=True):
    """A coupon that somebody has: the code to use it with, and its rule in words."""

    batch_id: UUID
    name: str
    code: str
    claimed_at: datetime | None
    expires_at: datetime | None
    rule: list[str]


class OfferAnswer(msgspec.Struct, frozen=True):
    """What a person can use here: a coupon that they have (with its code), or one that they may claim (without).

    Personal offers are for one course (`item_id`) and say why they were made (`reason`).
    """

    batch_id: UUID
    name: str
    description: str
    code: str | None
    expires_at: datetime | None
    rule: list[str]
    item_id: str | None = None
    reason: str | None = None


class OffersAnswer(msgspec.Struct, frozen=True):
    """What a person can use here, best first."""

    results: list[OfferAnswer]
    next: str | None = None


class Coupons(PartnerView):
    """`/coupons`."""

    browsers_may_call = True

    @documented(
        "Claim a coupon",
        body=ClaimBody,
        answers={200: CouponAnswer, 201: CouponAnswer},
        problems=(422,),
        parameters=[LANGUAGE],
        tag="promotions",
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        """Give this user a coupon of the batch: 201 for a new one, 200 for the one that they have."""
        body = read_json(request, ClaimBody)
        self.caller.require_user(body.user_id)
        platform = self.caller.platform
        with translation.override(language(request.GET.get("lang", ""), platform.locale)):
            try:
                coupon, is_new = claiming.claim(platform, body.user_id, body.batch_id, body.channel[:50])
            except claiming.CannotClaim as refused:
                words = refused.refusal.in_words()
                raise Problem(422, str(refused.refusal.reason), words) from None
            return answer(coupon_answer(coupon), 201 if is_new else 200)


class UserOffers(PartnerView):
    """`/users/{user_id}/offers`."""

    browsers_may_call = True

    @documented(
        "Offers", answers={200: OffersAnswer}, problems=(404,), parameters=[USER_ID, LANGUAGE], tag="promotions"
    )
    def get(self, request: HttpRequest, user_id: str) -> HttpResponse:
        """Coupons that this user can use on the platform, or claim; best first."""
        account = self.account(user_id)
        return _offers(self.caller.platform, wallet.usable(account), request)


class Offers(PartnerView):
    """`/offers`."""

    browsers_may_call = True

    @documented(
        "Offers to whoever looks",
        answers={200: OffersAnswer},
        parameters=[
            OpenApiParameter("user_id", str, description="Whom for; left out for an anonymous visitor."),
            LANGUAGE,
        ],
        tag="promotions",
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        """Coupons that a user can use or claim here; of visitors who are not known, those that anybody may claim."""
        platform, known = self.caller.platform, self.who_looks(request)
        offers = wallet.usable(known) if known else wallet.open_to_anybody(platform)
        return _offers(platform, offers, request)


def _offers(platform: Platform, offers: list[Usable], request: HttpRequest) -> HttpResponse:
    with translation.override(language(request.GET.get("lang", ""), platform.locale)):
        return answer(OffersAnswer([_offer(each) for each in offers]))


def _offer(offer: Usable) -> OfferAnswer:
    return OfferAnswer(
        batch_id=offer.batch.pk,
        name=offer.batch.name,
        description=offer.batch.description,
        code=offer.code,
        expires_at=offer.expires_at,
        rule=rule_words.in_words(offer.batch, coupon=offer.coupon),
        item_id=offer.item_id,
        reason=offer.reason,
    )


def coupon_answer(coupon: Coupon) -> CouponAnswer:
    """A coupon as its holder's platform is told of it."""
    return CouponAnswer(
        batch_id=coupon.batch_id,
        name=coupon.batch.name,
        code=coupon.code or coupon.batch.shared_code,
        claimed_at=coupon.claimed_at,
        expires_at=coupon.expires_at,
        rule=rule_words.in_words(coupon.batch, coupon=coupon),
    )

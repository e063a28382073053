"""The partner API of coupons that people give to each other."""

from datetime import datetime

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation

from accounts.models import LinkedAccount
from accounts.partner_view import PartnerView, answer
from accounts.services.accounts import ensure_accounts
from crossmarket.foundation.bodies import Identifier, read_json
from crossmarket.foundation.problems import Problem
from crossmarket.foundation.schema import documented
from promotions import codes
from promotions.coupon_api import CouponAnswer, coupon_answer
from promotions.models import Coupon, Gift
from promotions.services import claiming, gifting


class GiverBody(msgspec.Struct, frozen=True):
    """Who gives, or takes back."""

    user_id: Identifier


class ReceiverBody(msgspec.Struct, frozen=True):
    """Who accepts the gift of which token."""

    user_id: Identifier
    token: str


class GiftAnswer(msgspec.Struct, frozen=True):
    """A gift: `url` is the page on which anybody accepts it, `token` what a platform accepts it with."""

    token: str
    url: str
    expires_at: datetime


class CouponGifts(PartnerView):
    """`/coupons/{code}/gifts`."""

    browsers_may_call = True

    @documented("Give a coupon", body=GiverBody, answers={201: GiftAnswer}, problems=(404, 422), tag="promotions")
    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        """Offer a coupon of this user to somebody else; asked again, the same gift while nobody has accepted it."""
        account = self.account(read_json(request, GiverBody).user_id)
        own = Coupon.objects.filter(code=codes.normal(code), holder__person_id=account.person_id).first()
        if own is None:
            raise Problem(404, "coupon_not_found", "This user has no coupon with this code.")
        with translation.override(self.caller.platform.locale):
            try:
                gift = gifting.give(own, account)
            except gifting.CannotGive as refused:
                raise Problem(422, "cannot_give", str(refused)) from None
        return answer(_gift(gift), 201)


class Gifts(PartnerView):
    """`/gifts`."""

    browsers_may_call = True

    @documented("Accept a gift", body=ReceiverBody, answers={200: CouponAnswer}, problems=(404, 422), tag="promotions")
    def post(self, request: HttpRequest) -> HttpResponse:
        """Make the coupon this user's own, if they may have one."""
        body = read_json(request, ReceiverBody)
        self.caller.require_user(body.user_id)
        platform = self.caller.platform
        with translation.override(platform.locale):
            try:
                gifting.find_signed(body.token)
                key = ensure_accounts(platform, [body.user_id])[body.user_id].id
                coupon = gifting.accept(body.token, LinkedAccount.objects.select_related("platform").get(pk=key))
            except gifting.NoSuchGift:
                raise _no_such_gift() from None
            except claiming.CannotClaim as refused:
                raise Problem(422, str(refused.refusal.reason), refused.refusal.in_words()) from None
            return answer(coupon_answer(coupon))


class GiftTakenBack(PartnerView):
    """`/gifts/{token}/take-back`."""

    browsers_may_call = True

    @documented("Take a gift back", body=GiverBody, answers={200: GiftAnswer}, problems=(404,), tag="promotions")
    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """End a gift that nobody has accepted; the coupon stays with the user who gave it."""
        account = self.account(read_json(request, GiverBody).user_id)
        try:
            return answer(_gift(gifting.take_back(token, account)))
        except gifting.NoSuchGift:
            raise _no_such_gift() from None


def _gift(gift: Gift) -> GiftAnswer:
    token = gifting.token_of(gift)
    url = settings.PUBLIC_URL + reverse("promotions:gift", args=[token])
    return GiftAnswer(token, url, gift.expires_at)


def _no_such_gift() -> Problem:
    return Problem(404, "gift_not_found", "This gift was accepted, taken back or is over.")

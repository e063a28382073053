"""Giving coupons to others."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Change, LinkedAccount
from accounts.services.accounts import house_account
from promotions.models import Coupon, CouponState, Gift
from promotions.pricing.order import Line, Order
from promotions.reasons import Reason
from promotions.services import claiming, gifting, redeeming, revoking
from promotions.services.claiming import CannotClaim
from promotions.services.gifting import CannotGive, NoSuchGift
from promotions.services.revoking import RevokeReason
from tests.factories import CouponBatchFactory, CouponFactory, LinkedAccountFactory, SegmentFactory, UserFactory
from tests.partner import new_partner

pytestmark = pytest.mark.django_db

ORDER = Order("A-1", "CNY", (Line("item", 1_000, 1),))


def coupon_of(holder: LinkedAccount, **rules) -> Coupon:
    rules = {"code_kind": "unique", "shared_code": "", "may_be_given": True, **rules}
    batch = rules.pop("batch", None) or CouponBatchFactory(**rules)
    return CouponFactory(batch=batch, state=CouponState.HELD, holder=holder, claimed_at=timezone.now())


def given(giver: LinkedAccount, **rules) -> tuple[Coupon, str]:
    coupon = coupon_of(giver, **rules)
    return coupon, gifting.token_of(gifting.give(coupon, giver))


@pytest.fixture
def giver() -> LinkedAccount:
    return LinkedAccountFactory()


@pytest.fixture
def receiver() -> LinkedAccount:
    return LinkedAccountFactory()


def test_who_accepts_has_the_coupon_and_the_giver_no_more(giver, receiver):
    coupon, token = given(giver)
    assert gifting.accept(token, receiver) == coupon
    works = redeeming.validate(receiver.platform, receiver.external_id, [coupon.code], ORDER)
    assert works.discount == 100
    refused = redeeming.validate(giver.platform, giver.external_id, [coupon.code], ORDER).refusals
    assert refused[0].reason == Reason.NOT_ELIGIBLE
    assert set(Change.objects.values_list("type", "user_id")) >= {
        ("coupon.given", giver.external_id),
        ("coupon.claimed", receiver.external_id),
    }


def test_a_gift_is_accepted_once_and_said_twice_by_the_same_counts_once(giver, receiver):
    coupon, token = given(giver)
    assert gifting.accept(token, receiver) == gifting.accept(token, receiver) == coupon
    with pytest.raises(NoSuchGift):
        gifting.accept(token, LinkedAccountFactory())


def test_until_it_is_accepted_the_giver_may_use_it_and_then_nobody_else_gets_it(giver, receiver):
    coupon, token = given(giver)
    redeeming.reserve(giver.platform, giver.external_id, [coupon.code], ORDER)
    with pytest.raises(NoSuchGift):
        gifting.accept(token, receiver)


def test_it_can_be_taken_back_by_the_giver_only(giver, receiver):
    _coupon, token = given(giver)
    with pytest.raises(NoSuchGift):
        gifting.take_back(token, receiver)
    gifting.take_back(token, giver)
    with pytest.raises(NoSuchGift):
        gifting.accept(token, receiver)


def test_it_ends_by_itself_and_no_later_than_the_coupon(giver, receiver):
    soon = timezone.now() + timedelta(hours=1)
    _coupon, token = given(giver, ends_at=soon)
    gift = Gift.objects.get()
    assert gift.expires_at == soon
    Gift.objects.update(created_at=soon - timedelta(days=2), expires_at=timezone.now())
    with pytest.raises(NoSuchGift):
        gifting.accept(token, receiver)
    Gift.objects.all().update(created_at=soon - timedelta(days=2))
    assert gifting.give(gift.coupon, giver).pk != gift.pk


def test_asked_again_it_is_the_same_gift(giver):
    coupon, token = given(giver)
    assert gifting.token_of(gifting.give(coupon, giver)) == token


@pytest.mark.parametrize("rules", [{"may_be_given": False}, {"state": "paused"}])
def test_what_may_not_be_given_is_not(giver, rules):
    with pytest.raises(CannotGive):
        gifting.give(coupon_of(giver, **rules), giver)


def test_a_coupon_made_for_one_person_is_not_given(giver):
    coupon = coupon_of(giver)
    coupon.own_value = 50
    coupon.save()
    with pytest.raises(CannotGive):
        gifting.give(coupon, giver)


def test_nobody_gives_what_is_not_theirs(giver, receiver):
    with pytest.raises(CannotGive):
        gifting.give(coupon_of(giver), receiver)


def test_limits_count_for_the_receiver(giver, receiver):
    coupon, token = given(giver, limit_person=1)
    coupon_of(receiver, batch=coupon.batch)
    with pytest.raises(CannotClaim):
        gifting.accept(token, receiver)


def test_giving_is_no_way_to_claim_more(giver, receiver):
    coupon, token = given(giver, limit_person=1)
    CouponFactory(batch=coupon.batch)
    gifting.accept(token, receiver)
    with pytest.raises(CannotClaim):
        claiming.claim(giver.platform, giver.external_id, coupon.batch_id)


def test_who_is_not_meant_cannot_accept(giver, receiver):
    coupon, token = given(giver)
    coupon.batch.segments.add(SegmentFactory())
    with pytest.raises(CannotClaim):
        gifting.accept(token, receiver)


def test_a_revoked_coupon_cannot_be_accepted(giver, receiver):
    coupon, token = given(giver)
    revoking.revoke([coupon.pk], RevokeReason.MISUSE, None)
    with pytest.raises(NoSuchGift):
        gifting.accept(token, receiver)


@pytest.mark.parametrize("token", ["", "x", "0" * 32, "0" * 32 + ":forged", "é:\0"])
def test_links_that_nobody_signed_are_none(receiver, token):
    with pytest.raises(NoSuchGift):
        gifting.accept(token, receiver)


def test_platforms_give_accept_and_take_back():
    shop = new_partner()
    account = LinkedAccountFactory(platform=shop.platform, external_id="li")
    coupon = coupon_of(account)
    gift = shop.post(f"/coupons/{coupon.code.lower()}/gifts", {"user_id": "li"})
    assert gift.status_code == 201
    told = gift.json()
    assert told["url"].endswith(f"/gift/{told['token']}/")
    refused = shop.post("/gifts", {"user_id": "bo", "token": "nothing"})
    assert (refused.status_code, refused.json()["code"]) == (404, "gift_not_found")
    assert not shop.platform.accounts.filter(external_id="bo").exists()
    assert shop.post("/gifts", {"user_id": "bo", "token": told["token"]}).json()["code"] == coupon.code
    assert shop.post(f"/coupons/{coupon.code}/gifts", {"user_id": "li"}).status_code == 404
    back = shop.post(f"/coupons/{coupon.code}/gifts", {"user_id": "bo"}).json()
    assert shop.post(f"/gifts/{back['token']}/take-back", {"user_id": "bo"}).status_code == 200
    assert not Gift.objects.open().exists()


def test_a_gift_is_given_and_accepted_on_pages(client: Client):
    one, other = UserFactory(), UserFactory()
    coupon = coupon_of(house_account(one))
    client.force_login(one)
    page = client.post(reverse("promotions:give", args=[coupon.pk]), follow=True)
    link = page.redirect_chain[-1][0]
    assert link in page.content.decode()
    client.logout()
    visitor = client.get(link).content.decode()
    assert reverse("account_login") in visitor
    assert link in visitor
    assert coupon.code not in visitor
    client.force_login(other)
    assert client.post(f"{link}accept/", follow=True).status_code == 200
    coupon.refresh_from_db()
    assert coupon.holder == house_account(other)
    assert client.get(link).status_code == 404


def test_somebody_elses_coupon_is_not_given_on_pages(client: Client):
    coupon = coupon_of(house_account(UserFactory()))
    client.force_login(UserFactory())
    assert client.post(reverse("promotions:give", args=[coupon.pk])).status_code == 404
    assert not Gift.objects.exists()

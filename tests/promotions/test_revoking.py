"""Revoking coupons, and finding them by code."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import Change
from crossmarket.foundation import jobs
from crossmarket.foundation.models import AuditEntry, Job
from promotions.models import CodeKind, Coupon, CouponState
from promotions.pricing.order import Line, Order
from promotions.reasons import Reason
from promotions.services import claiming, redeeming, revoking
from promotions.services.revoking import Revoked, RevokeReason
from tests.factories import CouponBatchFactory, CouponFactory, PlatformFactory, UserFactory

pytestmark = pytest.mark.django_db

ORDER = Order("A-1", "CNY", (Line("item", 1_000, 1),))
LIST = "admin:promotions_coupon_changelist"


def own_codes(count: int):
    batch = CouponBatchFactory(code_kind=CodeKind.UNIQUE, shared_code="")
    return batch, CouponFactory.create_batch(count, batch=batch)


def test_a_revoked_coupon_works_no_more_and_its_platform_is_told():
    shop, (batch, _coupons) = PlatformFactory(), own_codes(1)
    coupon, _new = claiming.claim(shop, "li", batch.pk)
    assert revoking.revoke([coupon.pk], RevokeReason.MISUSE, UserFactory()) == Revoked(1, 0)
    assert redeeming.validate(shop, "li", [coupon.code], ORDER).refusals[0].reason == Reason.NOT_FOUND
    told = Change.objects.get(type="coupon.revoked")
    assert (told.user_id, told.data["code"], told.data["reason"]) == ("li", coupon.code, "misuse")


def test_a_coupon_that_an_order_uses_stays():
    shop, (_batch, [used, free]) = PlatformFactory(), own_codes(2)
    redeeming.reserve(shop, "li", [used.code], ORDER)
    assert revoking.revoke([used.pk, free.pk], RevokeReason.LEAKED, None) == Revoked(1, 1)
    used.refresh_from_db()
    assert used.state == CouponState.FREE


def test_all_that_nobody_has_claimed_are_revoked_by_a_worker():
    batch, _coupons = own_codes(5)
    claimed, _new = claiming.claim(PlatformFactory(), "li", batch.pk)
    job = jobs.run(revoking.enqueue_free(batch, RevokeReason.LEAKED, UserFactory()).pk)
    assert job.result == {"revoked": 4}
    assert [each.pk for each in Coupon.objects.exclude(state=CouponState.REVOKED)] == [claimed.pk]


def test_who_revoked_and_why_is_written_down(admin_user):
    batch, [coupon] = own_codes(1)
    revoking.revoke([coupon.pk], RevokeReason.MISTAKE, admin_user)
    assert AuditEntry.objects.about(coupon).get().changes == {"reason": [None, "given by mistake"]}
    entry = AuditEntry.objects.about(batch).get()
    assert (entry.actor, entry.changes) == (admin_user, {"reason": [None, "given by mistake"], "coupons": [None, 1]})


def test_selected_coupons_are_revoked_at_the_desk_for_a_reason_only(admin_client: Client):
    _batch, coupons = own_codes(3)
    chosen = {"action": "revoke_selected", "_selected_action": [each.pk for each in coupons[:2]]}
    admin_client.post(reverse(LIST), {**chosen, "reason": ""})
    assert not Coupon.objects.filter(state=CouponState.REVOKED).exists()
    admin_client.post(reverse(LIST), {**chosen, "reason": "leaked"})
    assert Coupon.objects.filter(state=CouponState.REVOKED).count() == 2


def test_a_single_coupon_and_the_rest_of_a_batch_are_revoked_from_their_pages(admin_client: Client):
    batch, [coupon, _other] = own_codes(2)
    said = {"_form_submitted": "on", "reason": "replaced"}
    admin_client.post(reverse("admin:promotions_coupon_revoke", args=[coupon.pk]), said)
    coupon.refresh_from_db()
    assert coupon.state == CouponState.REVOKED
    admin_client.post(reverse("admin:promotions_couponbatch_revoke_free", args=[batch.pk]), said)
    assert Job.objects.get().kind == revoking.REVOKE_FREE


def test_staff_who_may_only_look_cannot_revoke(client: Client):
    looker = UserFactory(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_coupon"))
    client.force_login(looker)
    _batch, [coupon] = own_codes(1)
    said = {"_form_submitted": "on", "reason": "other"}
    client.post(reverse("admin:promotions_coupon_revoke", args=[coupon.pk]), said)
    client.post(reverse(LIST), {"action": "revoke_selected", "_selected_action": [coupon.pk], **said})
    coupon.refresh_from_db()
    assert coupon.state == CouponState.FREE


@pytest.mark.parametrize("typed", ["abcd-efgh", "ABC", " abcd efghjkmn "])
def test_coupons_are_found_by_a_code_or_how_it_begins(admin_client: Client, typed):
    CouponFactory(code="ABCDEFGHJKMN"), CouponFactory(code="XBCDEFGHJKMN")
    page = admin_client.get(reverse(LIST), {"q": typed}).content.decode()
    assert "ABCDEFGHJKMN" in page
    assert "XBCDEFGHJKMN" not in page

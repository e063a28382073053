"""The desk of promotions."""

import pytest
from django.test import Client
from django.urls import reverse

from crossmarket.foundation.models import Job
from promotions.admin.coupon_batches import CouponBatchAdmin
from promotions.models import BatchState, CodeKind, CouponBatch
from promotions.pricing.order import Line, Order
from promotions.services import redeeming
from tests.factories import CouponBatchFactory, CouponFactory, PlatformFactory

pytestmark = pytest.mark.django_db

ASKED_AND_ANSWERED = {"_form_submitted": "on"}
DRAFT = {
    "name": "Spring",
    "benefit": "percent",
    "value": "20",
    "currency": "CNY",
    "minimum": "0",
    "timezone": "Asia/Shanghai",
    "rank": "0",
    "holdout": "0",
    "code_kind": "shared",
    "shared_code": "spring 25",
}


def page(batch: CouponBatch, verb: str = "change") -> str:
    return reverse(f"admin:promotions_couponbatch_{verb}", args=[batch.pk])


def test_a_batch_is_drafted_with_its_code_as_it_is_stored(admin_client: Client):
    answer = admin_client.post(reverse("admin:promotions_couponbatch_add"), DRAFT)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    made = CouponBatch.objects.get()
    assert (made.shared_code, made.state) == ("SPRING25", BatchState.DRAFT)
    assert "20%" in admin_client.get(page(made)).content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"value": "200"}, "value"),
        ({"scope-courses": "nowhere/nothing"}, "scope"),
        ({"hours-0-days": "9"}, "hours"),
        ({"shared_code": ""}, "shared_code"),
    ],
)
def test_a_draft_that_makes_no_sense_is_refused_at_its_field(admin_client: Client, change, field):
    answer = admin_client.post(reverse("admin:promotions_couponbatch_add"), DRAFT | change)
    assert field in answer.context["adminform"].form.errors


def test_what_people_know_of_a_batch_stays(admin_client: Client):
    batch = CouponBatchFactory(value=100)
    changed = DRAFT | {"name": "New name", "value": "1", "budget": "50"}
    admin_client.post(page(batch), changed)
    batch.refresh_from_db()
    assert (batch.name, batch.value, batch.budget) == ("New name", 100, 5_000)


def test_a_batch_is_taken_on_step_by_step(admin_client: Client):
    batch = CouponBatchFactory(state=BatchState.DRAFT)
    steps = {"submit": "review", "start": "live", "pause": "paused", "end": "ended"}
    for verb, state in steps.items():
        before, url = batch.state, reverse(f"admin:promotions_couponbatch_{verb}", args=[batch.pk])
        admin_client.get(url)
        batch.refresh_from_db()
        assert batch.state == before, "it asks first"
        admin_client.post(url, ASKED_AND_ANSWERED)
        batch.refresh_from_db()
        assert batch.state == state


def test_coupons_are_ordered_from_a_worker(admin_client: Client):
    batch = CouponBatchFactory(code_kind=CodeKind.UNIQUE, shared_code="")
    admin_client.post(
        reverse("admin:promotions_couponbatch_make_coupons", args=[batch.pk]), ASKED_AND_ANSWERED | {"count": "7"}
    )
    assert Job.objects.get().arguments["count"] == 7


def test_redemptions_and_coupons_are_found(admin_client: Client):
    shop, coupon = PlatformFactory(), CouponFactory(code="ABCDEF")
    order = Order("A-1", "CNY", (Line("item", 1_000, 1),))
    made = redeeming.reserve(shop, "li", ["ABCDEF"], order)
    found = admin_client.get(reverse("admin:promotions_redemption_changelist"), {"q": "A-1"})
    assert "A-1" in found.content.decode()
    assert admin_client.get(reverse("admin:promotions_redemption_change", args=[made.pk])).status_code == 200
    assert (
        coupon.code
        in admin_client.get(reverse("admin:promotions_coupon_changelist"), {"q": "abc-def"}).content.decode()
    )


def test_uses_that_are_counted_while_a_form_is_open_stay_counted(admin_client, monkeypatch):
    batch = CouponBatchFactory(limit_total=10)
    save_form = CouponBatchAdmin.save_form

    def while_coupons_are_used(self, request, form, change):
        CouponBatch.objects.filter(pk=batch.pk).update(used=9, spent=900)
        return save_form(self, request, form, change)

    monkeypatch.setattr(CouponBatchAdmin, "save_form", while_coupons_are_used)
    admin_client.post(page(batch), {"name": "another name", "limit_total": "10"})
    batch.refresh_from_db()
    assert (batch.name, batch.used, batch.spent) == ("another name", 9, 900)

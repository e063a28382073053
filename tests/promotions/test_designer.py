"""The designer: money, shares, courses and hours as people write them, and what is told beside them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from promotions import batch_forecast
from promotions.models import BatchState, CouponBatch
from promotions.reach import reach_of
from promotions.services import publishing
from tests.factories import (
    CouponBatchFactory,
    CourseFactory,
    EventFactory,
    LinkedAccountFactory,
    PlatformFactory,
    SegmentFactory,
)
from tests.promotions.test_desk import DRAFT

pytestmark = pytest.mark.django_db
ADD, PREVIEW = "admin:promotions_couponbatch_add", "admin:promotions_couponbatch_preview"


def made(client: Client, **fields) -> CouponBatch:
    answer = client.post(reverse(ADD), DRAFT | fields)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return CouponBatch.objects.get()


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"benefit": "percent", "value": "12.5", "cap": "30"}, (1_250, 3_000)),
        ({"benefit": "amount", "value": "19.90"}, (1_990, None)),
        ({"benefit": "fixed_price", "value": "0.99"}, (99, None)),
        ({"benefit": "free_item", "value": ""}, (0, None)),
        ({"benefit": "amount", "value": "500", "currency": "JPY"}, (500, None)),
    ],
)
def test_money_is_written_in_major_units_and_kept_in_minor(admin_client: Client, fields, kept):
    batch = made(admin_client, **fields)
    assert (batch.value, batch.cap) == kept
    page = admin_client.get(reverse("admin:promotions_couponbatch_change", args=[batch.pk]))
    form = page.context["adminform"].form
    again = admin_client.post(
        reverse("admin:promotions_couponbatch_change", args=[batch.pk]),
        DRAFT | fields | {"value": form["value"].value() if form["value"].value() is not None else ""},
    )
    assert again.status_code == 302
    batch.refresh_from_db()
    assert (batch.value, batch.cap) == kept


@pytest.mark.parametrize(
    "fields",
    [
        {"benefit": "amount", "value": "1.999"},
        {"benefit": "amount", "value": "1.5", "currency": "JPY"},
        {"benefit": "percent", "value": "0"},
        {"benefit": "free_item", "value": "5"},
        {"benefit": "amount", "value": ""},
    ],
)
def test_amounts_that_cannot_be_are_refused(admin_client: Client, fields):
    answer = admin_client.post(reverse(ADD), DRAFT | fields)
    assert "value" in answer.context["adminform"].form.errors


def test_courses_and_hours_are_chosen_without_writing_json(admin_client: Client):
    course = CourseFactory(category="AI", teacher="Wang")
    slug = course.platform.slug
    batch = made(
        admin_client,
        **{
            "scope-platforms": [slug],
            "scope-kinds": ["course", "audio"],
            "scope-categories": "AI，Art",
            "scope-courses": f"{slug}/{course.item_id}",
            "scope-except-teachers": "Wang",
            "scope-except-tags": "old",
            "hours-0-days": ["0", "4"],
            "hours-0-since": "18:00",
            "hours-0-until": "22:30",
        },
    )
    assert batch.scope == {
        "platforms": [slug],
        "kinds": ["course", "audio"],
        "categories": ["AI", "Art"],
        "courses": [[slug, course.item_id]],
        "excluding": [{"teachers": ["Wang"]}, {"tags": ["old"]}],
    }
    assert batch.hours == [{"days": [0, 4], "since": "18:00", "until": "22:30"}]
    page = admin_client.get(reverse("admin:promotions_couponbatch_change", args=[batch.pk])).content.decode()
    assert f"{slug}/{course.item_id}" in page


def test_exclusions_that_the_fields_cannot_show_are_kept(admin_client: Client):
    both = [{"teachers": ["Wang"], "kinds": ["live"]}]
    batch = made(
        admin_client, **{"scope-except-tags": "old", "scope-rest": '[{"teachers": ["Wang"], "kinds": ["live"]}]'}
    )
    assert batch.scope == {"excluding": [{"tags": ["old"]}, *both]}


def test_the_preview_tells_the_rule_in_both_languages_and_saves_nothing(admin_client: Client):
    LinkedAccountFactory()
    segment = SegmentFactory(name="Night owls")
    answer = admin_client.post(reverse(PREVIEW), DRAFT | {"cap": "30", "segments": [segment.pk]}).content.decode()
    assert "20% off, ¥30 at most" in answer
    assert "Night owls" in answer
    assert 'lang="zh-hans"' in answer
    assert not CouponBatch.objects.exists()


def test_the_preview_tells_what_is_missing(admin_client: Client):
    answer = admin_client.post(reverse(PREVIEW), DRAFT | {"value": ""})
    assert answer.status_code == 200
    assert "desk-notes" in answer.content.decode()
    assert "forecast" not in answer.context


def test_a_live_batch_is_previewed_with_what_may_still_be_changed(admin_client: Client):
    batch = CouponBatchFactory(value=700)
    answer = admin_client.post(
        reverse(PREVIEW), {"batch": str(batch.pk), "name": "New", "budget": "12"}
    ).content.decode()
    assert "¥7 off" in answer
    assert "¥12" in answer
    batch.refresh_from_db()
    assert batch.budget is None


def test_people_are_counted_by_platform_first_purchase_and_consent_to_marketing():
    shop, other = PlatformFactory(), PlatformFactory()
    first = LinkedAccountFactory(platform=shop, marketing=True)
    LinkedAccountFactory(platform=other, person=first.person, marketing=False)
    buyer = LinkedAccountFactory(platform=shop, marketing=False)
    LinkedAccountFactory(platform=other, marketing=False)
    EventFactory(account=buyer, type="purchase", value=100)
    everybody = reach_of(CouponBatch(), [])
    assert (everybody.persons, everybody.may_be_told) == (3, 1)
    assert reach_of(CouponBatch(scope={"platforms": [shop.slug]}), []).persons == 2
    assert reach_of(CouponBatch(scope={"platforms": [shop.slug]}, first_purchase=True), []).persons == 1
    assert reach_of(CouponBatch(), [SegmentFactory().pk]).persons == 0


def test_a_batch_that_goes_live_keeps_how_many_could_use_it():
    LinkedAccountFactory()
    batch = CouponBatchFactory(state=BatchState.REVIEW)
    assert publishing.move(batch, BatchState.LIVE).reach == 1


def test_forecasts_learn_from_batches_that_no_limit_cut_short():
    old = timezone.now() - timedelta(days=30)
    for fields in (
        {"used": 5},
        {"used": 9, "limit_total": 9},
        {"used": 7, "reach": None},
        {"used": 3, "created_at": None},
    ):
        batch = CouponBatchFactory(
            **({"reach": 100} | {key: value for key, value in fields.items() if key != "created_at"})
        )
        if "created_at" not in fields:
            CouponBatch.objects.filter(pk=batch.pk).update(created_at=old)
    assert [(each.people, each.uses) for each in batch_forecast.past_batches(CouponBatch())] == [(100, 5)]


def test_money_is_told_from_list_prices_of_its_courses_while_there_are_few_orders():
    CourseFactory(price=10_000, category="AI", currency="CNY")
    CourseFactory(price=50_000, category="Art", currency="CNY")
    batch = CouponBatch(benefit="percent", value=2_000, currency="CNY", scope={"categories": ["AI"]})
    found, are_list_prices = batch_forecast.forecast_of(batch, 1_000)
    assert are_list_prices
    assert found.taken_off == 2_000

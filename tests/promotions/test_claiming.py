"""Claiming coupons, making them, and what people see of them."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone, translation

from crossmarket.foundation import jobs
from promotions import codes, rule_words, wallet
from promotions.models import BatchState, CodeKind, Coupon, CouponState
from promotions.pricing.benefits import BenefitKind
from promotions.pricing.order import Line, Order
from promotions.reasons import Reason
from promotions.services import claiming, generating, publishing, redeeming
from promotions.services.claiming import CannotClaim
from tests.factories import CouponBatchFactory, CouponFactory, LinkedAccountFactory, PlatformFactory
from tests.partner import new_partner
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db


def unique_batch(coupons: int = 0, **fields: object):
    batch = CouponBatchFactory(code_kind=CodeKind.UNIQUE, shared_code="", **fields)
    CouponFactory.create_batch(coupons, batch=batch)
    return batch


def why(shop, batch, who: str = "li") -> Reason:
    with pytest.raises(CannotClaim) as refused:
        claiming.claim(shop, who, batch.pk)
    assert refused.value.refusal.in_words()
    return refused.value.refusal.reason


def test_who_claims_twice_has_one_coupon():
    shop, batch = PlatformFactory(), unique_batch(2, days_after_claim=7)
    first, is_new = claiming.claim(shop, "li", batch.pk)
    again, is_new_again = claiming.claim(shop, "li", batch.pk)
    assert (first.pk, is_new, is_new_again) == (again.pk, True, False)
    assert first.expires_at == first.claimed_at + timedelta(days=7)


def test_when_none_is_left_that_is_said():
    shop, batch = PlatformFactory(), unique_batch(1)
    claiming.claim(shop, "li", batch.pk)
    assert why(shop, batch, "wang") is Reason.EXHAUSTED


def test_a_person_claims_as_many_as_they_may_use():
    shop, batch = PlatformFactory(), unique_batch(3, limit_person=1)
    coupon, _ = claiming.claim(shop, "li", batch.pk)
    order = Order("order", "CNY", (Line("item", 1_000, 1),))
    redeeming.commit(redeeming.reserve(shop, "li", [coupon.code], order).pk, shop)
    assert why(shop, batch) is Reason.ALREADY_USED


def test_what_is_not_live_gives_nothing():
    shop = PlatformFactory()
    assert why(shop, unique_batch(1, state=BatchState.DRAFT)) is Reason.NOT_FOUND
    assert why(shop, unique_batch(1, state=BatchState.PAUSED)) is Reason.NOT_STARTED
    assert why(shop, unique_batch(1, state=BatchState.ENDED)) is Reason.EXPIRED


@pytest.mark.django_db(transaction=True)
def test_as_many_are_served_as_there_are_coupons():
    shop, batch = PlatformFactory(), unique_batch(20)

    def claims(process: int) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        for number in range(12):
            try:
                claiming.claim(shop, f"{process} {number}", batch.pk)
                outcomes["claimed"] += 1
            except CannotClaim as refused:
                outcomes[str(refused.refusal.reason)] += 1
        return outcomes

    assert sum(side_by_side(*[partial(claims, process) for process in range(5)]), Counter()) == {
        "claimed": 20,
        "exhausted": 40,
    }
    assert Coupon.objects.filter(state=CouponState.HELD).values("holder").distinct().count() == 20


def test_codes_are_made_by_a_job_and_tell_of_slips():
    batch = unique_batch()
    job = generating.enqueue(batch, 500)
    jobs.run(job.pk)
    made = list(batch.coupons.values_list("code", flat=True))
    assert len(set(made)) == 500
    assert all(codes.is_well_formed(code) for code in made)
    for code in made[:20]:
        for place in range(codes.LENGTH - 1):
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            assert swapped == code or not codes.is_well_formed(swapped)
            other = "2" if code[place] != "2" else "3"
            assert not codes.is_well_formed(code[:place] + other + code[place + 1 :])


def test_a_wallet_shows_what_works_the_best_first():
    shop = PlatformFactory()
    account = LinkedAccountFactory(platform=shop, external_id="li")
    small, large = CouponBatchFactory(value=100), CouponBatchFactory(value=900)
    CouponBatchFactory(state=BatchState.PAUSED)
    CouponBatchFactory(ends_at=timezone.now() - timedelta(days=1))
    CouponBatchFactory(scope={"platforms": ["elsewhere"]})
    unique_batch(0)
    held = unique_batch(1, value=10)
    coupon, _ = claiming.claim(shop, "li", held.pk)
    assert [(each.batch, each.code) for each in wallet.usable(account)] == [
        (held, coupon.code),
        (large, None),
        (small, None),
    ]


def test_the_api_claims_and_lists():
    partner = new_partner()
    batch = unique_batch(1, name="Spring")
    asked = {"batch_id": str(batch.pk), "user_id": "li"}
    first, again = partner.post("/coupons", asked), partner.post("/coupons", asked)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    refused = partner.post("/coupons", {**asked, "user_id": "wang"})
    assert (refused.status_code, refused.json()["code"]) == (422, "exhausted")
    (offer,) = partner.get("/users/li/offers").json()["results"]
    assert (offer["name"], offer["code"]) == ("Spring", first.json()["code"])
    assert offer["rule"]


def test_a_rule_is_said_in_words():
    batch = CouponBatchFactory(
        benefit=BenefitKind.PERCENT, value=2_050, cap=5_000, minimum=9_900, scope={"categories": ["AI", "Art"]},
        hours=[{"days": [5, 6], "since": "18:00", "until": "22:00"}], limit_person=1, is_exclusive=True,
    )  # fmt: skip
    with translation.override("en"):
        assert rule_words.in_words(batch) == [
            "20.5% off, ¥50 at most",
            "for courses: category “AI” or “Art”",
            "from ¥99 on",
            "at these hours (Asia/Shanghai): Sat, Sun 18:00-22:00",
            "once for each person",
            "with no other coupon",
        ]


def test_a_batch_goes_its_way_and_no_other():
    batch = CouponBatchFactory(state=BatchState.DRAFT)
    with pytest.raises(publishing.CannotChange):
        publishing.move(batch, BatchState.LIVE)
    for state in (BatchState.REVIEW, BatchState.LIVE, BatchState.PAUSED, BatchState.LIVE, BatchState.ENDED):
        assert publishing.move(batch, state).state == state
    with pytest.raises(publishing.CannotChange):
        publishing.move(batch, BatchState.LIVE)


def test_a_batch_that_could_never_work_does_not_get_through_a_review():
    CouponBatchFactory(shared_code="TAKEN")
    for wrong in ({"scope": {"colour": ["red"]}}, {"hours": [{"days": [7]}]}):
        with pytest.raises(publishing.CannotChange):
            publishing.move(CouponBatchFactory(state=BatchState.DRAFT, **wrong), BatchState.REVIEW)

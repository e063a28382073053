"""At the desk one may try an order, and look up what became of a code."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from promotions import code_history
from promotions.models import BatchState, CouponBatch, CouponState, Redemption, Use
from promotions.pricing.order import Line, Order
from promotions.reasons import Reason
from promotions.services import redeeming
from promotions.simulating import simulate
from tests.factories import (
    CouponBatchFactory,
    CouponFactory,
    CourseFactory,
    LinkedAccountFactory,
    PlatformFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
SIMULATOR, CODE = "admin:promotions_couponbatch_simulator", "admin:promotions_couponbatch_code"
ROWS = {"lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0"}


def order_of(*prices: int) -> Order:
    return Order("order", "CNY", tuple(Line(f"item {index}", price, 1) for index, price in enumerate(prices)))


def tried(account, order, codes=(), batches=()):
    return simulate(account.platform, account, order, codes, batches, timezone.now())


def test_the_simulator_answers_as_validations_do_and_changes_nothing():
    account = LinkedAccountFactory()
    CouponBatchFactory(shared_code="ONE", value=300, rank=1)
    CouponBatchFactory(shared_code="TWO", value=9_000, minimum=5_000)
    order, codes = order_of(1_000, 500), ["two", "one", "none"]
    found = tried(account, order, codes)
    asked = redeeming.validate(account.platform, account.external_id, codes, order)
    assert (found.quote.discount, found.quote.discounts) == (asked.discount, asked.discounts)
    by_name = {each.name: each for each in found.tried}
    assert by_name["ONE"].works
    assert by_name["ONE"].amount == 300
    assert {name: each.refusal.reason for name, each in by_name.items() if each.refusal} == {
        "TWO": Reason.BELOW_MINIMUM,
        "NONE": Reason.NOT_FOUND,
    }
    assert found.to_pay == 1_200
    assert not Redemption.objects.exists()
    assert CouponBatch.objects.get(shared_code="ONE").used == 0


def test_every_check_is_told_also_behind_one_that_fails():
    account = LinkedAccountFactory()
    CouponBatchFactory(shared_code="BAD", ends_at=timezone.now() - timedelta(hours=1), limit_total=0, currency="USD")
    (bad,) = tried(account, order_of(1_000), ["BAD"]).tried
    assert [step.passed for step in bad.steps] == [False, False, False, True, True, None, None, None, None]


def test_a_draft_is_tried_as_though_it_were_live():
    draft = CouponBatchFactory(state=BatchState.DRAFT)
    (found,) = tried(LinkedAccountFactory(), order_of(1_000), batches=[draft]).tried
    assert found.works
    assert found.not_live


def test_a_code_and_its_batch_are_one_coupon():
    batch = CouponBatchFactory(shared_code="ONE")
    assert len(tried(LinkedAccountFactory(), order_of(1_000), ["one"], [batch]).tried) == 1


def test_the_page_of_the_simulator_takes_list_prices(admin_client: Client):
    course = CourseFactory(price=2_500, currency="CNY", title="Deep learning")
    CouponBatchFactory(shared_code="ONE", value=300)
    asked = {**ROWS, "platform": course.platform_id, "codes": "one", "lines-0-item_id": course.item_id}
    answer = admin_client.post(reverse(SIMULATOR), asked | {"lines-0-quantity": "2"}).content.decode()
    assert "¥47" in answer
    assert "Deep learning" in answer
    assert admin_client.get(reverse(SIMULATOR)).status_code == 200


def test_who_may_not_look_at_people_cannot_try_for_one(client: Client):
    staff = UserFactory(is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_couponbatch"))
    client.force_login(staff)
    course = CourseFactory(price=100)
    asked = {**ROWS, "platform": course.platform_id, "lines-0-item_id": course.item_id, "lines-0-quantity": "1"}
    assert client.post(reverse(SIMULATOR), asked).status_code == 200
    assert client.post(reverse(SIMULATOR), asked | {"user_id": "li"}).status_code == 403


def test_what_became_of_a_code_is_told_in_order():
    shop = PlatformFactory()
    coupon = CouponFactory(code="ABCDEF")
    first = redeeming.reserve(shop, "li", ["ABCDEF"], order_of(1_000))
    redeeming.roll_back(first.pk, shop)
    second = redeeming.reserve(shop, "li", ["ABCDEF"], order_of(1_000))
    redeeming.commit(second.pk, shop)
    found = code_history.look_up("abc-def")
    assert found is not None
    assert found.batch == coupon.batch
    words = [str(each.what) for each in found.happenings]
    assert len(words) == 5
    assert [each.redemption for each in found.happenings[1:]] == [first, first, second, second]
    assert [refusal.reason for refusal in found.reasons] == [Reason.ALREADY_USED]
    assert Use.objects.count() == 2


def test_codes_of_drafts_and_revoked_coupons_are_found_at_the_desk_and_told_not_to_work():
    CouponBatchFactory(shared_code="SECRET", state=BatchState.DRAFT)
    CouponFactory(code="GONE", state=CouponState.REVOKED)
    CouponBatchFactory(shared_code="WORKS")
    reasons = {code: code_history.look_up(code).reasons for code in ("SECRET", "GONE", "WORKS")}
    assert [each.reason for each in reasons["SECRET"] + reasons["GONE"]] == [Reason.NOT_FOUND] * 2
    assert not reasons["WORKS"]
    assert code_history.look_up("NOTHING") is None


def test_who_holds_a_code_is_masked_for_those_who_may_not_look_at_people(client: Client, admin_client: Client):
    holder = LinkedAccountFactory(external_id="wang-xiaoming")
    CouponFactory(code="HERS", state=CouponState.HELD, holder=holder, claimed_at=timezone.now())
    assert "wang-xiaoming" in admin_client.get(reverse(CODE), {"q": "hers"}).content.decode()
    staff = UserFactory(is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_coupon"))
    client.force_login(staff)
    page = client.get(reverse(CODE), {"q": "hers"}).content.decode()
    assert "wang-xiaoming" not in page
    assert "wa•••" in page

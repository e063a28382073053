"""When coupons work, and what is counted while they are set aside, used and given back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import LinkedAccount, Platform
from promotions.models import BatchState, Coupon, CouponBatch, CouponState, Redemption, RedemptionState
from promotions.pricing.benefits import BenefitKind
from promotions.pricing.order import Line, Order
from promotions.reasons import Reason
from promotions.services import redeeming
from promotions.services.redeeming import CannotRedeem
from tests.factories import (
    CouponBatchFactory,
    CouponFactory,
    CourseFactory,
    EventFactory,
    LinkedAccountFactory,
    PlatformFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Platform:
    return PlatformFactory()


def order_of(*prices: int, currency: str = "CNY") -> Order:
    return Order("order", currency, tuple(Line(f"item {index}", price, 1) for index, price in enumerate(prices)))


def why(shop: Platform, code: str, order: Order | None = None, who: str = "li") -> Reason | None:
    """The reason for which a code does not work; validating and reserving must agree on it."""
    order = order or order_of(1_000)
    quote = redeeming.validate(shop, who, [code], order)
    refusals = quote.refusals
    try:
        with transaction.atomic():
            reserved = redeeming.reserve(shop, who, [code], order)
            transaction.set_rollback(True)
    except CannotRedeem as refused:
        refusals = refused.refusals
    else:
        assert (quote.discount, quote.refusals) == (reserved.discount, [])
    assert refusals == quote.refusals
    assert all(refusal.in_words() for refusal in refusals)
    return refusals[0].reason if refusals else None


def test_a_code_works_however_it_is_typed(shop):
    batch = CouponBatchFactory(shared_code="SPRING25")
    assert why(shop, " spring-25 ") is None
    redemption = redeeming.reserve(shop, "li", ["Spring 25", "SPRING25"], order_of(1_000))
    assert (redemption.discount, redemption.uses.count()) == (100, 1)
    batch.refresh_from_db()
    assert (batch.used, batch.spent) == (1, 100)


def test_a_code_that_an_ended_batch_left_is_that_of_the_batch_that_has_it_now(shop):
    day = timedelta(days=1)
    for number in range(2):
        past = timezone.now() - day * (2 - number)
        CouponBatchFactory(shared_code="SPRING", state=BatchState.ENDED, ends_at=past, value=1)
    assert why(shop, "SPRING") is Reason.EXPIRED
    CouponBatchFactory(shared_code="SPRING", ends_at=timezone.now() + day, value=70)
    assert redeeming.validate(shop, "li", ["SPRING"], order_of(1_000)).discount == 70
    assert why(shop, "SPRING") is None


def test_a_code_that_is_none_or_not_published_or_revoked_is_not_found(shop):
    CouponFactory(code="GONE", state=CouponState.REVOKED)
    CouponBatchFactory(shared_code="SECRET", state=BatchState.DRAFT)
    assert [why(shop, code) for code in ("NONE", "GONE", "SECRET")] == [Reason.NOT_FOUND] * 3


def test_time_decides(shop):
    now, hour = timezone.now(), timedelta(hours=1)
    CouponBatchFactory(shared_code="PAST", ends_at=now - hour)
    CouponBatchFactory(shared_code="OVER", state=BatchState.ENDED)
    CouponBatchFactory(shared_code="FUTURE", starts_at=now + hour)
    CouponBatchFactory(shared_code="PAUSED", state=BatchState.PAUSED)
    never = [{"days": [(now.weekday() + 3) % 7], "since": "10:00", "until": "11:00"}]
    CouponBatchFactory(shared_code="HOURS", hours=never)
    CouponFactory(code="OLD", expires_at=now - hour)
    assert [why(shop, code) for code in ("PAST", "OVER", "OLD")] == [Reason.EXPIRED] * 3
    assert [why(shop, code) for code in ("FUTURE", "PAUSED", "HOURS")] == [Reason.NOT_STARTED] * 3


def test_the_order_decides(shop):
    CourseFactory(platform=shop, item_id="item 0", category="AI", teacher="Wang", tags=["deep"])
    CouponBatchFactory(shared_code="DOLLARS", currency="USD")
    CouponBatchFactory(shared_code="MINIMUM", minimum=1_001)
    CouponBatchFactory(shared_code="ART", scope={"categories": ["Art"]})
    CouponBatchFactory(shared_code="AI", scope={"categories": ["AI"], "tags": ["deep", "wide"]})
    CouponBatchFactory(shared_code="NOTWANG", scope={"excluding": [{"teachers": ["Wang"]}]})
    CouponBatchFactory(shared_code="ELSEWHERE", scope={"platforms": ["another"]})
    assert why(shop, "DOLLARS") is Reason.WRONG_CURRENCY
    assert why(shop, "MINIMUM") is Reason.BELOW_MINIMUM
    assert [why(shop, code) for code in ("ART", "NOTWANG", "ELSEWHERE")] == [Reason.NOT_APPLICABLE] * 3
    assert why(shop, "AI") is None
    assert why(shop, "AI", order_of(0)) is Reason.NOT_APPLICABLE


def test_whose_coupon_it_is_decides(shop):
    mine, theirs = LinkedAccountFactory(platform=shop, external_id="li"), LinkedAccountFactory()
    CouponFactory(code="THEIRS", state=CouponState.HELD, holder=theirs, claimed_at=timezone.now())
    CouponFactory(code="MINE", state=CouponState.HELD, holder=mine, claimed_at=timezone.now())
    assert why(shop, "THEIRS") is Reason.NOT_ELIGIBLE
    assert why(shop, "MINE") is None


def test_the_first_purchase_is_the_first(shop):
    CouponBatchFactory(shared_code="WELCOME", first_purchase=True)
    assert why(shop, "WELCOME") is None
    EventFactory(account=LinkedAccountFactory(platform=shop, external_id="li"), type="purchase", value=100)
    assert why(shop, "WELCOME") is Reason.NOT_ELIGIBLE


@pytest.mark.parametrize(
    ("limit", "reason"),
    [("limit_total", Reason.EXHAUSTED), ("limit_day", Reason.EXHAUSTED), ("limit_person", Reason.ALREADY_USED)],
)
def test_a_limit_counts_until_coupons_are_given_back(shop, limit, reason):
    CouponBatchFactory(shared_code="TWO", **{limit: 2})
    first = redeeming.reserve(shop, "li", ["TWO"], order_of(1_000))
    redeeming.commit(redeeming.reserve(shop, "li", ["TWO"], order_of(1_000)).pk, shop)
    assert why(shop, "TWO") is reason
    redeeming.roll_back(first.pk, shop)
    assert why(shop, "TWO") is None


def test_a_persons_limit_is_one_for_all_their_accounts(shop):
    first = LinkedAccountFactory(platform=shop, external_id="li")
    LinkedAccountFactory(platform=shop, external_id="also li", person=first.person)
    CouponBatchFactory(shared_code="ONCE", limit_person=1)
    redeeming.reserve(shop, "li", ["ONCE"], order_of(1_000))
    assert why(shop, "ONCE", who="also li") is Reason.ALREADY_USED
    assert why(shop, "ONCE", who="wang") is None


def test_a_budget_is_never_passed(shop):
    CouponBatchFactory(shared_code="BUDGET", value=333, budget=1_000)
    for number in range(3):
        redeeming.reserve(shop, str(number), ["BUDGET"], order_of(1_000))
    assert why(shop, "BUDGET") is Reason.BUDGET_EXHAUSTED
    assert why(shop, "BUDGET", order_of(1)) is None


def test_a_coupon_with_a_code_of_its_own_works_once(shop):
    coupon = CouponFactory(code="UNIQUE")
    reserved = redeeming.reserve(shop, "li", ["UNIQUE"], order_of(1_000))
    assert why(shop, "UNIQUE") is Reason.ALREADY_USED
    redeeming.roll_back(reserved.pk, shop)
    coupon.refresh_from_db()
    assert not coupon.is_used
    redeeming.commit(redeeming.reserve(shop, "li", ["UNIQUE"], order_of(1_000)).pk, shop)
    assert why(shop, "UNIQUE", who="wang") is Reason.ALREADY_USED


def test_all_codes_work_or_none_is_used(shop):
    batch = CouponBatchFactory(shared_code="GOOD")
    with pytest.raises(CannotRedeem):
        redeeming.reserve(shop, "li", ["GOOD", "BAD"], order_of(1_000))
    batch.refresh_from_db()
    assert batch.used == 0
    assert not Redemption.objects.exists()


def test_a_reservation_ends_by_itself_and_gives_back_what_somebody_wants(shop, settings):
    settings.RESERVATION_SECONDS = -1
    CouponBatchFactory(shared_code="ONE", limit_total=1)
    over = redeeming.reserve(shop, "li", ["ONE"], order_of(1_000))
    settings.RESERVATION_SECONDS = 900
    assert redeeming.reserve(shop, "wang", ["ONE"], order_of(1_000)).discount == 100
    over.refresh_from_db()
    assert over.state == RedemptionState.EXPIRED
    with pytest.raises(redeeming.AlreadyEnded):
        redeeming.commit(over.pk, shop)


def test_paying_late_still_counts_while_nobody_was_given_it(shop, settings):
    settings.RESERVATION_SECONDS = -1
    CouponBatchFactory(shared_code="ONE", limit_total=1)
    late = redeeming.commit(redeeming.reserve(shop, "li", ["ONE"], order_of(1_000)).pk, shop)
    assert late.state == RedemptionState.COMMITTED
    assert redeeming.release_overdue() == 0


def test_each_word_counts_once(shop):
    batch = CouponBatchFactory(shared_code="ONE")
    reserved = redeeming.reserve(shop, "li", ["ONE"], order_of(1_000))
    states = [
        verb(reserved.pk, shop).state
        for verb in (redeeming.commit, redeeming.commit, redeeming.roll_back, redeeming.roll_back)
    ]
    assert states == ["committed", "committed", "rolled_back", "rolled_back"]
    batch.refresh_from_db()
    assert (batch.used, batch.spent) == (0, 0)


def test_another_platform_knows_nothing_of_a_redemption(shop):
    CouponBatchFactory(shared_code="ONE")
    reserved = redeeming.reserve(shop, "li", ["ONE"], order_of(1_000))
    for verb in (redeeming.commit, redeeming.roll_back):
        with pytest.raises(Redemption.DoesNotExist):
            verb(reserved.pk, PlatformFactory())


def test_the_database_keeps_limits_whatever_programs_do():
    batch = CouponBatchFactory(limit_total=1, budget=100)
    for change in ({"used": 2}, {"spent": 101}, {"value": 0}, {"shared_code": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CouponBatch.objects.filter(pk=batch.pk).update(**change)


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["reserve", "commit", "roll back"]), st.integers(0, 4), st.integers(0, 3)), max_size=25
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTIONS, st.integers(1, 3), st.integers(100, 900))
def test_counters_always_are_what_stands_reserved_and_committed(shop, actions, limit, budget):
    with transaction.atomic():
        batches = [
            CouponBatchFactory(limit_total=limit, value=170, rank=2),
            CouponBatchFactory(budget=budget, value=2_500, benefit=BenefitKind.PERCENT, rank=1),
            CouponFactory().batch,
        ]
        codes = [batches[0].shared_code, batches[1].shared_code, batches[2].coupons.get().code]
        made: list[Redemption] = []
        for action, which, codes_used in actions:
            if action == "reserve":
                try:
                    order = order_of(700, 300 + which)
                    made.append(redeeming.reserve(shop, str(which), codes[: codes_used or 1], order))
                except CannotRedeem:
                    continue
            elif made:
                verb = redeeming.commit if action == "commit" else redeeming.roll_back
                try:
                    verb(made[which % len(made)].pk, shop)
                except redeeming.AlreadyEnded:
                    continue
        standing = Redemption.objects.filter(state__in=["reserved", "committed"])
        for batch in batches:
            batch.refresh_from_db()
            uses = batch.uses.filter(redemption__in=standing)
            assert batch.used == uses.count()
            assert batch.spent == sum(use.amount for use in uses)
            assert set(uses) == set(batch.uses.filter(counts=True))
        for redemption in standing:
            assert redemption.discount == sum(use.amount for use in redemption.uses.all())
            assert all(use.amount == sum(use.discounts) for use in redemption.uses.all())
        assert Coupon.objects.get(code=codes[2]).is_used == batches[2].uses.filter(redemption__in=standing).exists()
        transaction.set_rollback(True)


def test_an_account_is_made_for_a_new_customer(shop):
    CouponBatchFactory(shared_code="ONE")
    redeeming.validate(shop, "new", ["ONE"], order_of(1_000))
    assert not LinkedAccount.objects.filter(external_id="new").exists()
    redeeming.reserve(shop, "new", ["ONE"], order_of(1_000))
    assert LinkedAccount.objects.filter(external_id="new").exists()


def test_a_coupon_of_its_own_gives_its_own_value_on_its_own_course(shop):
    course = CourseFactory(platform=shop, item_id="item 1")
    batch = CouponBatchFactory(code_kind="unique", shared_code="", benefit=BenefitKind.PERCENT, value=1_000)
    coupon = CouponFactory(batch=batch, own_value=2_500, only_course=course)
    quote = redeeming.validate(shop, "li", [coupon.code], order_of(1_000, 2_000))
    assert quote.discounts == [0, 500]
    assert why(shop, coupon.code, order_of(1_000, 2_000)) is None
    assert why(shop, coupon.code, order_of(1_000)) == Reason.NOT_APPLICABLE
    assert why(PlatformFactory(), coupon.code, order_of(1_000, 2_000)) == Reason.NOT_APPLICABLE


def test_the_scope_of_the_batch_still_counts_for_a_coupon_of_its_own(shop):
    course = CourseFactory(platform=shop, item_id="item 0", category="AI")
    batch = CouponBatchFactory(code_kind="unique", shared_code="", scope={"categories": ["history"]})
    coupon = CouponFactory(batch=batch, only_course=course)
    assert why(shop, coupon.code) == Reason.NOT_APPLICABLE


def test_only_coupons_with_a_code_of_their_own_can_have_a_value_of_their_own(shop):
    with pytest.raises(IntegrityError), transaction.atomic():
        CouponFactory(code=None, own_value=100)

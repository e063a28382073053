"""Orders that were paid with coupons and come back, in parts or as a whole."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Change, Platform
from promotions.models import Coupon, CouponBatch, Redemption, Refund, RefundLine, Use
from promotions.pricing.benefits import BenefitKind
from promotions.pricing.order import Line, Order
from promotions.reasons import Reason
from promotions.services import redeeming, refunding
from promotions.services.redeeming import CannotRedeem
from promotions.services.refunding import CannotRefund, NotPaid, Wanted
from tests.factories import CouponBatchFactory, CouponFactory, PlatformFactory
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db

ORDER = Order("order", "CNY", (Line("a", 1_000, 3), Line("b", 500, 1), Line("a", 800, 1)))


@pytest.fixture
def shop() -> Platform:
    return PlatformFactory()


def paid(shop: Platform, *codes: str, order: Order = ORDER, who: str = "li") -> Redemption:
    return redeeming.commit(redeeming.reserve(shop, who, codes, order).pk, shop)


def counted(batch: CouponBatch) -> tuple[int, int]:
    batch.refresh_from_db()
    return batch.used, batch.spent


def test_a_part_comes_back_with_its_share_of_the_discount(shop):
    batch = CouponBatchFactory(shared_code="TENTH", benefit=BenefitKind.PERCENT, value=1_000)
    order = paid(shop, "TENTH")
    made = refunding.refund(order.pk, shop, [Wanted(2, line=0), Wanted(1, item_id="b")])
    assert (made.amount, made.discount) == (1_800 + 450, 200 + 50)
    assert counted(batch) == (1, 430 - 250)
    order.refresh_from_db()
    assert (order.state, order.refunded) == ("committed", 2_250)


def test_an_item_on_several_lines_comes_back_from_the_first_that_has_some_left(shop):
    CouponBatchFactory(shared_code="FIFTY", value=50)
    order = paid(shop, "FIFTY")
    made = refunding.refund(order.pk, shop, [Wanted(4, item_id="a")])
    assert [(row.line, row.units) for row in made.lines.order_by("line")] == [(0, 3), (2, 1)]


def test_when_the_last_unit_comes_back_the_redemption_is_rolled_back(shop):
    batch = CouponBatchFactory(shared_code="ONE", limit_total=1, limit_person=1)
    order = paid(shop, "ONE")
    for wanted in (Wanted(3, line=0), Wanted(1, line=1), Wanted(1, line=2)):
        assert counted(batch)[0] == 1
        refunding.refund(order.pk, shop, [wanted])
    order.refresh_from_db()
    assert (order.state, order.refunded) == ("rolled_back", order.amount - order.discount)
    assert counted(batch) == (0, 0)
    assert paid(shop, "ONE").discount == 100


def test_rolling_a_paid_order_back_refunds_what_is_left(shop):
    batch = CouponBatchFactory(shared_code="ONE", value=7)
    order = paid(shop, "ONE")
    refunding.refund(order.pk, shop, [Wanted(1, line=0)])
    assert redeeming.roll_back(order.pk, shop).state == "rolled_back"
    assert sum(each.amount for each in order.refunds.all()) == order.amount - order.discount
    assert sum(each.discount for each in order.refunds.all()) == order.discount
    assert counted(batch) == (0, 0)


def test_a_batch_may_say_that_a_coupon_stays_used(shop):
    coupon = CouponFactory(code="KEPT", batch__returns_coupon=False, batch__budget=1_000)
    order = paid(shop, "KEPT")
    redeeming.roll_back(order.pk, shop)
    coupon.refresh_from_db()
    assert coupon.is_used
    assert counted(coupon.batch) == (1, 0)
    refused = redeeming.validate(shop, "li", ["KEPT"], ORDER).refusals
    assert [each.reason for each in refused] == [Reason.ALREADY_USED]


def test_a_reservation_that_is_dropped_gives_its_coupon_back_whatever_the_batch_says(shop):
    coupon = CouponFactory(code="KEPT", batch__returns_coupon=False)
    redeeming.roll_back(redeeming.reserve(shop, "li", ["KEPT"], ORDER).pk, shop)
    coupon.refresh_from_db()
    assert not coupon.is_used
    assert counted(coupon.batch) == (0, 0)


def test_what_is_not_paid_or_is_back_already_cannot_come_back(shop):
    CouponBatchFactory(shared_code="ONE")
    reserved = redeeming.reserve(shop, "li", ["ONE"], ORDER)
    with pytest.raises(NotPaid):
        refunding.refund(reserved.pk, shop, [Wanted(1, line=0)])
    redeeming.commit(reserved.pk, shop)
    redeeming.roll_back(reserved.pk, shop)
    with pytest.raises(NotPaid):
        refunding.refund(reserved.pk, shop, [Wanted(1, line=0)])


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ([], "nothing_returned"),
        ([Wanted(1, line=3)], "not_in_order"),
        ([Wanted(1, item_id="c")], "not_in_order"),
        ([Wanted(4, line=0)], "more_than_bought"),
        ([Wanted(2, line=0), Wanted(2, line=0)], "more_than_bought"),
        ([Wanted(5, item_id="a")], "more_than_bought"),
    ],
)
def test_no_more_comes_back_than_was_bought(shop, wanted, code):
    batch = CouponBatchFactory(shared_code="ONE")
    order = paid(shop, "ONE")
    with pytest.raises(CannotRefund) as refused:
        refunding.refund(order.pk, shop, wanted)
    assert refused.value.code == code
    assert counted(batch) == (1, 100)
    assert not Refund.objects.exists()


def test_an_order_without_items_comes_back_in_sums(shop):
    batch = CouponBatchFactory(shared_code="THIRD", value=333)
    order = paid(shop, "THIRD", order=Order("order", "CNY", (Line("", 1_000, 1),)))
    made = refunding.refund(order.pk, shop, [Wanted(500, line=0)])
    assert (made.amount, made.discount) == (334, 166)
    made = refunding.refund(order.pk, shop, [Wanted(500, line=0)])
    assert (made.amount, made.discount) == (333, 167)
    assert counted(batch) == (0, 0)


def test_the_platform_is_told_of_each_refund_and_of_the_last(shop):
    CouponBatchFactory(shared_code="ONE")
    order = paid(shop, "ONE", order=Order("order", "CNY", (Line("a", 1_000, 2),)))
    for _unit in range(2):
        refunding.refund(order.pk, shop, [Wanted(1, line=0)])
    told = Change.objects.order_by("pk").values_list("type", "data__amount")
    assert list(told)[1:] == [
        ("redemption.refunded", 950),
        ("redemption.refunded", 950),
        ("redemption.rolled_back", None),
    ]


def test_another_platform_refunds_nothing(shop):
    CouponBatchFactory(shared_code="ONE")
    order = paid(shop, "ONE")
    with pytest.raises(Redemption.DoesNotExist):
        refunding.refund(order.pk, PlatformFactory(), [Wanted(1, line=0)])


def test_the_database_lets_no_more_back_than_was_bought_whatever_programs_do(shop):
    CouponBatchFactory(shared_code="ONE")
    order = paid(shop, "ONE")
    made = refunding.refund(order.pk, shop, [Wanted(2, line=0)])
    again = Refund.objects.create(redemption=order, amount=0, discount=0)
    for refund, line, units in ((again, 0, 2), (again, 9, 1), (made, 0, 1), (again, 1, 0)):
        with pytest.raises(IntegrityError), transaction.atomic():
            RefundLine.objects.create(refund=refund, line=line, units=units, amount=0, discounts=[0])
    for model, change in (
        (Redemption, {"refunded": order.amount}),
        (Use, {"returned": 101}),
        (Use, {"returned": -1}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.update(**change)


@pytest.mark.django_db(transaction=True)
def test_many_who_return_the_same_units_at_once_return_them_once():
    shop = PlatformFactory()
    batch = CouponBatchFactory(shared_code="ONE", value=10)
    order = paid(shop, "ONE", order=Order("order", "CNY", (Line("a", 100, 7),)))

    def bring_back() -> int:
        done = 0
        for _try in range(3):
            try:
                refunding.refund(order.pk, shop, [Wanted(1, line=0)])
                done += 1
            except (CannotRefund, NotPaid):
                continue
        return done

    assert sum(side_by_side(*[bring_back] * 4)) == 7
    assert sum(each.amount for each in order.refunds.all()) == 690
    assert counted(batch) == (0, 0)


@st.composite
def benefits(draw) -> dict[str, object]:
    kind = draw(st.sampled_from(BenefitKind))
    if kind is BenefitKind.PERCENT:
        return {"benefit": kind, "value": draw(st.integers(1, 10_000)), "cap": draw(st.none() | st.integers(1, 5_000))}
    value = {BenefitKind.AMOUNT: st.integers(1, 5_000), BenefitKind.FREE_ITEM: st.just(0)}
    units = draw(st.none() | st.integers(1, 3)) if kind is not BenefitKind.AMOUNT else None
    return {"benefit": kind, "value": draw(value.get(kind, st.integers(0, 2_000))), "units": units}


BATCHES = st.lists(
    st.fixed_dictionaries(
        {
            "gives": benefits(),
            "rank": st.integers(0, 2),
            "group": st.sampled_from(["", "", "a"]),
            "is_exclusive": st.sampled_from([False, False, False, True]),
            "minimum": st.integers(0, 1_000),
            "budget": st.none() | st.integers(1, 20_000),
            "limit_total": st.none() | st.integers(1, 3),
            "returns_coupon": st.booleans(),
        }
    ),
    min_size=1,
    max_size=3,
)
ORDERS = st.lists(
    st.tuples(
        st.lists(
            st.builds(Line, st.sampled_from("ab"), st.integers(0, 3_000), st.integers(1, 4)), min_size=1, max_size=4
        ),
        st.sets(st.integers(0, 2), min_size=1),
        st.sampled_from(["drop", "pay", "pay", "pay and return", "pay and return all", "pay and return"]),
        st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4)), max_size=4),
    ),
    max_size=6,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BATCHES, ORDERS)
def test_whatever_is_bought_and_brought_back_every_counter_and_sum_is_exact(shop, planned, orders):
    with transaction.atomic():
        batches = [_batch(**plan) for plan in planned]
        before = [counted(batch) for batch in batches]
        made = [each for each in (_live(shop, batches, *order) for order in orders) if each is not None]
        for batch in batches:
            uses = Use.objects.filter(batch=batch, counts=True)
            assert counted(batch) == (uses.count(), sum(use.amount - use.returned for use in uses))
        for redemption in made:
            _check(redemption)
            if redemption.state != "rolled_back":
                redeeming.roll_back(redemption.pk, shop)
            _check(redemption)
        kept = [
            0 if batch.returns_coupon else Use.objects.filter(batch=batch, counts=True).count() for batch in batches
        ]
        assert [counted(batch) for batch in batches] == [(kept[at], 0) for at in range(len(batches))]
        assert before == [(0, 0)] * len(batches)
        transaction.set_rollback(True)


def _batch(gives: dict[str, object], **plan: object) -> CouponBatch:
    return CouponBatchFactory(**gives, **plan, limit_person=None)


def _live(shop, batches, lines, which, ending, returns) -> Redemption | None:
    """An order from validating to its end; None where no coupon works, and then nothing may have changed."""
    order = Order("order", "CNY", tuple(lines))
    codes = [batches[index].shared_code for index in sorted(which) if index < len(batches)]
    quote = redeeming.validate(shop, "li", codes, order) if codes else None
    if quote is None:
        return None
    for line, discount in zip(order.lines, quote.discounts, strict=True):
        assert 0 <= discount <= line.amount
    counts = [counted(batch) for batch in batches]
    if quote.refusals:
        with pytest.raises(CannotRedeem) as refused:
            redeeming.reserve(shop, "li", codes, order)
        assert refused.value.refusals == quote.refusals
        assert [counted(batch) for batch in batches] == counts
        return None
    made = redeeming.reserve(shop, "li", codes, order)
    assert made.discount == quote.discount
    if ending == "drop":
        redeeming.roll_back(made.pk, shop)
        assert [counted(batch) for batch in batches] == counts
        made.refresh_from_db()
        return made
    redeeming.commit(made.pk, shop)
    if ending != "pay":
        _bring_back(shop, made, returns)
    if ending == "pay and return all":
        redeeming.roll_back(made.pk, shop)
    made.refresh_from_db()
    return made


def _bring_back(shop: Platform, made: Redemption, returns: list[tuple[int, int]]) -> None:
    for line, units in returns:
        try:
            back = refunding.refund(made.pk, shop, [Wanted(units, line=line)])
        except (CannotRefund, NotPaid):
            continue
        assert back.amount >= 0
        assert back.discount >= 0


def _check(redemption: Redemption) -> None:
    """What went back is never more than was paid, and all of it once everything went back."""
    redemption.refresh_from_db()
    refunds = list(redemption.refunds.all())
    money, discount = sum(each.amount for each in refunds), sum(each.discount for each in refunds)
    assert money == redemption.refunded
    assert money <= redemption.amount - redemption.discount
    assert discount == sum(use.returned for use in redemption.uses.all())
    was_paid = redemption.state == "committed" or refunds
    if redemption.state == "rolled_back" and was_paid:
        assert (money, discount) == (redemption.amount - redemption.discount, redemption.discount)


def test_a_coupon_that_has_ended_meanwhile_comes_back_ended(shop):
    coupon = CouponFactory(code="SHORT")
    order = paid(shop, "SHORT")
    Coupon.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    redeeming.roll_back(order.pk, shop)
    coupon.refresh_from_db()
    assert not coupon.is_used
    assert redeeming.validate(shop, "li", ["SHORT"], ORDER).refusals[0].reason is Reason.EXPIRED

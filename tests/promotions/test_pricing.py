"""What coupons take off an order."""

from hypothesis import given
from hypothesis import strategies as st

from promotions.pricing.allocation import shared_out, unit_amounts
from promotions.pricing.benefits import Benefit, BenefitKind
from promotions.pricing.order import Line, Order
from promotions.pricing.stacking import BelowMinimum, Claim, NotApplicable, NotStackable, apply

MONEY = st.integers(0, 10**9)
LINES = st.lists(st.builds(Line, st.just("i"), MONEY, st.integers(1, 20)), min_size=1, max_size=8)


@st.composite
def benefits(draw) -> Benefit:
    kind = draw(st.sampled_from(BenefitKind))
    if kind is BenefitKind.PERCENT:
        return Benefit(kind, draw(st.integers(1, 10_000)), draw(st.none() | st.integers(1, 10**9)))
    if kind is BenefitKind.AMOUNT:
        return Benefit(kind, draw(st.integers(1, 10**9)))
    value = 0 if kind is BenefitKind.FREE_ITEM else draw(MONEY)
    return Benefit(kind, value, units=draw(st.none() | st.integers(1, 30)))


@st.composite
def orders_with_claims(draw) -> tuple[Order, list[Claim]]:
    order = Order("o", "CNY", tuple(draw(LINES)))
    indexes = st.lists(st.integers(0, len(order.lines) - 1), unique=True).map(tuple)
    claims = [
        Claim(
            code=str(number),
            benefit=draw(benefits()),
            lines=draw(indexes),
            rank=draw(st.integers(0, 2)),
            minimum=draw(st.integers(0, 10**9)),
            group=draw(st.sampled_from(["", "a", "b"])),
            is_exclusive=draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 5)))
    ]
    return order, claims


def order_of(*prices: int, quantity: int = 1) -> Order:
    return Order("o", "CNY", tuple(Line(str(index), price, quantity) for index, price in enumerate(prices)))


def taken_off(order: Order, benefit: Benefit) -> tuple[int, ...]:
    applied, _ = apply(order, [Claim("c", benefit, tuple(range(len(order.lines))))])
    return applied[0].discounts


@given(st.lists(MONEY, min_size=1, max_size=20), st.data())
def test_parts_sum_to_the_whole_and_none_is_larger_than_its_weight(weights, data):
    total = data.draw(st.integers(0, sum(weights)))
    parts = shared_out(total, weights)
    assert sum(parts) == total
    assert all(0 <= part <= weight for part, weight in zip(parts, weights))
    exact = [total * weight / max(sum(weights), 1) for weight in weights]
    assert all(abs(part - share) <= 1 + 1e-6 * share for part, share in zip(parts, exact))


@given(MONEY, st.integers(1, 50))
def test_the_units_of_a_line_sum_to_it(amount, quantity):
    units = unit_amounts(amount, quantity)
    assert len(units) == quantity
    assert sum(units) == amount
    assert units[0] - units[-1] <= 1


@given(orders_with_claims())
def test_discounts_are_never_negative_and_never_above_what_a_line_costs(case):
    order, claims = case
    applied, unusable = apply(order, claims)
    assert {each.code for each in applied} | {each.code for each in unusable} == {claim.code for claim in claims}
    assert len(applied) + len(unusable) == len(claims)
    for index, line in enumerate(order.lines):
        assert 0 <= sum(each.discounts[index] for each in applied) <= line.amount
    lines_of = {claim.code: claim.lines for claim in claims}
    for each in applied:
        assert each.amount > 0
        assert all(discount >= 0 for discount in each.discounts)
        assert all(not discount or index in lines_of[each.code] for index, discount in enumerate(each.discounts))


@given(orders_with_claims())
def test_what_counts_together_may_count_together(case):
    order, claims = case
    applied, _ = apply(order, claims)
    counting = [claim for claim in claims if claim.code in {each.code for each in applied}]
    assert len(counting) <= 1 or not any(claim.is_exclusive for claim in counting)
    groups = [claim.group for claim in counting if claim.group]
    assert len(groups) == len(set(groups))


@given(orders_with_claims(), st.randoms())
def test_the_order_in_which_codes_are_given_changes_nothing(case, random):
    order, claims = case
    shuffled = random.sample(claims, len(claims))
    assert apply(order, shuffled)[0] == apply(order, claims)[0]


def test_a_share_is_rounded_half_up_and_capped():
    assert taken_off(order_of(25), Benefit(BenefitKind.PERCENT, 1_000)) == (3,)
    assert taken_off(order_of(10_000, 5_000), Benefit(BenefitKind.PERCENT, 2_000, cap=1_500)) == (1_000, 500)


def test_an_amount_is_shared_out_to_the_last_unit():
    assert taken_off(order_of(100, 100, 100), Benefit(BenefitKind.AMOUNT, 100)) == (34, 33, 33)
    assert taken_off(order_of(30, 20), Benefit(BenefitKind.AMOUNT, 99)) == (30, 20)


def test_a_fixed_price_is_for_the_dearest_units_and_raises_none():
    assert taken_off(order_of(900, 500, 50), Benefit(BenefitKind.FIXED_PRICE, 100)) == (800, 400, 0)
    assert taken_off(order_of(900, 500, 50), Benefit(BenefitKind.FIXED_PRICE, 100, units=1)) == (800, 0, 0)
    assert taken_off(order_of(900, quantity=3), Benefit(BenefitKind.FIXED_PRICE, 100, units=2)) == (1_600,)


def test_the_free_item_is_the_cheapest_that_costs_something():
    assert taken_off(order_of(900, 0, 200), Benefit(BenefitKind.FREE_ITEM, 0, units=1)) == (0, 0, 200)


def test_a_later_coupon_counts_from_what_is_left():
    order = order_of(10_000)
    half, tenth = Benefit(BenefitKind.PERCENT, 5_000), Benefit(BenefitKind.AMOUNT, 6_000)
    applied, _ = apply(order, [Claim("b", tenth, (0,), rank=2), Claim("a", half, (0,), rank=1)])
    assert [(each.code, each.amount) for each in applied] == [("a", 5_000), ("b", 5_000)]


def test_why_a_coupon_cannot_count_is_said():
    order, benefit = order_of(1_000, 500), Benefit(BenefitKind.AMOUNT, 100)
    claims = [
        Claim("1", benefit, (0,), group="a"),
        Claim("2", benefit, (1,), group="a"),
        Claim("3", benefit, ()),
        Claim("4", benefit, (1,), minimum=900),
    ]
    _, unusable = apply(order, claims)
    same_group, nowhere, below = unusable
    assert isinstance(same_group, NotStackable)
    assert same_group.beside == "1"
    assert isinstance(nowhere, NotApplicable)
    assert isinstance(below, BelowMinimum)
    assert below.missing == 400


def test_an_exclusive_coupon_goes_with_no_other_wherever_it_stands():
    order, benefit = order_of(1_000), Benefit(BenefitKind.AMOUNT, 100)
    for first_is_exclusive in (True, False):
        claims = [
            Claim("1", benefit, (0,), is_exclusive=first_is_exclusive),
            Claim("2", benefit, (0,), is_exclusive=not first_is_exclusive),
        ]
        applied, unusable = apply(order, claims)
        assert [each.code for each in applied] == ["1"]
        assert [type(each) for each in unusable] == [NotStackable]

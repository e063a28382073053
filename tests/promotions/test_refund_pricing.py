"""What goes back of an order, however its returns are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promotions.pricing.order import Line, Order
from promotions.pricing.refunds import Bought, TooMany, returned, together
from promotions.pricing.stacking import apply
from tests.promotions.test_pricing import orders_with_claims


@st.composite
def lines_cut_into_returns(draw) -> tuple[Bought, list[int]]:
    """A line of an order that coupons made cheaper, and in how many units at a time all of it comes back."""
    order, claims = draw(orders_with_claims())
    applied, _ = apply(order, claims)
    index = draw(st.integers(0, len(order.lines) - 1))
    line = order.lines[index]
    bought = Bought(line.price, line.quantity, tuple(each.discounts[index] for each in applied))
    cuts: list[int] = []
    while sum(cuts) < line.quantity:
        cuts.append(draw(st.integers(1, line.quantity - sum(cuts))))
    return bought, cuts


@given(lines_cut_into_returns())
def test_all_returns_together_are_exactly_what_was_paid(case):
    line, cuts = case
    parts = []
    for units in cuts:
        parts.append(returned(line, together(parts, line), units))
    back = together(parts, line)
    assert (back.units, back.amount, back.discounts) == (line.units, line.paid, line.discounts)
    assert all(part.amount >= 0 and min(part.discounts, default=0) >= 0 for part in parts)
    assert all(part.amount + part.discount == line.price * part.units for part in parts)


@given(lines_cut_into_returns())
def test_what_goes_back_does_not_depend_on_how_returns_were_cut(case):
    line, cuts = case
    parts, units = [], 0
    for more in cuts:
        parts.append(returned(line, together(parts, line), more))
        units += more
        at_once, bit_by_bit = returned(line, line.nothing, units), together(parts, line)
        assert (at_once.amount, at_once.discount) == (bit_by_bit.amount, bit_by_bit.discount)


def test_a_unit_has_its_share_of_the_discount_and_halves_go_to_the_person_first():
    line = Bought(1_000, 3, (100,))
    parts = []
    for _unit in range(3):
        parts.append(returned(line, together(parts, line), 1))
    assert [part.amount for part in parts] == [967, 967, 966]
    assert [part.discount for part in parts] == [33, 33, 34]


def test_no_more_goes_back_than_was_bought():
    line = Bought(1_000, 3, (100,))
    with pytest.raises(TooMany) as refused:
        returned(line, returned(line, line.nothing, 2), 2)
    assert refused.value.left == 1


def test_an_order_of_the_whole_discount_pays_nothing_back():
    order = Order("o", "CNY", (Line("a", 1, 2),))
    line = Bought(1, 2, (1, 1))
    parts = [returned(line, line.nothing, 1)]
    parts.append(returned(line, parts[0], 1))
    assert order.amount == sum(part.discount for part in parts)
    assert [part.amount for part in parts] == [0, 0]

"""Forecasts of batches: right about as often as they say, wide where little is known, and within the limits."""

import numpy as np
import pytest

from promotions.forecasting import PastBatch, fit_beta, forecast

PEOPLE = 20_000


def planted(random: np.random.Generator, batches: int) -> list[PastBatch]:
    """Batches whose shares vary around a tenth far more than chance makes them."""
    shares = random.beta(8, 72, batches)
    return [PastBatch(PEOPLE, int(random.binomial(PEOPLE, share))) for share in shares]


def test_nine_in_ten_of_planted_batches_lie_within_the_range():
    random = np.random.default_rng(5)
    inside_uses = inside_money = 0
    for seed in range(100):
        *past, new = planted(random, 25)
        prices = random.gamma(4, 500, 200)
        spent = float(random.gamma(4, 500, new.uses).sum())
        found = forecast(PEOPLE, past, list(prices), seed=seed)
        inside_uses += found.uses.low <= new.uses <= found.uses.high
        inside_money += found.money.low <= spent <= found.money.high
    assert 82 <= inside_uses <= 98
    assert 82 <= inside_money <= 98


def test_fitting_finds_the_planted_spread_and_not_the_noise_of_counting():
    random = np.random.default_rng(1)
    shares = random.beta(8, 72, 3_000)
    few = np.full(3_000, 60.0)
    rates = random.binomial(60, shares) / 60
    a, b = fit_beta(rates, few)
    assert a / (a + b) == pytest.approx(0.1, abs=0.005)
    assert a + b == pytest.approx(80, rel=0.25)


def test_fewer_batches_make_a_wider_range():
    past = [PastBatch(1_000, uses) for uses in (60, 140, 90)]
    few, many = forecast(1_000, past, [100.0]), forecast(1_000, past * 10, [100.0])
    assert few.uses.high - few.uses.low > many.uses.high - many.uses.low


def test_without_a_past_it_is_a_guess_and_says_so():
    found = forecast(1_000, [], [500.0])
    assert found.is_guess
    assert found.uses.low < 20
    assert found.uses.high > 66


def test_limits_hold_and_how_likely_they_are_reached_is_told():
    past = [PastBatch(1_000, uses) for uses in (80, 100, 120, 100)]
    by_uses, by_money = forecast(1_000, past, [200.0], limit=50), forecast(1_000, past, [200.0], budget=4_000)
    assert by_uses.uses.high == 50
    assert by_money.money.high <= 4_000
    assert by_money.uses.high <= 20
    assert min(by_uses.limit_reached, by_money.limit_reached) > 0.9
    assert forecast(1_000, past, [200.0], limit=900).limit_reached == 0


def test_orders_that_it_does_not_apply_to_cost_nothing_and_nobody_is_expected_of_nobody():
    past = [PastBatch(1_000, 100)] * 4
    assert forecast(1_000, past, [0.0, 300.0]).taken_off == 300
    assert forecast(0, past, [300.0]).money.high == 0
    assert forecast(1_000, past, []).money.high == 0

"""What a batch of coupons will cost, told from how earlier ones went. No Django here.

Of everybody who could use a coupon, the share that does differs from batch to batch far more than chance alone makes
it. So the share of a new batch is drawn from a Beta distribution fitted to earlier ones by moments (the noise of
counting taken out), each time to batches drawn anew from them, so that few make a wide range. Uses follow as a
binomial, money from what the coupon takes off orders of the past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DRAWS = 4_000
FITS = 200
"""Draws are shared out over so many fits, each to other batches."""
ENOUGH_BATCHES = 3
"""With fewer there is nothing to fit, and `GUESS` says what is assumed."""
GUESS = (0.8, 11.2)
"""Beta parameters: a fifteenth uses a coupon, 90 of 100 times between a five hundredth and a fifth."""
LEVEL = 0.9
MOST_CERTAIN = 5_000.0
"""A fit is never taken for surer than having seen so many people."""


@dataclass(frozen=True, slots=True)
class PastBatch:
    """An earlier batch that neither limit nor budget cut short: people who could use it, and uses."""

    people: int
    uses: int


@dataclass(frozen=True, slots=True)
class Range:
    """What to expect on average, and the bounds between which it lies 90 times out of 100."""

    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """uses: times. money: what is taken off in all, in minor units. taken_off: of one order.

    is_guess: there were too few earlier batches (`batches`) to learn from. orders: orders that money was told from.
    limit_reached: how probably the batch ends by its limit or budget.
    """

    uses: Range
    money: Range
    taken_off: float
    share: Range
    batches: int
    orders: int
    is_guess: bool
    limit_reached: float


def forecast(
    people: int,
    past: Sequence[PastBatch],
    discounts: Sequence[float],
    limit: int | None = None,
    budget: int | None = None,
    seed: int = 0,
) -> Forecast:
    """What a batch that `people` could use once each will come to.

    discounts: what it would take off each of some orders of the past, in minor units (0: it would not apply, so that
    nobody would have used it there). limit, budget: most uses and most minor units. Same question, same answer.
    """
    random = np.random.default_rng(seed)
    usable = [each for each in past if each.people > 0]
    is_guess = len(usable) < ENOUGH_BATCHES
    shares = random.beta(*GUESS, DRAWS) if is_guess else _shares(usable, random)
    wanted = random.binomial(people, shares).astype(float)
    taken = np.array([each for each in discounts if each > 0], dtype=float)
    mean, spread = (float(taken.mean()), float(taken.std())) if taken.size else (0.0, 0.0)
    uses = wanted if limit is None else np.minimum(wanted, limit)
    # The mean of n orders, plus how unsure the mean of the past itself is.
    error = spread * np.sqrt(1 / np.maximum(uses, 1) + 1 / max(taken.size, 1))
    each = np.clip(mean + error * random.standard_normal(DRAWS), 0, None)
    money = uses * each
    if budget is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            within = np.where(each > 0, budget / each, np.inf)
        uses, money = np.minimum(uses, np.floor(within)), np.minimum(money, budget)
    stopped = uses < wanted if limit is not None or budget is not None else np.zeros(DRAWS, bool)
    return Forecast(
        _range(uses), _range(money), mean, _range(shares), len(usable), int(taken.size), is_guess, float(stopped.mean())
    )


def _shares(past: Sequence[PastBatch], random: np.random.Generator) -> np.ndarray:
    """Shares of a new batch, shape (DRAWS,): from a fit for each resampling of the earlier ones."""
    people = np.array([each.people for each in past], dtype=float)
    rates = np.array([min(each.uses / each.people, 1.0) for each in past])
    drawn = []
    for _fit in range(FITS):
        chosen = random.integers(0, len(past), len(past))
        drawn.append(random.beta(*fit_beta(rates[chosen], people[chosen]), DRAWS // FITS))
    return np.concatenate(drawn)


def fit_beta(rates: np.ndarray, people: np.ndarray) -> tuple[float, float]:
    """Parameters of the Beta distribution that shares come from, by moments; both arrays of shape (batches,).

    The variance between batches is what is seen less what counting so many people alone would make.
    """
    mean = float(np.clip(rates.mean(), 1e-6, 1 - 1e-6))
    seen = float(rates.var(ddof=1)) if len(rates) > 1 else 0.0
    by_chance = float(np.mean(mean * (1 - mean) / people))
    between = max(seen - by_chance, mean * (1 - mean) / MOST_CERTAIN)
    certainty = float(np.clip(mean * (1 - mean) / between - 1, 0.5, MOST_CERTAIN))
    return mean * certainty, (1 - mean) * certainty


def _range(values: np.ndarray) -> Range:
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Range(float(values.mean()), float(low), float(high))

"""What a lottery would give, before anybody draws: many draws by made-up people."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from campaigns.fairness.drawing import BITS, pick
from campaigns.fairness.odds import Standing, table_for
from campaigns.fairness.terms import NOTHING, Terms


@dataclass
class Outcome:
    """What came of one simulation.

    won: how often each key was drawn. sold_out: after how many draws each prize was gone, of those that were. points:
    given in all.
    """

    draws: int
    won: Counter[int] = field(default_factory=Counter)
    sold_out: dict[int, int] = field(default_factory=dict)
    points: int = 0


def simulate(terms: Terms, draws: int, people: int, draws_a_day: int, seed: int = 0) -> Outcome:
    """So many draws, by people chosen at random, so many a day."""
    random = np.random.default_rng(seed)
    entrants = random.integers(people, size=draws).tolist()
    places = random.integers(0, 2**62, size=draws).tolist()
    points_of = {prize.key: prize.points for prize in terms.prizes}
    stock = {prize.key: prize.stock for prize in terms.prizes if prize.stock is not None}
    outcome = Outcome(draws)
    today: Counter[int] = Counter()
    to: dict[int, Counter[int]] = {}
    misses: Counter[int] = Counter()
    for n, (entrant, place) in enumerate(zip(entrants, places, strict=True)):
        if n % draws_a_day == 0:
            today = Counter()
        own = to.setdefault(entrant, Counter())
        standing = Standing(outcome.won, today, own, outcome.points, misses[entrant])
        key = pick(table_for(terms, standing), place << (BITS - 62))
        outcome.won[key] += 1
        if key == NOTHING:
            misses[entrant] += 1
            continue
        misses[entrant] = 0
        today[key] += 1
        own[key] += 1
        outcome.points += points_of[key]
        if outcome.won[key] == stock.get(key):
            outcome.sold_out[key] = n + 1
    return outcome

"""Which offers to make: the most expected margin under a budget, one offer to a person, nothing below the floor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BISECTIONS = 60


@dataclass(frozen=True)
class Terms:
    """What limits offers. First dimension: candidates, pairs of a person and a course; shares are from 0 to 1.

    person: (candidates,) a number for each person. price: minor units. cost: share of the list price that a sale costs.
    least, most: bounds of discounts. floor: share of the list price that a sale must leave.
    """

    person: np.ndarray
    price: np.ndarray
    cost: np.ndarray
    least: np.ndarray
    most: np.ndarray
    floor: float

    def allowed(self, levels: np.ndarray) -> np.ndarray:
        """(candidates, levels): which levels may be given; nothing (level 0) always."""
        shares = levels[None, :]
        inside = (shares >= self.least[:, None]) & (shares <= self.most[:, None])
        return (inside & (1.0 - self.cost[:, None] - shares >= self.floor - 1e-12)) | (shares == 0)


@dataclass(frozen=True)
class Plan:
    """level: (candidates,) index of the chosen level, 0 for nothing. gain, spend: of all levels, in minor units."""

    level: np.ndarray
    gain: np.ndarray
    spend: np.ndarray

    @property
    def cost(self) -> float:
        """What is expected to be taken off in all."""
        return float(self.spend[np.arange(len(self.level)), self.level].sum())

    @property
    def margin(self) -> float:
        """What is expected to be earned beyond offering nothing."""
        return float(self.gain[np.arange(len(self.level)), self.level].sum())


def worth(chances: np.ndarray, levels: np.ndarray, terms: Terms) -> tuple[np.ndarray, np.ndarray]:
    """Of each candidate at each level: expected margin beyond that of offering nothing, and what is taken off."""
    left = terms.price[:, None] * (1.0 - terms.cost[:, None] - levels[None, :])
    margin = chances * left
    return margin - margin[:, :1], chances * terms.price[:, None] * levels[None, :]


def allocate(chances: np.ndarray, levels: np.ndarray, terms: Terms, budget: float) -> Plan:
    """The plan with the most expected gain that is expected to take off no more than the budget.

    It is a knapsack with one choice for each person. Its Lagrangian is solved by bisection over the price of money;
    what that leaves of the budget is filled by the next best, so that the plan is at most one person's offer away from
    the best (Sinha and Zoltners, "The Multiple-Choice Knapsack Problem", Operations Research 27(3), 1979).
    """
    gain, spend = worth(chances, levels, terms)
    gain = np.where(terms.allowed(levels), gain, -np.inf)
    low, high = 0.0, 1.0
    plan = _at_price(0.0, gain, spend, terms.person)
    if _spent(plan, spend) > budget:
        while _spent(_at_price(high, gain, spend, terms.person), spend) > budget:
            low, high = high, high * 2
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            if _spent(_at_price(middle, gain, spend, terms.person), spend) > budget:
                low = middle
            else:
                high = middle
        plan = _at_price(high, gain, spend, terms.person)
        plan = _filled(plan, _at_price(low, gain, spend, terms.person), gain, spend, terms.person, budget)
    return Plan(plan, gain, spend)


def best_of_person(value: np.ndarray, person: np.ndarray) -> np.ndarray:
    """The position of each person's best candidate, by person in ascending order."""
    order = np.lexsort((-value, person))
    first = np.ones(len(order), bool)
    first[1:] = person[order][1:] != person[order][:-1]
    found: np.ndarray = order[first]
    return found


def _at_price(price: float, gain: np.ndarray, spend: np.ndarray, person: np.ndarray) -> np.ndarray:
    """Each person's best offer where each unit of money costs `price` besides."""
    value = gain - price * spend
    level = value.argmax(axis=1)
    best = best_of_person(value[np.arange(len(level)), level], person)
    chosen = np.zeros(len(level), np.int64)
    chosen[best] = level[best]
    return chosen


def _spent(level: np.ndarray, spend: np.ndarray) -> float:
    return float(spend[np.arange(len(level)), level].sum())


def _filled(
    plan: np.ndarray, richer: np.ndarray, gain: np.ndarray, spend: np.ndarray, person: np.ndarray, budget: float
) -> np.ndarray:
    """The plan with persons' offers of a richer one, those first that earn most for their money, while they fit."""
    filled = plan.copy()
    left = budget - _spent(plan, spend)
    rows = np.arange(len(plan))
    own = np.unique(person[(richer != plan)])
    at = np.searchsorted(own, person)
    inside = (at < len(own)) & (own[np.minimum(at, max(len(own) - 1, 0))] == person) if len(own) else np.zeros(0, bool)
    if not len(own):
        return filled
    more_gain, more_spend = np.zeros(len(own)), np.zeros(len(own))
    change_gain = gain[rows, richer] - gain[rows, plan]
    change_spend = spend[rows, richer] - spend[rows, plan]
    np.add.at(more_gain, at[inside], change_gain[inside])
    np.add.at(more_spend, at[inside], change_spend[inside])
    for one in np.argsort(-more_gain / np.maximum(more_spend, 1e-9)):
        if more_gain[one] > 0 and more_spend[one] <= left:
            mine = person == own[one]
            filled[mine] = richer[mine]
            left -= more_spend[one]
    return filled

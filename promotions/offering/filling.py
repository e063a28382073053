"""Choices at a price of money, and filling what a choice leaves of a budget."""

from dataclasses import dataclass

import numpy as np

from promotions.offering.ladder import Float64Array, IntArray

ROUNDS = 1_000
LITTLE = 1e-300


@dataclass(frozen=True)
class Ranked:
    """A problem of `budgeting.allocate`. gains: (n, L), -inf where not allowed, 0 for nothing. persons: from 0 on."""

    gains: Float64Array
    costs: Float64Array
    persons: IntArray
    at_most: int

    def gain_of(self, levels: IntArray) -> float:
        """What these steps earn."""
        return float(self.gains[np.arange(len(levels)), levels].sum())

    def cost_of(self, levels: IntArray) -> float:
        """What these steps cost."""
        return float(self.costs[np.arange(len(levels)), levels].sum())

    def bound_of(self, levels: IntArray, price: float, budget: float) -> float:
        """What no choice within the budget exceeds; levels: `choice_at` of this price."""
        return self.gain_of(levels) + price * (budget - self.cost_of(levels))

    def bound_at(self, price: float, budget: float) -> float:
        """The same, choosing first."""
        return self.bound_of(choice_at(self, price), price, budget)


def ranked(gains: Float64Array, costs: Float64Array, persons: IntArray, at_most: int) -> Ranked:
    """The problem with nothing, the first step, always allowed."""
    gains = gains.copy()
    gains[:, :1] = 0.0
    return Ranked(gains, costs, persons, at_most)


def choice_at(problem: Ranked, price: float) -> IntArray:
    """The best steps where each unit of money costs `price` besides, for each person by itself; int64 (n,)."""
    value = problem.gains - price * problem.costs
    levels = value.argmax(axis=1)
    best = value[np.arange(len(levels)), levels]
    levels[_beyond(best, problem.persons, problem.at_most)] = 0
    return levels


def filled(problem: Ranked, levels: IntArray, richer: IntArray, budget: float) -> IntArray:
    """Steps with those of a richer choice, person by person, and then the best single changes, while they fit."""
    levels = _persons_taken_over(problem, levels, richer, budget)
    rows = np.arange(len(levels))
    offers = np.bincount(problem.persons[levels > 0], minlength=int(problem.persons.max(initial=-1)) + 1)
    for _ in range(ROUNDS):
        left = budget - problem.cost_of(levels)
        more_gain = problem.gains - problem.gains[rows, levels][:, None]
        more_cost = problem.costs - problem.costs[rows, levels][:, None]
        may = (more_cost <= left) & (more_gain > 0)
        may &= ((levels > 0) | (offers[problem.persons] < problem.at_most))[:, None]
        if not may.any():
            break
        row, level = np.unravel_index(np.where(may, more_gain, -np.inf).argmax(), may.shape)
        offers[problem.persons[row]] += int(levels[row] == 0)
        levels[row] = level
    while problem.cost_of(levels) > budget:  # sums that were rounded
        levels[np.flatnonzero(levels)[-1]] = 0
    return levels


def _persons_taken_over(problem: Ranked, levels: IntArray, richer: IntArray, budget: float) -> IntArray:
    rows, n_persons = np.arange(len(levels)), int(problem.persons.max(initial=-1)) + 1
    gain = problem.gains[rows, richer] - problem.gains[rows, levels]
    cost = problem.costs[rows, richer] - problem.costs[rows, levels]
    gain_of = np.bincount(problem.persons, weights=gain, minlength=n_persons)
    cost_of = np.bincount(problem.persons, weights=cost, minlength=n_persons)
    found, left, takes = levels.copy(), budget - problem.cost_of(levels), np.zeros(n_persons, bool)
    candidates = np.flatnonzero(gain_of > 0)
    for person in candidates[np.argsort(-gain_of[candidates] / np.maximum(cost_of[candidates], LITTLE))]:
        if cost_of[person] <= left:
            takes[person] = True
            left -= cost_of[person]
    own = takes[problem.persons]
    found[own] = richer[own]
    return found


def _beyond(best: Float64Array, persons: IntArray, at_most: int) -> np.ndarray:
    """Which rows are not among the best `at_most` of their person; bool (n,)."""
    order = np.lexsort((-best, persons))
    sorted_persons = persons[order]
    first = np.searchsorted(sorted_persons, sorted_persons)
    beyond = np.empty(len(best), bool)
    beyond[order] = np.arange(len(best)) - first >= at_most
    return beyond

"""Which offers to make: the most expected gain under a budget, by a solver that tells how far from the best it may be.

It is a knapsack with one choice for each pair and so many offers for each person. Small ones are solved exactly, as an
integer program, by HiGHS (Huangfu and Hall, "Parallelizing the dual revised simplex method", 2018). Large ones by their
Lagrangian: where each unit of money costs `price` besides, everybody's best choice is found by itself, and the price at
which the budget is just kept is found by bisection; what is left of the budget is then filled by what earns most for
its money (Sinha and Zoltners, "The Multiple-Choice Knapsack Problem", Operations Research 27(3), 1979). For every price
the Lagrangian is an upper bound; the least of them is the bound of the linear relaxation, and `Allocation.gap` tells
how far below it the offers are.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from promotions.offering.filling import Ranked, choice_at, filled, ranked
from promotions.offering.ladder import Float64Array, IntArray, UnusableOffers

BISECTIONS = 100
CLOSE = 1e-12
EXACT_UP_TO = 2_000
"""So many cells of gains that earn something are given to the exact solver."""
SECONDS = 10.0
"""So long the exact solver may take; what the other found stands then."""
ROUNDING = 1e-9


@dataclass(frozen=True)
class Allocation:
    """levels: int64 (n,), the step of each row, 0 for nothing. gain, cost: expected, in the units of what was given.

    bound: no choice whatever within the budget earns more. price: what one more unit of money would about earn.
    is_exact: found by the exact solver, which proved that none is better.
    """

    levels: IntArray
    gain: float
    cost: float
    bound: float
    price: float
    is_exact: bool

    @property
    def gap(self) -> float:
        """How far below the bound it may be, as a share of the bound; 0 where there is nothing to earn."""
        return 0.0 if self.bound <= 0 else max(0.0, (self.bound - self.gain) / self.bound)


def allocate(
    gains: Float64Array,
    costs: Float64Array,
    budget: float,
    allowed: np.ndarray | None = None,
    persons: IntArray | None = None,
    at_most: int = 1,
    *,
    exact_up_to: int = EXACT_UP_TO,
) -> Allocation:
    """Choose a step for each of n rows.

    gains: (n, L), what each step is expected to earn beyond the first, nothing, whose column is 0. costs: (n, L), at
    least 0. budget: of all costs together. allowed: bool (n, L), what may be chosen; None: all. persons: int64 (n,),
    whose row it is, who gets `at_most` offers in all; None: each row is a person. exact_up_to: see `EXACT_UP_TO`.
    Raises `UnusableOffers` for columns that do not fit.
    """
    gains, costs = np.asarray(gains, float), np.asarray(costs, float)
    persons = np.arange(len(gains)) if persons is None else np.unique(persons, return_inverse=True)[1]
    allowed = np.ones(gains.shape, bool) if allowed is None else np.asarray(allowed, bool)
    _check(gains, costs, budget, allowed, persons, at_most)
    useful = allowed & (gains > 0)
    useful[:, 0] = False
    problem = ranked(np.where(useful, gains, -np.inf), costs, persons, at_most)
    levels, bound, price = _by_price(problem, budget)
    is_exact = False
    if 0 < useful.sum() <= exact_up_to:
        better = _exactly(gains, costs, budget, useful, persons, at_most)
        if better is not None and problem.gain_of(better) >= problem.gain_of(levels) - ROUNDING:
            levels, is_exact = better, True
    return Allocation(levels, problem.gain_of(levels), problem.cost_of(levels), bound, price, is_exact)


def _check(
    gains: Float64Array, costs: Float64Array, budget: float, allowed: np.ndarray, persons: IntArray, at_most: int
) -> None:
    if gains.ndim != 2 or not gains.shape == costs.shape == allowed.shape or len(persons) != len(gains):
        raise UnusableOffers("Gains, costs and what is allowed have the same rows and steps, and each row one person.")
    if not (np.isfinite(gains).all() and np.isfinite(costs).all()) or (costs < 0).any():
        raise UnusableOffers("Gains and costs must be finite, and costs 0 or more.")
    if gains.shape[1] < 1 or gains[:, :1].any() or costs[:, :1].any():
        raise UnusableOffers("The first step offers nothing: it earns nothing and costs nothing.")
    if not budget >= 0 or at_most < 0:
        raise UnusableOffers("A budget and a number of offers are 0 or more.")


def _by_price(problem: Ranked, budget: float) -> tuple[IntArray, float, float]:
    """Levels within the budget, the least bound found, and the price of money."""
    free = choice_at(problem, 0.0)
    if problem.cost_of(free) <= budget:
        return free, problem.gain_of(free), 0.0
    low, high = 0.0, 1.0
    thrifty = choice_at(problem, high)
    while problem.cost_of(thrifty) > budget:
        low, high = high, high * 4
        thrifty = choice_at(problem, high)
    bound = min(problem.bound_at(price, budget) for price in (0.0, low, high))
    for _ in range(BISECTIONS):
        if high - low <= CLOSE * high:
            break
        middle = (low + high) / 2
        found = choice_at(problem, middle)
        bound = min(bound, problem.bound_of(found, middle, budget))
        if problem.cost_of(found) > budget:
            low = middle
        else:
            high, thrifty = middle, found
    levels = filled(problem, thrifty, choice_at(problem, low), budget)
    return levels, max(bound, problem.gain_of(levels)), high


def _exactly(
    gains: Float64Array, costs: Float64Array, budget: float, useful: np.ndarray, persons: IntArray, at_most: int
) -> IntArray | None:
    """The best choice there is, by integer programming; None where it was not proved in time."""
    rows, steps = np.nonzero(useful)
    each = np.arange(len(rows))
    cost = costs[rows, steps]
    scale = max(budget, float(cost.max()), 1e-300)
    spent = sparse.csr_matrix(cost[None, :] / scale)
    one = sparse.csr_matrix((np.ones(len(rows)), (rows, each)), shape=(len(gains), len(rows)))
    of_person = sparse.csr_matrix((np.ones(len(rows)), (persons[rows], each)), shape=(persons.max() + 1, len(rows)))
    limits = [LinearConstraint(spent, -np.inf, budget / scale), LinearConstraint(one, -np.inf, 1)]
    limits.append(LinearConstraint(of_person, -np.inf, at_most))
    unit = float(gains[rows, steps].max())
    found = milp(
        -gains[rows, steps] / unit,
        integrality=np.ones(len(rows)),
        bounds=Bounds(0, 1),
        constraints=limits,
        options={"time_limit": SECONDS, "mip_rel_gap": 0.0},
    )
    if found.status != 0 or found.x is None:
        return None
    levels = np.zeros(len(gains), np.int64)
    taken = found.x > 0.5
    levels[rows[taken]] = steps[taken]
    return levels if float(costs[np.arange(len(levels)), levels].sum()) <= budget else None

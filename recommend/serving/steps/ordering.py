"""Who stands where in the list."""

import numpy as np

from recommend.algorithms.interactions import Int32Array, Int64Array
from recommend.placements.rules import Stage
from recommend.serving.lineup import Lineup
from recommend.serving.steps.setting import Setting, Step

LOOKED_AT = 60
"""Diversity looks at so many of the best candidates besides those that fill the list."""

LEAST_LEFT = 1e-9
"""A factor of 0 would make all alike that resemble what is above them."""


def _diverse(lineup: Lineup, setting: Setting) -> Lineup:
    """The list is filled from the top; each course that is taken lowers the scores of those that resemble it.

    The greedy rule of maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998), with factors in place of
    differences, so that it does not matter on which scale scores are.
    """
    size = min(len(lineup), setting.limit + LOOKED_AT)
    rule, facts = setting.rules.diversity, setting.shelf.facts
    places = setting.pool.places[lineup.rows[:size]]
    scores = lineup.scores[:size].copy()
    alike = [
        (codes, max(1 - share, LEAST_LEFT))
        for codes, share in (
            (facts.categories.named[places], rule.category),
            (facts.teachers.named[places], rule.teacher),
        )
        if share > 0
    ]
    order: list[int] = []
    for _place in range(min(setting.limit, size)):
        best = int(scores.argmax())
        order.append(best)
        scores[best] = -np.inf
        for codes, factor in alike:
            if codes[best] >= 0:
                scores[codes == codes[best]] *= factor
    taken = np.zeros(len(lineup), bool)
    taken[order] = True
    return lineup.in_order(np.concatenate([np.array(order, np.int64), np.flatnonzero(~taken)]))


def _limited(lineup: Lineup, setting: Setting) -> Lineup:
    """Pinned courses come first. All that are left keep the limits together, so any part of them does."""
    places = setting.pool.places[lineup.rows]
    first = np.argsort(~np.isin(places, _pinned_places(setting)), kind="stable")
    for codes, most in setting.compiled.limited:
        first = first[_among_first(codes[places[first]], most)]
    return lineup.in_order(np.sort(first))


def _among_first(codes: Int32Array, most: int) -> np.ndarray:
    """Whether each is among the first `most` of its code, bool (k,); -1 is free."""
    by_code = np.argsort(codes, kind="stable")
    ordered = codes[by_code]
    begins = np.searchsorted(ordered, ordered, side="left")
    number = np.empty(len(codes), np.int64)
    number[by_code] = np.arange(len(codes)) - begins
    return (number < most) | (codes < 0)


def _pinned(lineup: Lineup, setting: Setting) -> Lineup:
    """Each pinned course goes to its place, where it is still in the running; the others close up."""
    places = setting.pool.places[lineup.rows]
    found = np.flatnonzero(np.isin(places, _pinned_places(setting))).tolist()
    position_of = {int(places[position]): position for position in found}
    fixed = {place: position_of[course] for place, course in setting.compiled.pins if course in position_of}
    order = [position for position in range(len(lineup)) if position not in fixed.values()]
    for place in sorted(fixed):
        order.insert(place, fixed[place])
    return lineup.in_order(np.array(order, np.int64))


def _pinned_places(setting: Setting) -> Int64Array:
    return np.array([course for _place, course in setting.compiled.pins], np.int64)


diversity = Step(
    Stage.DIVERSITY,
    _diverse,
    lambda setting: setting.rules.diversity.category > 0 or setting.rules.diversity.teacher > 0,
)
limits = Step(Stage.LIMITS, _limited, lambda setting: bool(setting.compiled.limited))
pins = Step(Stage.PINS, _pinned, lambda setting: bool(setting.compiled.pins))

"""Rules of a placement over the courses of one shelf, as columns: worked out once, looked up for each answer."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recommend.algorithms.interactions import Float64Array, Int32Array
from recommend.placements.rules import PlacementRules, Stage, Which
from recommend.serving.catalogue import Catalogue, Shelf

MOST_COMPILED = 200


@dataclass(frozen=True, eq=False)
class Compiled:
    """What rules say of the courses of a shelf; columns have one entry for each, None where a rule has no say.

    offered: bool, may be shown at all. factors: float64, what boosts multiply its score by. members: the keys of
    segments, with the courses, bool, that are for members of them alone. pins: places of the list, counted from 0, and
    the place of the course on the shelf. limited: codes, int32 (-1: free), and how many of one code a list has at most.
    """

    rules: PlacementRules
    offered: np.ndarray | None
    factors: Float64Array | None
    members: tuple[tuple[str, np.ndarray], ...]
    pins: tuple[tuple[int, int], ...]
    limited: tuple[tuple[Int32Array, int], ...]

    @property
    def changes_with_time(self) -> bool:
        """Whether the same person is shown something else merely because time has passed."""
        rules = self.rules
        return (
            (rules.has(Stage.MET) and rules.met.back_after_days is not None)
            or (rules.has(Stage.BOUGHT) and rules.bought.back_after_days is not None)
            or (rules.has(Stage.OFFER) and rules.offer.published_within_days is not None)
            or (rules.has(Stage.FRESHNESS) and rules.freshness.factor > 1)
        )


def compiled(rules: PlacementRules, catalogue: Catalogue, platform_id: int | None) -> Compiled:
    """The rules over a platform's shelf (None: of all), kept with the catalogue."""
    key = (id(rules), platform_id)
    found = catalogue.compiled.get(key)
    if found is None or found.rules is not rules:
        if len(catalogue.compiled) >= MOST_COMPILED:
            catalogue.compiled.clear()
        found = catalogue.compiled[key] = _compile(rules, catalogue.shelf(platform_id), catalogue.platform_ids)
    return found


def _compile(rules: PlacementRules, shelf: Shelf, platform_ids: dict[str, int]) -> Compiled:
    def matching(which: Which, of_any: bool = False) -> np.ndarray:
        return matches(which, shelf, platform_ids, of_any)

    return Compiled(
        rules,
        _offered(rules, shelf, matching) if rules.has(Stage.OFFER) else None,
        _factors(rules, len(shelf.course_ids), matching) if rules.has(Stage.BOOSTS) and rules.boosts else None,
        _members(rules, matching) if rules.has(Stage.MEMBERS) else (),
        _pins(rules, shelf) if rules.has(Stage.PINS) else (),
        _limited(rules, shelf) if rules.has(Stage.LIMITS) else (),
    )


def matches(which: Which, shelf: Shelf, platform_ids: dict[str, int], of_any: bool = False) -> np.ndarray:
    """The courses of the shelf that fit all lists of a selection (or any of them), bool; all (none) for none given."""
    facts = shelf.facts
    found = [
        column.among(names)
        for column, names in (
            (facts.categories, which.categories),
            (facts.kinds, which.kinds),
            (facts.teachers, which.teachers),
            (facts.languages, which.languages),
        )
        if names
    ]
    if which.tags:
        tagged = np.zeros(len(shelf.course_ids), bool)
        for tag in which.tags:
            tagged[facts.of_tag.get(tag, [])] = True
        found.append(tagged)
    if which.platforms:
        found.append(np.isin(facts.platforms, [platform_ids.get(slug, -1) for slug in which.platforms]))
    if which.courses:
        chosen = np.zeros(len(shelf.course_ids), bool)
        chosen[shelf.places(which.courses)] = True
        found.append(chosen)
    if not found:
        return np.full(len(shelf.course_ids), not of_any)
    return np.logical_or.reduce(found) if of_any else np.logical_and.reduce(found)


def _offered(rules: PlacementRules, shelf: Shelf, matching: Callable[..., np.ndarray]) -> np.ndarray | None:
    offer, prices = rules.offer, shelf.facts.prices
    offered = matching(offer.only) & ~matching(offer.never, of_any=True)
    unpriced = np.isnan(prices)
    if offer.cheapest is not None:
        offered &= unpriced | (prices >= offer.cheapest)
    if offer.dearest is not None:
        offered &= unpriced | (prices <= offer.dearest)
    if not offer.unpriced:
        offered &= ~unpriced
    return None if offered.all() else offered


def _factors(rules: PlacementRules, size: int, matching: Callable[..., np.ndarray]) -> Float64Array:
    factors = np.ones(size)
    for boost in rules.boosts:
        factors[matching(boost.which)] *= boost.factor
    return factors


def _members(rules: PlacementRules, matching: Callable[..., np.ndarray]) -> tuple[tuple[str, np.ndarray], ...]:
    return tuple((rule.segment, matching(rule.which)) for rule in rules.members)


def _pins(rules: PlacementRules, shelf: Shelf) -> tuple[tuple[int, int], ...]:
    """In the order of places; without courses that are not listed here."""
    found = []
    for pin in sorted(rules.pins, key=lambda each: each.place):
        found += [(pin.place - 1, int(place)) for place in shelf.places([pin.course])]
    return tuple(found)


def _limited(rules: PlacementRules, shelf: Shelf) -> tuple[tuple[Int32Array, int], ...]:
    facts, limits = shelf.facts, rules.limits
    _ids, platforms = np.unique(facts.platforms, return_inverse=True)
    found = []
    for codes, most in (
        (facts.categories.named, limits.per_category),
        (facts.teachers.named, limits.per_teacher),
        (facts.kinds.named, limits.per_kind),
        (platforms.astype(np.int32), limits.per_platform),
    ):
        if most is not None:
            found.append((codes, most))
    return tuple(found)

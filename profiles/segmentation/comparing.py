"""How some people differ from everyone: the mathematics, on traits as profiles hold them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from profiles.segmentation.traits import TRAITS, Kind, Trait

TraitsOfOne = Mapping[str, Any]
FEWEST = 5
"""Of fewer persons nothing is said."""
MOST_DIFFERENCES = 12
SMALLEST_EFFECT = 0.1
COMPARED = tuple(name for name in TRAITS if name not in ("first_event", "last_event", "hours.timezone"))


class Difference(msgspec.Struct, frozen=True):
    """One respect in which members differ from everyone.

    trait: of `TRAITS`, or `interest`. value: for words and interests, which one; then both figures are shares of
    persons, or of attention. Otherwise they are medians. effect: the difference in standard deviations of everyone,
    for shares by the arcsine (Cohen's h); 0.2 is small, 0.8 is large.
    """

    trait: str
    value: str | None
    members: float
    everyone: float
    effect: float


class Overlap(msgspec.Struct, frozen=True):
    """With another segment (key): how many persons are in both, and the share of this one's persons who are."""

    segment: str
    persons: int
    share: float


class Figures(msgspec.Struct, frozen=True):
    """Everything that is told. `sampled`: of how many of the `persons` it was found out; `compared_with`: and of how
    many of everyone.
    """

    persons: int
    sampled: int
    compared_with: int
    overlaps: list[Overlap]
    differences: list[Difference]


def differences(members: Sequence[TraitsOfOne], everyone: Sequence[TraitsOfOne]) -> list[Difference]:
    """The respects in which members differ most from everyone, the strongest first."""
    if len(members) < FEWEST or len(everyone) < FEWEST:
        return []
    found = [*_interests(members, everyone)]
    for name in COMPARED:
        of_one = _words if TRAITS[name].kind is Kind.WORD else _numbers
        found += of_one(name, TRAITS[name], members, everyone)
    telling = [each for each in found if abs(each.effect) >= SMALLEST_EFFECT]
    return sorted(telling, key=lambda each: -abs(each.effect))[:MOST_DIFFERENCES]


def _numbers(
    name: str, trait: Trait, members: Sequence[TraitsOfOne], everyone: Sequence[TraitsOfOne]
) -> Iterator[Difference]:
    ours, all_values = (_known(trait, some) for some in (members, everyone))
    if min(len(ours), len(all_values)) < FEWEST:
        return
    spread = float(np.std(_evened(all_values)))
    effect = float(np.mean(_evened(ours)) - np.mean(_evened(all_values))) / spread if spread > 0 else 0.0
    yield Difference(name, None, _short(np.median(ours)), _short(np.median(all_values)), round(effect, 3))


def _evened(values: np.ndarray) -> np.ndarray:
    """Numbers of which few are very large, as counts and amounts, are compared by their logarithms."""
    return np.sign(values) * np.log1p(np.abs(values))


def _known(trait: Trait, some: Sequence[TraitsOfOne]) -> np.ndarray:
    values = (_value(trait, each) for each in some)
    return np.array([value for value in values if isinstance(value, int | float)], dtype=np.float64)


def _value(trait: Trait, of_one: Any) -> Any:
    for name in trait.path:
        of_one = of_one.get(name) if isinstance(of_one, Mapping) else None
    return len(of_one) if trait.counts and isinstance(of_one, list) else of_one


def _words(
    name: str, trait: Trait, members: Sequence[TraitsOfOne], everyone: Sequence[TraitsOfOne]
) -> Iterator[Difference]:
    for word, _words_of_it in trait.choices:
        shares = [sum(_value(trait, each) == word for each in some) / len(some) for some in (members, everyone)]
        yield _of_shares(name, word, *shares)


def _interests(members: Sequence[TraitsOfOne], everyone: Sequence[TraitsOfOne]) -> Iterator[Difference]:
    ours, of_all = _attention(members), _attention(everyone)
    for name in sorted(ours.keys() | of_all.keys()):
        yield _of_shares("interest", name, ours.get(name, 0.0), of_all.get(name, 0.0))


def _attention(some: Sequence[TraitsOfOne]) -> dict[str, float]:
    """The mean share of attention that each category takes."""
    total: dict[str, float] = {}
    for each in some:
        for interest in each.get("categories") or ():
            total[interest["name"]] = total.get(interest["name"], 0.0) + interest["share"]
    return {name: share / len(some) for name, share in total.items()}


def _of_shares(name: str, value: str, members: float, everyone: float) -> Difference:
    angles = [2 * math.asin(math.sqrt(min(max(share, 0.0), 1.0))) for share in (members, everyone)]
    return Difference(name, value, _short(members), _short(everyone), round(angles[0] - angles[1], 3))


def _short(value: float) -> float:
    return round(float(value), 4)

"""Who belongs to the ensemble: the one table of its members."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from recommend.algorithms.base import Algorithm
from recommend.algorithms.content import Content
from recommend.algorithms.cross_platform import CrossPlatform
from recommend.algorithms.ease import Ease
from recommend.algorithms.interactions import Interactions
from recommend.algorithms.next_item import NextItem
from recommend.algorithms.popularity import Popularity
from recommend.algorithms.sequence import Sequence
from recommend.algorithms.spectral import Spectral

MOST_TO_INVERT = 6_000
"""A closed form needs time that grows with the cube of the courses, or people: about 3 s for so many."""

FEWEST_TO_ATTEND = 20_000
"""Interactions from which a network with attention learns more than closed forms do."""


def _always(interactions: Interactions) -> bool:
    return True


def _few_people_or_courses(interactions: Interactions) -> bool:
    return min(interactions.n_users, interactions.n_items) <= MOST_TO_INVERT


def _few_courses(interactions: Interactions) -> bool:
    return interactions.n_items <= MOST_TO_INVERT


def _many_events(interactions: Interactions) -> bool:
    return len(interactions) >= FEWEST_TO_ATTEND


def _several_platforms(interactions: Interactions) -> bool:
    return len(np.unique(interactions.platforms)) > 1


def _several_platforms_of_few(interactions: Interactions) -> bool:
    rows = len(np.unique(interactions.users)) * len(np.unique(interactions.platforms))
    return _several_platforms(interactions) and min(rows, interactions.n_items) <= 2 * MOST_TO_INVERT


def everything(interactions: Interactions) -> Interactions:
    """What a member learns from who learns from all platforms together."""
    return interactions


def each_platform_apart(interactions: Interactions) -> Interactions:
    """The same, each person being another one on each platform.

    Nothing links the platforms then, so that models of what goes with what are those of each platform alone: better
    ones where people who do much on one platform would outweigh what holds on another.
    """
    names, numbers = np.unique(interactions.platforms, return_inverse=True)
    users = interactions.users * np.int32(len(names)) + numbers[interactions.items].astype(np.int32)
    return replace(interactions, users=users, n_users=interactions.n_users * len(names))


@dataclass(frozen=True)
class Member:
    """A way of taking part.

    name: what it is called among the members. kind: the algorithm. settings: those that differ from its defaults.
    is_worth_trying: whether it can be had for these interactions at a price that pays. Those that turn out to learn
    nothing from them say so by `EmptyDataset`, and those that add nothing are left out by their weights.
    learns_from: what it is shown of the interactions.
    """

    name: str
    kind: type[Algorithm[Any]]
    settings: Mapping[str, object] = field(default_factory=dict)
    is_worth_trying: Callable[[Interactions], bool] = _always
    learns_from: Callable[[Interactions], Interactions] = everything


MEMBERS: tuple[Member, ...] = (
    Member("popularity", Popularity),
    Member("ease", Ease, is_worth_trying=_few_people_or_courses),
    Member("spectral", Spectral),
    Member("content", Content),
    Member("ease_apart", Ease, is_worth_trying=_several_platforms_of_few, learns_from=each_platform_apart),
    Member("spectral_apart", Spectral, is_worth_trying=_several_platforms, learns_from=each_platform_apart),
    Member("cross_platform", CrossPlatform, is_worth_trying=_several_platforms),
    Member("next_item", NextItem, is_worth_trying=_few_courses),
    Member("sequence", Sequence, is_worth_trying=_many_events),
)

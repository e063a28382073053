"""A part of the profiles as arrays, to look for clusters in and to tell of them."""

from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from profiles.clustering.fitting import Labels
from profiles.clustering.telling import Members
from profiles.modeling.columns import Floats
from profiles.models import Clustering, ClusterView, TypicalMember
from profiles.models.profile import ProfileQuerySet

CHUNK = 2_000


@dataclass(frozen=True)
class Sample:
    """Of some persons, a row each: leading account, point (persons, dimensions), and what is known of them.

    typical_of: of which cluster of the search before, by position, somebody was a typical member; -1 for none.
    """

    accounts: Labels
    points: Floats
    typical_of: Labels
    members: Members


class _Interest(msgspec.Struct):
    name: str
    share: float


class _Spending(msgspec.Struct):
    tier: str | None = None


class _Hours(msgspec.Struct):
    habit: str | None = None


class _Known(msgspec.Struct):
    """The few traits that names of clusters are made of."""

    categories: list[_Interest]
    topics: list[_Interest]
    spending: _Spending
    hours: _Hours


def read(profiles: ProfileQuerySet, view: str, before: Clustering | None) -> Sample:
    """Read these profiles, in their order, with who was a typical member of a cluster of the search `before`."""
    column = "tastes" if view == ClusterView.TASTES else "vector"
    rows = profiles.values_list("account_id", column, "traits")
    accounts: list[int] = []
    points: list[list[float]] = []
    known: list[_Known] = []
    for account, point, traits in rows.iterator(chunk_size=CHUNK):
        accounts.append(account)
        points.append(point)
        known.append(msgspec.convert(traits, _Known))
    typical = dict(TypicalMember.objects.filter(clustering=before).values_list("account_id", "cluster"))
    return Sample(
        np.array(accounts, dtype=np.int64),
        np.array(points, dtype=np.float64).reshape(len(accounts), -1),
        np.array([typical.get(account, -1) for account in accounts], dtype=np.int64),
        _members(known),
    )


def _members(known: list[_Known]) -> Members:
    names: dict[tuple[str, str], int] = {}
    cells: list[tuple[int, int, float]] = []
    for row, each in enumerate(known):
        for kind, interests in (("topic", each.topics), ("category", each.categories)):
            for interest in interests:
                column = names.setdefault((kind, interest.name), len(names))
                cells.append((row, column, interest.share))
    shares = np.zeros((len(known), len(names)))
    if cells:
        at: tuple[Any, ...] = tuple(zip(*cells, strict=True))
        shares[np.array(at[0]), np.array(at[1])] = at[2]
    fallback = [column for (kind, _name), column in names.items() if kind == "category"]
    return Members(
        shares,
        [name for _kind, name in names],
        np.array(fallback, dtype=np.int64),
        [each.hours.habit for each in known],
        [each.spending.tier for each in known],
    )

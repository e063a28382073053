"""What tells most of each cluster: the words that its name is made of."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from profiles.clustering.fitting import Labels
from profiles.modeling.columns import Floats

SMALLEST_SHARE = 0.04
"""An interest that makes up less of what members are drawn to is not worth a word."""
INTERESTS, CANDIDATES = 2, 6
"""So many interests make a name, and it is kept as long as they are among so many that tell most."""
COMMON, MORE = 0.45, 1.25
"""A habit or tier tells of a cluster when such a share of its members has it, and so many times the share of others."""
LOOSER = 0.85
"""What was told before is kept as long as this part of those bounds is reached."""


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """interests: names of topics or categories, the most telling first. habit, tier: as traits have them, or None.

    number: tells clusters apart of which otherwise the same would be told; 0 for none.
    """

    interests: tuple[str, ...] = ()
    habit: str | None = None
    tier: str | None = None
    number: int = 0


@dataclass(frozen=True)
class Members:
    """What is known of some persons, a row each: shares of interests (persons, names), and habits and tiers.

    Topics come before categories: of these, `fallback` says which columns only speak where too few topics do.
    """

    interests: Floats
    names: Sequence[str]
    fallback: Labels
    habits: Sequence[str | None]
    tiers: Sequence[str | None]


def tell(members: Members, labels: Labels, clusters: int, before: Sequence[Told | None]) -> list[Told]:
    """What is told of each cluster; `before` has what was told of it the last time, which is kept while it is true."""
    found = []
    for cluster in range(clusters):
        own = labels == cluster
        if not own.any():
            found.append(before[cluster] or Told())
            continue
        ranked = _ranked(members, own)
        old = before[cluster] or Told()
        kept = len(old.interests) > 0 and set(old.interests) <= set(ranked[:CANDIDATES])
        found.append(
            Told(
                interests=old.interests if kept else tuple(ranked[:INTERESTS]),
                habit=_prevailing(members.habits, own, old.habit),
                tier=_prevailing(members.tiers, own, old.tier),
            )
        )
    return _apart(found)


def _ranked(members: Members, own: np.ndarray) -> list[str]:
    """Interests by how much they tell members from others: their share of the Kullback-Leibler divergence."""
    here = members.interests[own].mean(axis=0)
    others = members.interests[~own].mean(axis=0) if not own.all() else here
    telling = here * np.log(np.maximum(here, 1e-9) / np.maximum(others, 1e-4))
    order = [
        at for at in np.argsort(-telling, kind="stable").tolist() if here[at] >= SMALLEST_SHARE and telling[at] > 0
    ]
    is_fallback = set(members.fallback.tolist())
    first = [members.names[at] for at in order if at not in is_fallback]
    return list(dict.fromkeys([*first, *(members.names[at] for at in order if at in is_fallback)]))


def _prevailing(values: Sequence[str | None], own: np.ndarray, before: str | None) -> str | None:
    here = Counter(value for value, is_own in zip(values, own.tolist(), strict=True) if is_own)
    others = Counter(value for value, is_own in zip(values, own.tolist(), strict=True) if not is_own)
    size, rest = sum(here.values()), max(sum(others.values()), 1)

    def is_told(value: str, factor: float) -> bool:
        share = here[value] / size
        return share >= COMMON * factor and share >= max(MORE * factor, 1.0) * others[value] / rest

    if before is not None and is_told(before, LOOSER):
        return before
    candidates: Iterable[str] = (value for value, _count in here.most_common() if value is not None)
    return next((value for value in candidates if is_told(value, 1.0)), None)


def _apart(found: Sequence[Told]) -> list[Told]:
    """The same, with numbers where the same is told of several."""
    seen: Counter[tuple[tuple[str, ...], str | None, str | None]] = Counter()
    often = Counter((each.interests, each.habit, each.tier) for each in found)
    numbered = []
    for each in found:
        key = (each.interests, each.habit, each.tier)
        seen[key] += 1
        is_alone = often[key] == 1 or key == ((), None, None)
        numbered.append(each if is_alone else msgspec.structs.replace(each, number=seen[key]))
    return numbered

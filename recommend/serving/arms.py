"""The bandit's arms, and what the web processes know of them: kept in Redis, and for half a minute in their own memory.

The arms are what is ranked next anyway, and each source of courses.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from crossmarket.foundation.leased_cache import LeasedCache
from recommend.exploration.bandit import Bandit, BanditConfig
from recommend.exploration.drawing import RANKED
from recommend.exploration.situations import N_FEATURES, Situated
from recommend.models import ExploredPlacement
from recommend.serving.answers import Source
from recommend.serving.pool import PRECEDENCE

SOURCES = tuple(source for source in PRECEDENCE if source is not Source.PINNED)
ARMS = (RANKED, *(str(source) for source in SOURCES))
AT_RANDOM = Source.NEW
"""This arm proposes any of what it has, so that each of it gets its chance."""
TOLD_APART = tuple(str(source) for source in SOURCES if source is not Source.MODEL)
"""Arms whose proposals do not follow the order of the list, so that places can be compared by them."""
CONFIG = BanditConfig()
CACHE_SECONDS = 3_600
LOOK_SECONDS = 30
"""A process asks Redis again after so long."""
MOST_KEPT = 1_000

cache: LeasedCache[str, dict[str, Any]] = LeasedCache("explored", dict[str, Any], CACHE_SECONDS)


def bandit() -> Bandit:
    """A bandit over the arms that knows nothing yet."""
    return Bandit(ARMS, N_FEATURES, CONFIG)


@dataclass(eq=False)
class Arms:
    """The chances of the arms of a slot, by situation. `read` is monotonic."""

    read: float
    document: dict[str, Any]
    bandit: Bandit
    known: dict[Situated, dict[str, float]] = field(default_factory=dict)

    def chances(self, situation: Situated) -> dict[str, float]:
        """Of each arm, in this situation; the same numbers as long as nothing was learned."""
        found = self.known.get(situation)
        if found is None:
            found = self.known[situation] = self.bandit.chances(situation.features())
        return found


_kept: dict[tuple[int, str], Arms] = {}


def of_slot(platform_id: int, placement: str) -> Arms:
    """The arms of a slot, as they stood half a minute ago at most."""
    key = (platform_id, placement)
    found, now = _kept.get(key), time.monotonic()
    if found is None or now - found.read > LOOK_SECONDS:
        name = f"{platform_id}:{placement}"
        document = cache.get_many([name], lambda names: {name: _read(platform_id, placement)})[name]
        if found is not None and document == found.document:
            found.read = now
        else:
            found = Arms(now, document, bandit().restored(document))
            if len(_kept) >= MOST_KEPT:
                _kept.clear()
            _kept[key] = found
    return found


def forget_on_commit(slots: Iterable[tuple[int, str]]) -> None:
    """Let all processes read these slots anew, once the running transaction is committed."""
    cache.forget_on_commit(f"{platform_id}:{placement}" for platform_id, placement in slots)


def forget_here() -> None:
    """Let this process read all anew."""
    _kept.clear()


def _read(platform_id: int, placement: str) -> dict[str, Any]:
    row = ExploredPlacement.objects.filter(platform=platform_id, placement=placement).only("arms").first()
    return {} if row is None else row.arms

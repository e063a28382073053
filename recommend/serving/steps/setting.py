"""What a step looks at."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from profiles.live_history import History
from recommend.algorithms.interactions import Float64Array
from recommend.placements.rules import PlacementRules, Stage
from recommend.serving.catalogue import Shelf
from recommend.serving.compiling import Compiled
from recommend.serving.lineup import Lineup
from recommend.serving.pool import Pool
from recommend.serving.popular import KeptPopular

DAY = 86_400


@dataclass(frozen=True)
class Setting:
    """The candidates, the courses and what is known about them and the person.

    segments: the keys of those that the person belongs to, as far as rules ask for them. limit: how long the list is.
    now: epoch seconds.
    """

    pool: Pool
    shelf: Shelf
    compiled: Compiled
    popular: KeptPopular
    history: History
    segments: frozenset[str]
    limit: int
    now: float

    @property
    def rules(self) -> PlacementRules:
        """The rules of the placement."""
        return self.compiled.rules

    @cached_property
    def ages(self) -> Float64Array:
        """How long ago each candidate was published, float64 (n,), in days, not below 0; NaN where unknown."""
        ages: Float64Array = (self.now - self.shelf.facts.published[self.pool.places]) / DAY
        return ages.clip(0)


@dataclass(frozen=True)
class Step:
    """A rule that changes a line-up, where its stage is switched on; `is_needed` spares those without effect."""

    stage: Stage
    apply: Callable[[Lineup, Setting], Lineup]
    is_needed: Callable[[Setting], bool]

"""What a policy did and what came of it, as plain columns."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class UnusableLog(ValueError):
    """Nothing can be concluded from these rounds; the message says why."""


@dataclass(frozen=True)
class LoggedRounds:
    """Rounds of a policy: in each, one of `n_actions` actions was chosen with a known chance, and rewarded.

    actions: int64 (n,), 0 to n_actions - 1. rewards: float64 (n,), as 1 for a click. propensities: float64 (n,), the
    chance, above 0 and at most 1, with which the policy chose that action there. features: float64 (n, d), what was
    known before the choice. positions: int64 (n,) from 0, where it was shown. clusters: int64 (n,): rounds that hang
    together, as those of one person or of one list; intervals and folds treat them as one.

    Raises `UnusableLog` for no rounds, columns of different lengths, and chances or actions out of range.
    """

    actions: IntArray
    rewards: Float64Array
    propensities: Float64Array
    n_actions: int
    features: Float64Array = field(default_factory=lambda: np.zeros((0, 0)))
    positions: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    clusters: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        n = len(self.actions)
        if not n:
            raise UnusableLog("There are no rounds to learn from.")
        for name, absent in (
            ("features", np.zeros((n, 0))),
            ("positions", np.zeros(n, np.int64)),
            ("clusters", np.arange(n)),
        ):
            if not len(getattr(self, name)):
                object.__setattr__(self, name, absent)
        for name in ("rewards", "propensities", "features", "positions", "clusters"):
            if len(getattr(self, name)) != n:
                raise UnusableLog(f"There are {n} actions and {len(getattr(self, name))} {name}.")
        if not ((self.propensities > 0) & (self.propensities <= 1)).all():
            raise UnusableLog("Every propensity must be above 0 and at most 1.")
        if not np.isfinite(self.rewards).all():
            raise UnusableLog("Every reward must be a finite number.")
        if self.actions.min() < 0 or self.actions.max() >= self.n_actions:
            raise UnusableLog(f"Actions are numbered from 0 to {self.n_actions - 1}.")

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def n_positions(self) -> int:
        """How many places there are."""
        return int(self.positions.max()) + 1

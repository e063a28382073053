"""Candidates that are still in the running, and in which order."""

from dataclasses import dataclass

import numpy as np

from recommend.algorithms.interactions import Float64Array, Int64Array


@dataclass(frozen=True, eq=False)
class Lineup:
    """rows: int64 (k,), rows of the pool, best first; scores: float64 (k,), how well each suits by now, above 0.

    Steps that move candidates leave their scores, so these fall from place to place only until such a step.
    """

    rows: Int64Array
    scores: Float64Array

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, kept: np.ndarray) -> "Lineup":
        """Only those marked in `kept`, bool (k,)."""
        return Lineup(self.rows[kept], self.scores[kept])

    def in_order(self, order: Int64Array) -> "Lineup":
        """The candidates at these positions, int64, in this order."""
        return Lineup(self.rows[order], self.scores[order])

    def by_score(self) -> "Lineup":
        """The best first; those that suit alike stay as they stand."""
        return self.in_order(np.argsort(-self.scores, kind="stable"))

"""Giving courses a chance that would have none: who is shown, and how likely that was."""

from dataclasses import dataclass

import numpy as np

from recommend.algorithms.interactions import Float64Array, Int64Array
from recommend.serving.circumstances import Circumstances
from recommend.serving.lineup import Lineup
from recommend.serving.pool import Pool


@dataclass(frozen=True, eq=False)
class Chosen:
    """positions: int64 (shown,), which of the lineup is shown at each place; propensities: float64 (shown,)."""

    positions: Int64Array
    propensities: Float64Array


def explore(pool: Pool, lineup: Lineup, limit: int, circumstances: Circumstances) -> Chosen:
    """Whom of the lineup (best first) to show, `limit` at most, and the chance of each to be at its place.

    Shows the best, always.
    """
    shown = min(limit, len(lineup))
    return Chosen(np.arange(shown), np.ones(shown))

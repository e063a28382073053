"""Giving courses a chance that would have none: who is shown, and how likely that was."""

from dataclasses import dataclass

import numpy as np

from recommend.algorithms.interactions import Float64Array, Int64Array
from recommend.serving.circumstances import Circumstances
from recommend.serving.preparing import Prepared


@dataclass(frozen=True, eq=False)
class Chosen:
    """positions: int64 (shown,), which of the lineup is shown at each place; propensities: float64 (shown,)."""

    positions: Int64Array
    propensities: Float64Array


def explore(made: Prepared, limit: int, circumstances: Circumstances, share: float) -> Chosen:
    """Whom of the line-up (best first) to show, `limit` at most, and the chance of each to be at its place.

    share: of how many places others than the best may be given a chance; 0 where exploring is switched off. What is at
    a position that is `fixed` stays there. Shows the best, always.
    """
    shown = min(limit, len(made.lineup))
    return Chosen(np.arange(shown), np.ones(shown))

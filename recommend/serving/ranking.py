"""Putting candidates in order, before any rule has its say."""

import numpy as np

from recommend.algorithms.interactions import Float64Array
from recommend.serving.answers import Source
from recommend.serving.circumstances import Circumstances
from recommend.serving.pool import PRECEDENCE, Pool
from recommend.serving.situation import Situation

KNOWN = 0.1
"""Where the scores of courses begin that the model knows."""


def looks_at_circumstances(situation: Situation) -> bool:
    """Whether the same person is given another order on another device or at another hour."""
    return False


def rank(pool: Pool, situation: Situation, circumstances: Circumstances) -> Float64Array:
    """How well each candidate suits, float64 (len(pool),), above 0 and at most 1; higher is better."""
    return by_sources(pool)


def by_sources(pool: Pool) -> Float64Array:
    """How well each candidate suits as the sources see it, float64 (len(pool),), above 0 and at most 1.

    By the model's score, from `KNOWN` to 1, as far as it knows them. Below them the others: by the first of the other
    sources that has brought them up, and in its order.
    """
    model = pool.of_source(Source.MODEL)
    is_known = ~np.isnan(model)
    own = pool.scores[pool.first_source, np.arange(len(pool))].astype(np.float64)
    suits: Float64Array = KNOWN * (len(PRECEDENCE) - pool.first_source + own) / (len(PRECEDENCE) + 1)
    if is_known.any():
        known = model[is_known].astype(np.float64)
        lowest, highest = known.min(), known.max()
        suits[is_known] = KNOWN + (1 - KNOWN) * (known - lowest) / (highest - lowest) if highest > lowest else 1.0
    return suits

"""Putting candidates in order, before any rule has its say."""

import numpy as np

from recommend.algorithms.interactions import Float64Array
from recommend.serving.answers import Source
from recommend.serving.circumstances import Circumstances
from recommend.serving.ordering import by_worth
from recommend.serving.pool import PRECEDENCE, Pool
from recommend.serving.situation import Situation

KNOWN = 0.1
"""Where the scores of courses begin that the model knows."""


def looked_at(situation: Situation, circumstances: Circumstances) -> tuple[object, ...]:
    """What the order depends on besides the person's history: lists for which it is the same are the same."""
    if situation.ranker is None:
        return ()
    return situation.ranker.version_id, situation.profile, circumstances


def rank(pool: Pool, situation: Situation, circumstances: Circumstances, platform_id: int | None) -> Float64Array:
    """How well each candidate suits, float64 (len(pool),), above 0 and at most 1; higher is better.

    By the active ranker, from `KNOWN` to 1; without one as the sources see it. platform_id: whose shelf the pool is of.
    """
    if situation.ranker is None or not len(pool):
        return by_sources(pool)
    worth = by_worth(situation.ranker, pool, situation, circumstances, platform_id)
    return KNOWN + (1 - KNOWN) * worth


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

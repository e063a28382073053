"""What exploring may show: of each source its best, and of new courses any that hardly anybody was shown."""

import numpy as np

from recommend.algorithms.interactions import Int64Array
from recommend.exploration.drawing import Offer
from recommend.placements.rules import PlacementRules, Stage
from recommend.serving.arms import AT_RANDOM, SOURCES
from recommend.serving.lineup import Lineup
from recommend.serving.pool import Pool

OF_EACH_SOURCE = 10
"""So many of its best each source may propose."""


def worth_trying(pool: Pool, lineup: Lineup, fresh: Int64Array) -> Int64Array:
    """Positions in the lineup, int64, of what `offers_of` may want: the best of each source, and all that is fresh.

    fresh: places on the shelf, int64.
    """
    found = [np.flatnonzero(np.isin(pool.places[lineup.rows], fresh))]
    found += [_best(pool.of_source(source)[lineup.rows]) for source in SOURCES]
    return np.unique(np.concatenate(found))


def offers_of(pool: Pool, fresh: Int64Array, rules: PlacementRules) -> list[Offer]:
    """What each source proposes of a pool, by row, best first; of new courses any that are fresh."""
    found = []
    for source in SOURCES:
        if not rules.has(Stage(source)):
            continue
        if source is AT_RANDOM:
            found.append(Offer(str(source), np.flatnonzero(np.isin(pool.places, fresh)).tolist(), at_random=True))
        else:
            found.append(Offer(str(source), _best(pool.of_source(source)).tolist()))
    return found


def _best(scores: np.ndarray) -> Int64Array:
    """The positions of the highest scores, best first, without those that are not numbers."""
    known = np.flatnonzero(~np.isnan(scores))
    return known[np.argsort(-scores[known], kind="stable")[:OF_EACH_SOURCE]]

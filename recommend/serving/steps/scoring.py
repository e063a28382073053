"""How well each candidate suits, seen by rules."""

import numpy as np

from recommend.algorithms.interactions import Float64Array
from recommend.placements.rules import Stage
from recommend.serving.lineup import Lineup
from recommend.serving.steps.setting import Setting, Step


def _multiplied(lineup: Lineup, factors: Float64Array) -> Lineup:
    return Lineup(lineup.rows, lineup.scores * factors).by_score()


def _fresh(lineup: Lineup, setting: Setting) -> Lineup:
    rule = setting.rules.freshness
    left = np.exp2(-setting.ages[lineup.rows] / rule.half_life_days)
    return _multiplied(lineup, 1 + (rule.factor - 1) * np.nan_to_num(left, nan=0.0))


def _boosted(lineup: Lineup, setting: Setting) -> Lineup:
    factors = setting.compiled.factors
    if factors is None:
        return lineup
    return _multiplied(lineup, factors[setting.pool.places[lineup.rows]])


def _less_popular(lineup: Lineup, setting: Setting) -> Lineup:
    """Only where something is known of the person: for a stranger, popularity is all that there is."""
    shares = setting.popular.shares[setting.pool.places[lineup.rows]]
    return _multiplied(lineup, 1 - setting.rules.popularity.strength * shares)


freshness = Step(Stage.FRESHNESS, _fresh, lambda setting: setting.rules.freshness.factor > 1)
boosts = Step(Stage.BOOSTS, _boosted, lambda setting: setting.compiled.factors is not None)
popularity = Step(
    Stage.POPULARITY,
    _less_popular,
    lambda setting: setting.pool.is_personal and setting.rules.popularity.strength > 0,
)

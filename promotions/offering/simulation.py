"""What offers would cost and bring, before anything is sent: drawn many times from what the model expects."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
import numpy as np

from promotions.offering.ladder import Float64Array, IntArray, UnusableOffers


class SimulationConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How to draw.

    budget: what may be spent. doubt: how far the model may be from the truth, as the standard deviation of an error of
    the log-odds that all people share, drawn anew for the purchases anyway and for what the offers do.
    """

    budget: float = float("inf")
    doubt: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    draws: Annotated[int, msgspec.Meta(ge=1)] = 500
    seed: int = 0


@dataclass(frozen=True)
class Spread:
    """The mean of what was drawn, and between which values 95% of it lay."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Simulated:
    """A plan, in all. margin: beyond that of offering nothing. over_budget: the share of draws above the budget."""

    offers: int
    cost: Spread
    redemptions: Spread
    purchases: Spread
    margin: Spread
    over_budget: float


def simulate(
    chances: Float64Array,
    levels: IntArray,
    sale_margins: Float64Array,
    sale_costs: Float64Array,
    config: SimulationConfig | None = None,
) -> Simulated:
    """Draw what people would do with these offers, and without them.

    chances: (n, L), of buying at each step. levels: int64 (n,), the step each is offered. sale_margins, sale_costs:
    (n, L), what a sale at each step earns, and what the step takes off it. Each person's draw is the same with and
    without the offer, so that whoever buys without also buys with it where the chance is larger. Raises
    `UnusableOffers` for columns that do not fit.
    """
    n, config = len(levels), config or SimulationConfig()
    if not chances.shape == sale_margins.shape == sale_costs.shape or len(chances) != n:
        raise UnusableOffers("Chances, margins and costs have a row for each offer and a column for each step.")
    random, rows = np.random.default_rng(config.seed), np.arange(n)
    without, given = _log_odds(chances[:, 0]), _log_odds(chances[rows, levels])
    offered = levels > 0
    figures = np.zeros((config.draws, 4))
    for draw in range(config.draws):
        base, effect = random.normal(0, config.doubt, 2)
        luck = random.random(n)
        buys_without = luck < _chance(without + base)
        buys = luck < _chance(given + base + effect * offered)
        margin = buys @ sale_margins[rows, levels] - buys_without @ sale_margins[:, 0]
        figures[draw] = buys @ sale_costs[rows, levels], (buys & offered).sum(), buys.sum(), margin
    cost, redemptions, purchases, margin_spread = (_spread(column) for column in figures.T)
    over = float((figures[:, 0] > config.budget).mean())
    return Simulated(int(offered.sum()), cost, redemptions, purchases, margin_spread, over)


def _spread(drawn: Float64Array) -> Spread:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Spread(float(drawn.mean()), float(low), float(high))


def _log_odds(chances: Float64Array) -> Float64Array:
    bounded = np.clip(chances, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(bounded) - np.log1p(-bounded))


def _chance(log_odds: Float64Array) -> Float64Array:
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))

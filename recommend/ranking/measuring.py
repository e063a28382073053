"""How good a ranker is on lists that it has not learned from."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np

from recommend.algorithms.interactions import Float32Array, Float64Array, Int64Array
from recommend.ranking.circumstances import Question
from recommend.ranking.config import HEADS
from recommend.ranking.examples import Examples
from recommend.ranking.measures import auc, calibration_error, log_loss, ndcg_of_lists
from recommend.ranking.ranker import Candidates, Ranker

PLACES = 10
LEAST_SEEN = 0.1
"""What came of a place that is hardly looked at counts ten times at most."""


class Judgement(msgspec.Struct, frozen=True):
    """Figures of one head: how many outcomes came, log loss, area under the ROC curve, expected calibration error."""

    came: int
    log_loss: float
    auc: float | None
    calibration_error: float


@dataclass(frozen=True)
class Figures:
    """What a ranker reached on lists unseen in training.

    lists: int64 (k,), the lists that have something to gain. ndcg: float64 (k,), NDCG@10 in its order; first_stage: in
    the order of the first stage; both with what outcomes are worth as gains, divided by how likely their place is
    looked at. heads: by name.
    """

    lists: Int64Array
    ndcg: Float64Array
    first_stage: Float64Array
    heads: dict[str, Judgement]


def chances_of(ranker: Ranker, examples: Examples) -> Float32Array:
    """The chances of all rows of these lists if they are looked at, float32 (m, heads)."""
    found = np.zeros((len(examples.numbers), len(HEADS)), np.float32)
    for number in range(len(examples)):
        rows = slice(examples.offsets[number], examples.offsets[number + 1])
        candidates = Candidates(
            examples.numbers[rows], examples.category[rows], examples.kind[rows], examples.teacher[rows]
        )
        codes = (int(getattr(examples, name)[number]) for name in ("platform", "device", "placement"))
        found[rows] = ranker.chances(candidates, Question(examples.asked[number], *codes))
    return found


def figures_of(ranker: Ranker, examples: Examples) -> Figures | None:
    """How good the ranker is on these lists; None where nothing came of them."""
    if not (examples.came > 0).any():
        return None
    chances = chances_of(ranker, examples)
    seen = ranker.seen(examples.places, examples.device[examples.list_of_row])
    heads: dict[str, Judgement] = {}
    for column, name in enumerate(HEADS):
        known = examples.is_known[:, column]
        if not known.any():
            continue
        came, expected = examples.came[known, column], (chances[:, column] * seen)[known]
        weights = examples.weights[known]
        heads[name] = Judgement(
            came=int(came.sum()),
            log_loss=log_loss(came, expected, weights),
            auc=auc(came, expected),
            calibration_error=calibration_error(came, expected, weights),
        )
    worth = np.array(ranker.config.worth)
    gains = np.where(examples.is_known, examples.came, 0) @ (worth / worth.sum()) / np.maximum(seen, LEAST_SEEN)
    own = ndcg_of_lists(ranker.worth(chances), gains, examples.offsets, PLACES)
    before = np.where(np.isnan(examples.first_stage), -np.inf, examples.first_stage)
    first = ndcg_of_lists(before, gains, examples.offsets, PLACES)
    gaining = np.flatnonzero(~np.isnan(own))
    return Figures(gaining, own[gaining], first[gaining], heads) if len(gaining) else None

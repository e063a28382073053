"""How good a recommender is: trained on one part of a data set, asked for the rest.

All items of the platform are ranked, without those the person had in training. Recall@k is the share of the person's
test items among the first k; NDCG@k has binary gains, the ideal list cut at k. Both are means over the people (and
platforms) with a test item; ties between scores go to no item in particular.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from recommend.algorithms.base import Algorithm, AlgorithmConfig, InvalidConfig, Progress, silent
from recommend.algorithms.interactions import Float32Array, Float64Array, Int64Array
from recommend.split import Split

CUTOFFS = (10, 20)
EVALUATING = "evaluating"
SCORES_AT_ONCE = 1 << 23
"""How many scores are held in memory at a time (32 MB of float32)."""

WITHOUT_CLOCK: Mapping[str, str] = {"half_life_days": "0"}
"""Settings for data whose times are only an order: days cannot be counted there, so nothing is forgotten by age."""

BoolArray = npt.NDArray[np.bool_]


class Result(msgspec.Struct, frozen=True):
    """What one algorithm reached.

    params: all its settings. users, items, interactions: the size of the data it was trained on. fit_seconds: wall
    clock time of the training. users_per_second: people whose items were scored, masked and ranked per second, in
    batches. The rest is between 0 and 1.
    """

    algorithm: str
    params: dict[str, Any]
    users: int
    items: int
    interactions: int
    fit_seconds: float
    users_per_second: float
    recall_10: float = msgspec.field(name="recall@10")
    recall_20: float = msgspec.field(name="recall@20")
    ndcg_10: float = msgspec.field(name="ndcg@10")
    ndcg_20: float = msgspec.field(name="ndcg@20")


@dataclass(frozen=True)
class Accuracy:
    """Mean recall and NDCG by cutoff, and how fast the answers came (people a second)."""

    recall: dict[int, float]
    ndcg: dict[int, float]
    people_per_second: float


def configured(kinds: Iterable[type[Algorithm[Any]]], settings: Mapping[str, str]) -> list[Algorithm[Any]]:
    """Untrained algorithms, each with those of the settings that it has.

    Raises `InvalidConfig` for a setting that none of them has, or a value that one of them cannot take.
    """
    kinds = list(kinds)
    known = {name for kind in kinds for name in kind.Config.__struct_fields__}
    if unknown := sorted(set(settings) - known):
        raise InvalidConfig(
            f"No chosen algorithm has the setting {unknown[0]!r}; there are {', '.join(sorted(known))}."
        )
    return [kind(_config(kind, {**WITHOUT_CLOCK, **settings})) for kind in kinds]


def _config(kind: type[Algorithm[Any]], settings: Mapping[str, str]) -> AlgorithmConfig:
    fields = kind.Config.__struct_fields__
    return kind.configure({name: value for name, value in settings.items() if name in fields})


def evaluate(algorithm: Algorithm[Any], split: Split, progress: Progress = silent) -> Result:
    """Train and measure. Raises what `fit` raises; `progress` hears of both and may raise to cancel."""
    started = time.perf_counter()
    model = algorithm.trained(split.interactions, progress)
    fit_seconds = time.perf_counter() - started
    accuracy = accuracy_of(model, split, progress)
    return Result(
        algorithm=algorithm.name,
        params=msgspec.to_builtins(algorithm.config),
        users=split.interactions.n_users,
        items=split.interactions.n_items,
        interactions=len(split.interactions),
        fit_seconds=round(fit_seconds, 3),
        users_per_second=round(accuracy.people_per_second, 1),
        recall_10=round(accuracy.recall[10], 6),
        recall_20=round(accuracy.recall[20], 6),
        ndcg_10=round(accuracy.ndcg[10], 6),
        ndcg_20=round(accuracy.ndcg[20], 6),
    )


def accuracy_of(model: Algorithm[Any], split: Split, progress: Progress = silent) -> Accuracy:
    """How well a trained model answers the questions of the split."""
    hits, seconds = hits_of(model, split, progress)
    relevant = np.diff(split.offsets)
    return Accuracy(
        {k: float(recall(hits, relevant, k).mean()) for k in CUTOFFS},
        {k: float(ndcg(hits, relevant, k).mean()) for k in CUTOFFS},
        len(split) / max(seconds, 1e-9),
    )


def hits_of(model: Algorithm[Any], split: Split, progress: Progress = silent) -> tuple[BoolArray, float]:
    """Which places of each list hold an answer, bool (questions, places); and the seconds that the lists took."""
    hits = np.zeros((len(split), max(CUTOFFS)), dtype=bool)
    batch = max(1, SCORES_AT_ONCE // split.interactions.n_items)
    seconds = 0.0
    for start in range(0, len(split), batch):
        progress(EVALUATING, start, len(split), {})
        questions = slice(start, min(start + batch, len(split)))
        started = time.perf_counter()
        scores = _masked_scores(model, split, questions)
        columns = first_columns(scores, max(CUTOFFS))
        seconds += time.perf_counter() - started
        # With fewer candidates than places, the last places hold masked items, which are no answers.
        candidates = np.isfinite(np.take_along_axis(scores, columns, axis=1))
        hits[questions, : columns.shape[1]] = _is_answer(split, questions, columns) & candidates
    progress(EVALUATING, len(split), len(split), {})
    return hits, seconds


def first_columns(scores: Float32Array, count: int) -> Int64Array:
    """The columns of the highest scores of each row, best first, (rows, at most `count`)."""
    count = min(count, scores.shape[1])
    columns = np.argpartition(scores, -count, axis=1)[:, -count:]
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)


def recall(hits: BoolArray, relevant: Int64Array, k: int) -> Float64Array:
    """The share of the relevant items in the first k places, (people,).

    hits: (people, places), whether each place holds a relevant item; relevant: (people,), how many there are, at
    least one.
    """
    return hits[:, :k].sum(axis=1) / relevant


def ndcg(hits: BoolArray, relevant: Int64Array, k: int) -> Float64Array:
    """The discounted gain of the first k places as a share of what the best possible list has there, (people,)."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discounts)[np.minimum(relevant, k) - 1]
    return hits[:, :k] @ discounts[: hits.shape[1]] / ideal


def _masked_scores(model: Algorithm[Any], split: Split, questions: slice) -> Float32Array:
    histories = split.interactions.histories(split.people[questions])
    scores = model.scores(histories)
    scores[histories.people, histories.items] = -np.inf
    platforms = split.interactions.platforms
    if platforms.any():
        scores[split.platforms[questions, None] != platforms] = -np.inf
    return scores


def _is_answer(split: Split, questions: slice, columns: Int64Array) -> BoolArray:
    offsets = split.offsets[questions.start : questions.stop + 1]
    rows = np.repeat(np.arange(len(columns)), np.diff(offsets))
    n_items = split.interactions.n_items
    answers = rows * n_items + split.items[offsets[0] : offsets[-1]]
    return np.isin(np.arange(len(columns))[:, None] * n_items + columns, answers)

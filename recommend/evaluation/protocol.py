"""Measuring algorithms on a data set: trained on one part, asked for the rest.

Recall and NDCG are means over the people (and platforms) with a test item.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from recommend.algorithms.base import Algorithm, AlgorithmConfig, InvalidConfig, Progress, silent
from recommend.evaluation.answers import Scorer, answers_of
from recommend.evaluation.metrics import CUTOFFS, BoolArray
from recommend.split import Split

WITHOUT_CLOCK: Mapping[str, str] = {"half_life_days": "0"}
"""Settings for data whose times are only an order: days cannot be counted there, so nothing is forgotten by age."""


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


def accuracy_of(model: Scorer, split: Split, progress: Progress = silent) -> Accuracy:
    """How well a trained model answers the questions of the split."""
    answers = answers_of(model, split, max(CUTOFFS), progress)
    return Accuracy(
        {k: float(answers.recall(k).mean()) for k in CUTOFFS},
        {k: float(answers.ndcg(k).mean()) for k in CUTOFFS},
        len(split) / max(answers.seconds, 1e-9),
    )


def hits_of(model: Scorer, split: Split, progress: Progress = silent) -> tuple[BoolArray, float]:
    """Which places of each list hold an answer, bool (questions, places); and the seconds that the lists took."""
    answers = answers_of(model, split, max(CUTOFFS), progress)
    return answers.hits, answers.seconds

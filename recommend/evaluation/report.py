"""All that is told of a model's answers, as it is kept with its version."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from recommend.algorithms.interactions import Int32Array
from recommend.evaluation import lists
from recommend.evaluation.answers import Answers
from recommend.evaluation.metrics import CUTOFFS, precision_recall_curve
from recommend.evaluation.slices import Labels, Slice, slices_of
from recommend.split import Split

SHOWN = 10
"""How many courses a list is judged by beyond its accuracy."""


class Report(msgspec.Struct, frozen=True):
    """How good the lists of a model are.

    questions, people: how many were asked. recall, ndcg: means by cutoff. curve: (k, precision@k, recall@k), k from 1
    on. The rest is of the first ten places: coverage, the share of the catalogue in somebody's list; novelty, mean
    self-information (bits); overlap, the mean share that two people's lists have in common; diversity, how probable two
    courses of a list are of different categories; miscalibration, the divergence of a list's categories from the
    history's (nats). None where nothing can be said.
    """

    questions: int
    people: int
    recall: dict[int, float]
    ndcg: dict[int, float]
    curve: list[tuple[int, float, float]]
    coverage: float
    novelty: float | None
    overlap: float | None
    diversity: float | None
    miscalibration: float | None
    slices: list[Slice]

    def headline(self) -> dict[str, float]:
        """The figures by name, without those that nothing can be said of."""
        figures: dict[str, float | None] = {f"recall@{k}": value for k, value in self.recall.items()}
        figures |= {f"ndcg@{k}": value for k, value in self.ndcg.items()}
        for name in ("coverage", "novelty", "overlap", "diversity", "miscalibration"):
            figures[f"{name}@{SHOWN}"] = getattr(self, name)
        return {name: value for name, value in figures.items() if value is not None}


def report_of(
    answers: Answers, split: Split, categories: Int32Array | None = None, segments: Sequence[Labels] = ()
) -> Report:
    """The report of these answers. categories: int32 (n_items,), -1 where none is known. Needs a question or more."""
    known, shown = split.interactions, answers.columns[:, :SHOWN]
    groups = np.full(known.n_items, -1, np.int32) if categories is None else categories
    return Report(
        questions=len(split),
        people=len(np.unique(split.people)),
        recall={k: float(answers.recall(k).mean()) for k in CUTOFFS},
        ndcg={k: float(answers.ndcg(k).mean()) for k in CUTOFFS},
        curve=precision_recall_curve(answers.hits, answers.relevant),
        coverage=lists.coverage(shown, known.n_items),
        novelty=lists.novelty(shown, known),
        overlap=lists.overlap(shown, split.platforms),
        diversity=lists.diversity(shown, groups),
        miscalibration=lists.miscalibration(shown, known, split.people, groups),
        slices=slices_of(answers, split, segments),
    )

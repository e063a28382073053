"""The lists that a model answers the questions of a split with, kept question by question.

All items of the platform asked about are ranked, without those the person had in training; ties between scores go to
no item in particular.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from recommend.algorithms.base import Progress, silent
from recommend.algorithms.interactions import Float32Array, Float64Array, Histories, Int32Array, Int64Array
from recommend.evaluation.metrics import BoolArray, first_columns, ndcg, recall
from recommend.split import Split

EVALUATING = "evaluating"
SCORES_AT_ONCE = 1 << 23
"""How many scores are held in memory at a time (32 MB of float32)."""

NOTHING = -1


class Scorer(Protocol):
    """Whatever scores every course for any history, as `Algorithm.scores` does."""

    def scores(self, histories: Histories) -> Float32Array:
        """Scores, float32 (people, n_items), a new array; -inf for a course that is not to be answered."""


@dataclass(frozen=True)
class Answers:
    """The lists of one model.

    columns: int32 (questions, places), the courses best first, -1 where there were fewer. hits: bool, the same shape,
    whether each is right. relevant: int64 (questions,), how many right ones there are. seconds: what scoring, masking
    and ranking took.
    """

    columns: Int32Array
    hits: BoolArray
    relevant: Int64Array
    seconds: float

    def __len__(self) -> int:
        return len(self.columns)

    def recall(self, k: int) -> Float64Array:
        """Recall@k of each question, (questions,)."""
        return recall(self.hits, self.relevant, k)

    def ndcg(self, k: int) -> Float64Array:
        """NDCG@k of each question, (questions,)."""
        return ndcg(self.hits, self.relevant, k)


def answers_of(model: Scorer, split: Split, places: int, progress: Progress = silent) -> Answers:
    """Ask a trained model all questions of the split, for `places` courses each.

    Raises `FloatingPointError` when scores are not numbers.
    """
    columns = np.full((len(split), places), NOTHING, dtype=np.int32)
    hits = np.zeros((len(split), places), dtype=bool)
    batch = max(1, SCORES_AT_ONCE // split.interactions.n_items)
    seconds = 0.0
    for start in range(0, len(split), batch):
        progress(EVALUATING, start, len(split), {})
        questions = slice(start, min(start + batch, len(split)))
        started = time.perf_counter()
        scores = _masked_scores(model, split, questions)
        best = first_columns(scores, places)
        seconds += time.perf_counter() - started
        if np.isnan(scores).any():
            raise FloatingPointError("The model's scores are not numbers: its training went wrong.")
        # With fewer candidates than places, the last places hold masked items, which are no answers.
        candidates = np.isfinite(np.take_along_axis(scores, best, axis=1))
        columns[questions, : best.shape[1]] = np.where(candidates, best, NOTHING)
        hits[questions, : best.shape[1]] = _is_answer(split, questions, best) & candidates
    progress(EVALUATING, len(split), len(split), {})
    return Answers(columns, hits, np.diff(split.offsets), seconds)


def _masked_scores(model: Scorer, split: Split, questions: slice) -> Float32Array:
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

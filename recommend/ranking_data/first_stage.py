"""What the first stage would have said: a model like the active one, trained on what came before the lists alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from recommend import training_data
from recommend.algorithms.base import Algorithm, EmptyDataset, InvalidConfig, Progress
from recommend.algorithms.interactions import Float32Array, Histories, Int64Array
from recommend.algorithms.registry import UnknownAlgorithm, algorithm
from recommend.models import ModelVersion
from recommend.ranking_data.deeds import History

SOURCE = "model"
"""The source whose scores these are, by its name in answers."""


class FirstStage:
    """Scores of all courses for histories, as the model of that time gives them; NaN for courses it does not know."""

    def __init__(self, model: Algorithm[Any] | None, rows: Int64Array, n_courses: int) -> None:
        """rows: int64 (n_items,), the row of the catalogue of each course of the model, -1 for none."""
        self._model, self._rows, self._n_courses = model, rows, n_courses
        self._columns = np.full(n_courses, -1, dtype=np.int64)
        self._columns[rows[rows >= 0]] = np.flatnonzero(rows >= 0)

    @property
    def is_there(self) -> bool:
        """Whether there is a model at all."""
        return self._model is not None

    def scores(self, histories: Sequence[History]) -> Float32Array:
        """float32 (len(histories), n_courses)."""
        found = np.full((len(histories), self._n_courses), np.nan, np.float32)
        if self._model is not None and len(histories):
            scores = self._model.scores(self._in_columns(histories))
            is_here = self._rows >= 0
            found[:, self._rows[is_here]] = scores[:, is_here]
            found[~np.isfinite(found)] = np.nan
        return found

    def _in_columns(self, histories: Sequence[History]) -> Histories:
        columns = [self._columns[each.courses] for each in histories]
        known = [each >= 0 for each in columns]
        sizes = [int(each.sum()) for each in known]
        return Histories(
            np.concatenate([each[kept] for each, kept in zip(columns, known, strict=True)]).astype(np.int32),
            np.concatenate([each.weights[kept] for each, kept in zip(histories, known, strict=True)]),
            np.concatenate([each.times[kept] for each, kept in zip(histories, known, strict=True)]),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        )


def before(moment: float, course_ids: Int64Array, progress: Progress) -> FirstStage:
    """A model with the settings of the active one, of events before the moment (epoch seconds); none without both."""
    active = ModelVersion.objects.active()
    nothing = FirstStage(None, np.zeros(0, np.int64), len(course_ids))
    if active is None:
        return nothing
    data = training_data.load()
    earlier = data.interactions.where(data.interactions.times < moment)
    try:
        kind = algorithm(active.algorithm)
        model = kind(kind.configure(active.config)).fit(earlier, progress)
    except (EmptyDataset, FloatingPointError, InvalidConfig, UnknownAlgorithm):
        return nothing
    rows = np.searchsorted(course_ids, data.course_ids).clip(max=len(course_ids) - 1)
    suggests = (np.bincount(earlier.items, minlength=earlier.n_items) > 0) | model.knows_unmet
    return FirstStage(model, np.where((course_ids[rows] == data.course_ids) & suggests, rows, -1), len(course_ids))

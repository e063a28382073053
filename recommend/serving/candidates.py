"""What a platform may be recommended: its listed courses, as columns of the active model."""

from dataclasses import dataclass

import numpy as np

from recommend.algorithms.interactions import Float32Array, Histories, Int64Array
from recommend.model_store import StoredModel
from recommend.serving.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Candidates:
    """Listed courses that the model may suggest: places on the shelf, int64 (n,), and columns of the model, int64 (n,).

    columns_at: int64 (courses of the shelf,), the column of the course at each place, -1 where the model has none.
    are_all: whether these are all the model's columns, in order.
    """

    places: Int64Array
    columns: Int64Array
    columns_at: Int64Array
    are_all: bool

    def best(self, scores: Float32Array, count: int) -> tuple[Int64Array, Float32Array]:
        """The places with the highest of the model's scores, float32 (n_items,), best first, `count` at most.

        With their scores; what the model has no number for is left out.
        """
        if not self.are_all:
            scores = scores[self.columns]
        count = min(len(scores), count)
        if not count:
            return self.places[:0], scores[:0]
        best = np.argpartition(scores, len(scores) - count)[len(scores) - count :]
        best = best[np.argsort(-scores[best], kind="stable")]
        found = scores[best]
        if not np.isfinite(found).all():
            best = best[np.isfinite(found)]
        return self.places[best], scores[best]


def of(model: StoredModel, catalogue: Catalogue, platform_id: int | None) -> Candidates:
    """The candidates of a platform (None: of all), kept with the catalogue as long as that and the model last."""
    key = (model.version_id, platform_id)
    found = catalogue.candidates.get(key)
    if found is None:
        columns, is_known = model.columns_of(catalogue.shelf(platform_id).course_ids)
        is_known[is_known] = model.suggests[columns[is_known]]
        columns_at = np.where(is_known, columns, -1)
        columns = columns[is_known]
        are_all = len(columns) == model.model.n_items
        found = catalogue.candidates[key] = Candidates(np.flatnonzero(is_known), columns, columns_at, are_all)
    return found


@dataclass(frozen=True, slots=True)
class KnownHistory:
    """The part of a history that the model knows: its courses, and the same as the model's columns."""

    course_ids: list[int]
    histories: Histories


def known_history(model: StoredModel, course_ids: list[int], weights: list[float], times: list[float]) -> KnownHistory:
    """A history in the terms of the model; courses newer than the model are left out."""
    if not course_ids:
        return KnownHistory([], Histories.single([]))
    columns, is_known = model.columns_of(np.array(course_ids, dtype=np.int64))
    weight_column, time_column = np.array(weights, np.float32), np.array(times)
    if not is_known.all():
        course_ids = np.array(course_ids)[is_known].tolist()
        columns, weight_column, time_column = columns[is_known], weight_column[is_known], time_column[is_known]
    return KnownHistory(course_ids, Histories.single(columns, weight_column, time_column))

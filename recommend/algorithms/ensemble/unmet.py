"""Courses that nobody met, beside those that were: placed by the one member who knows them.

Members who learn from meetings have nothing to say of such a course, and that nothing is about the average of what they
say of others: far behind the first courses of a list, whoever asks. What the knowing member says of it is therefore not
added to the others' nothing, but brought to the measure of the whole: what stands as high with it as the course that it
ranks k-th gets nearly as much as the k-th course of the whole, so that both have their share of the lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recommend.algorithms.base import Algorithm
from recommend.algorithms.interactions import Float32Array, Histories, Int32Array, Int64Array

FEWEST_PLACES, MOST_PLACES = 3, 20
SHARE = 0.05
"""The courses at this share of both lists are brought together, within these bounds: further down is nobody's taste."""

MODESTY = 0.9
"""How much of its standing a course keeps that nobody met. Where a fifth of the courses was hidden with all their
meetings, most of what was hidden is found again with 0.85 on planted tastes, and with 1.15 on MOOCCubeX."""

TINY = np.finfo(np.float32).tiny
LEAST = np.float32(1e-3)


@dataclass(frozen=True)
class Unmet:
    """Courses that nobody met in training, and the member who knows something of them all the same.

    columns: the columns that were met and those that were not, of each platform with both, int64.
    """

    knower: Algorithm[Any]
    columns: list[tuple[Int64Array, Int64Array]]

    @classmethod
    def of(cls, knower: Algorithm[Any], met: npt.NDArray[np.bool_], platform_of_item: Int32Array) -> Unmet:
        """Beside whether each course was met, bool (n_items,), and its platform, int32 (n_items,)."""
        columns = []
        for platform in np.unique(platform_of_item[~met]).tolist():
            is_here = platform_of_item == platform
            if (is_here & met).any():
                columns.append((np.flatnonzero(is_here & met), np.flatnonzero(is_here & ~met)))
        return cls(knower, columns)

    def place(self, scores: Float32Array, histories: Histories) -> Float32Array:
        """Write scores of courses nobody met among those of the others, float32 (people, n_items), in place.

        Returns by how much each rises with the knowing member's own score, float32 (people, n_items); 0 for others.
        """
        return self._placed(scores, self.knower.scores(histories), histories)

    def place_similar(self, similarity: Float32Array, item: int) -> None:
        """The same for courses like one that was met: their similarity, float32 (n_items,), in place."""
        said = self.knower.similar(item)
        said[item] = said[np.isfinite(said)].min(initial=0)
        self._placed(similarity[None], said[None], Histories.single([item]))

    def _placed(self, scores: Float32Array, said: Float32Array, histories: Histories) -> Float32Array:
        slopes = np.zeros_like(scores)
        for met, unmet in self.columns:
            mean, first = _mean_and_first(scores, met, histories)
            said_mean, said_first = _mean_and_first(said, met, histories)
            slope = np.float32(MODESTY) * np.maximum(first - mean, LEAST) / np.maximum(said_first - said_mean, TINY)
            scores[:, unmet] = mean + slope * (said[:, unmet] - said_mean)
            slopes[:, unmet] = slope
        return slopes


def _mean_and_first(
    scores: Float32Array, columns: Int64Array, histories: Histories
) -> tuple[Float32Array, Float32Array]:
    """Of these columns the mean, and the score at the last of the first places that the person does not know yet.

    Both float32 (people, 1).
    """
    shown = scores.copy()
    shown[histories.people, histories.items] = -np.inf
    shown = shown[:, columns]
    mean = scores[:, columns].mean(axis=1, keepdims=True)
    places = int(np.clip(SHARE * shown.shape[1], FEWEST_PLACES, MOST_PLACES))
    place = max(shown.shape[1] - places, 0)
    first = np.partition(shown, place, axis=1)[:, place : place + 1]
    return mean, np.where(np.isfinite(first), first, mean)

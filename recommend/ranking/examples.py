"""What a ranker learns from: lists that were shown, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recommend.algorithms.interactions import EmptyDataset, Float32Array, Float64Array, Int32Array, Int64Array
from recommend.ranking.circumstances import ASKED_FEATURES
from recommend.ranking.config import HEADS
from recommend.ranking.courses import COURSE_FEATURES
from recommend.ranking.past import PAST_FEATURES
from recommend.ranking.vocabulary import Vocabulary

NOWHERE = -1
"""The place of a course that was in no list, but among what could have been chosen."""
BoolArray = npt.NDArray[np.bool_]


def candidate_features(n_sources: int) -> int:
    """How many numbers describe a candidate: of the course, of the history, of the sources."""
    return len(COURSE_FEATURES) + len(PAST_FEATURES) + 2 * n_sources


@dataclass(frozen=True)
class Examples:
    """Lists, ragged: the courses of list a are the rows `offsets[a]` to `offsets[a + 1]`.

    Of each list (a,): times float64, epoch seconds; asked float32 (a, 21), `ASKED_FEATURES`; platform, device,
    placement int32, codes.
    Of each course shown (m,): numbers float32 (m, f), features of course, history and sources, in that order; category,
    kind, teacher int32, codes; places int32, 0 for the first, `NOWHERE` for courses that were not shown in any order;
    first_stage float32, what the first stage gave it, NaN for nothing; came float32 (m, heads), 1 where the outcome
    came, 0 where not; is_known bool (m, heads), whether that can be told yet; weights float32, how much it counts.
    """

    vocabulary: Vocabulary
    offsets: Int64Array
    times: Float64Array
    asked: Float32Array
    platform: Int32Array
    device: Int32Array
    placement: Int32Array
    numbers: Float32Array
    category: Int32Array
    kind: Int32Array
    teacher: Int32Array
    places: Int32Array
    first_stage: Float32Array
    came: Float32Array
    is_known: BoolArray
    weights: Float32Array

    def __len__(self) -> int:
        return len(self.times)

    @property
    def list_of_row(self) -> Int64Array:
        """Which list each row belongs to, int64 (m,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def take(self, lists: Int64Array) -> Examples:
        """Only these lists, in this order."""
        sizes = np.diff(self.offsets)[lists]
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        rows = np.arange(offsets[-1]) + np.repeat(self.offsets[lists] - offsets[:-1], sizes)
        of_lists = {name: getattr(self, name)[lists] for name in ("times", "asked", "platform", "device", "placement")}
        of_rows = {
            name: getattr(self, name)[rows]
            for name in (
                "numbers",
                "category",
                "kind",
                "teacher",
                "places",
                "first_stage",
                "came",
                "is_known",
                "weights",
            )
        }
        return replace(self, offsets=offsets, **of_lists, **of_rows)

    def parted(self, share: float) -> tuple[Examples, Examples]:
        """The earlier lists, and the latest ones, of which there are this share."""
        order = np.argsort(self.times, kind="stable")
        late = round(share * len(order))
        return self.take(order[: len(order) - late]), self.take(order[len(order) - late :])

    def require_learnable(self) -> None:
        """Raise `EmptyDataset`, saying what is wrong, unless something can be learned from these lists."""
        rows = len(self.numbers)
        if not rows:
            raise EmptyDataset("No list that was shown can be learned from yet; the first stage's order stays.")
        width = candidate_features(len(self.vocabulary.sources))
        if self.numbers.shape[1] != width or self.asked.shape[1] != len(ASKED_FEATURES):
            raise EmptyDataset(f"Lists need {width} numbers for each course and {len(ASKED_FEATURES)} for who asks.")
        if not (np.isfinite(self.numbers).all() and np.isfinite(self.asked).all() and np.isfinite(self.weights).all()):
            raise EmptyDataset("Some features or weights of the lists are no numbers.")
        if self.came.shape != (rows, len(HEADS)) or self.is_known.shape != self.came.shape:
            raise EmptyDataset(f"Each course that was shown needs an outcome for each of {', '.join(HEADS)}.")
        clicks = self.came[self.is_known[:, 0], 0]
        if not len(clicks) or clicks.min() == clicks.max():
            raise EmptyDataset(
                "Of the lists that were shown, nothing was chosen yet, or everything was; "
                "there is nothing to tell apart, and the first stage's order stays."
            )

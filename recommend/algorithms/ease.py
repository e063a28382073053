"""What goes with what this person did: a closed-form item-item model."""

import logging
from typing import Annotated, Self

import msgspec
import numpy as np
import numpy.typing as npt

from recommend.algorithms import matrices
from recommend.algorithms.base import (
    PREPARING,
    Algorithm,
    AlgorithmConfig,
    Arrays,
    Histories,
    Interactions,
    Progress,
    silent,
)
from recommend.algorithms.interactions import Float32Array, Int32Array, damped
from recommend.algorithms.item_regression import item_weights
from recommend.algorithms.matrices import Pruned

logger = logging.getLogger(__name__)

PRIOR_SCALE = 1e-6
"""What the most popular course gets from popularity alone: it decides between equals and answers empty histories."""

TINY = np.finfo(np.float32).tiny


class EaseConfig(AlgorithmConfig, frozen=True, kw_only=True):
    """Settings of `Ease`.

    regularization: lambda of the paper, added to the diagonal of the Gram matrix (squared event weights);
        more for fewer data.
    recency_half_life: by how many later courses of the same person a course's say is halved when scoring
        (courses); 0 lets all speak alike, as in the paper. Events of one time are never told apart.
    max_items: only this many most popular courses are modelled (courses), for memory is 4 * max_items^2 bytes
        and time grows with max_items^3; the others are ranked by popularity, near a score of 0.

    The defaults were chosen on the MOOCCubeX enrolments with each learner's last training course held out.
    """

    regularization: Annotated[float, msgspec.Meta(gt=0, le=1e9)] = 100.0
    recency_half_life: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 3.0
    max_items: Annotated[int, msgspec.Meta(ge=1, le=46_000)] = 20_000


class Ease(Algorithm[EaseConfig]):
    """EASE (Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019).

    With X (people x courses) the damped event weights, B minimises |X - XB|^2 + lambda |B|^2 under diag(B) = 0:
    B = I - P diag(1 / diag(P)), P = (X'X + lambda I)^-1. A history x, fresh courses weighing more, scores x B.
    """

    name = "ease"
    Config = EaseConfig
    compact_forms = {"item_weights": Pruned.of}

    def fit(self, interactions: Interactions, progress: Progress = silent) -> Self:
        """Count pairs, invert, keep B.

        Raises `EmptyDataset`, and `FloatingPointError` when the regularization is too small for the arithmetic.
        """
        interactions.require_learnable()
        progress(PREPARING, 0, 1, {})
        matrix = interactions.matrix()
        matrix.data = damped(matrix.data)
        popularity = np.asarray(matrix.sum(axis=0), dtype=np.float32).ravel()
        modelled = self._modelled(popularity, interactions.met)
        progress(PREPARING, 1, 1, {"modelled courses": len(modelled), "courses": len(popularity)})
        weights = item_weights(matrix[:, modelled], self.config.regularization, progress)
        self.n_items = interactions.n_items
        self.restore({"item_weights": weights, "modelled": modelled, "popularity": popularity})
        return self

    def scores(self, histories: Histories) -> Float32Array:
        """Scores x B plus a trace of popularity, float32 (people, n_items); one person costs one small product."""
        self._require_answerable(histories)
        histories = histories.distinct()
        votes = self._votes(histories, histories.strengths(self.config.recency_half_life))
        if self._models_all:
            votes += self._prior
            return votes
        scores = self._prior[None].repeat(len(histories), axis=0)
        scores[:, self._modelled_items] += votes
        return scores

    def similar(self, item: int) -> Float32Array:
        """The row of B: what having this course says for each other one; -inf for the course itself."""
        self._require_known(np.array([item]))
        similarity = self.scores(Histories.single([item]))[0]
        similarity[item] = -np.inf
        return similarity

    def contributions(self, histories: Histories, items: Int32Array) -> Float32Array:
        """Parts x_i B_ij: of each event i to the score of each course j, float32 (events, len(items))."""
        strengths = histories.shared_strengths(self.config.recency_half_life)
        self._require_answerable(histories)
        self._require_known(items)
        rows, columns = self._row_of_item[histories.items], self._row_of_item[items]
        is_modelled = (rows >= 0)[:, None] & (columns >= 0)
        return np.where(is_modelled, strengths[:, None] * self._item_weights.cells(rows, columns), 0)

    def arrays(self) -> Arrays:
        """The weights and what they are about.

        item_weights: B, float32 (modelled, modelled); modelled: int32 (modelled,), the courses in it;
        popularity: float32 (n_items,), summed damped weights.
        """
        return {
            **self._item_weights.arrays("item_weights"),
            "modelled": self._modelled_items,
            "popularity": self._popularity,
        }

    def restore(self, arrays: Arrays) -> None:
        """Take up what `arrays` gave."""
        self._item_weights = matrices.read(arrays, "item_weights")
        self._modelled_items = arrays["modelled"]
        self._popularity = arrays["popularity"]
        self._prior = self._popularity * np.float32(PRIOR_SCALE / max(self._popularity.max(), TINY))
        self._row_of_item = np.full(self.n_items, -1, dtype=np.int32)
        self._row_of_item[self._modelled_items] = np.arange(len(self._modelled_items))
        self._models_all = len(self._modelled_items) == self.n_items

    def _modelled(self, popularity: Float32Array, met: npt.NDArray[np.bool_]) -> np.ndarray:
        limit = self.config.max_items
        known = np.flatnonzero(met)
        if limit < len(known):
            logger.warning(
                "EASE models the %d most popular of %d courses (%.1f GB); raise max_items to model more.",
                limit,
                len(known),
                4 * limit**2 / 1e9,
            )
        most_popular = known[np.argsort(-popularity[known], kind="stable")[:limit]]
        return np.sort(most_popular).astype(np.int32)

    def _votes(self, histories: Histories, strengths: Float32Array) -> Float32Array:
        """Votes x B over the modelled courses, float32 (people, modelled)."""
        rows = histories.items
        if not self._models_all:
            rows = self._row_of_item[rows]
            strengths = np.where(rows >= 0, strengths, 0)  # what is not modelled says nothing
        if len(histories) == 1:
            return self._item_weights.sum_of_rows(rows, strengths)[None]
        from scipy.sparse import csr_matrix  # serving one person at a time needs numpy alone

        shape = len(histories), self._item_weights.shape[0]
        votes = csr_matrix((strengths, (histories.people, np.maximum(rows, 0))), shape)
        return self._item_weights.sums_of_rows(votes)

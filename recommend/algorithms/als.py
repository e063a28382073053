"""A few numbers for each person and each course, whose product tells how well they go together: implicit ALS."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import msgspec
import numpy as np

from recommend.algorithms import matrices
from recommend.algorithms.base import (
    Algorithm,
    AlgorithmConfig,
    Arrays,
    Histories,
    Interactions,
    Progress,
    silent,
)
from recommend.algorithms.interactions import Float32Array, Int32Array, Int64Array
from recommend.algorithms.matrices import Quantised

PRIOR_SCALE = 1e-6
"""What the most popular course gets from popularity alone: it decides between equals and answers empty histories."""

NUMBERS_AT_ONCE = 1 << 23
"""How many numbers the matrices of the people solved together may have (32 MB)."""

TINY = np.finfo(np.float32).tiny


class AlsConfig(AlgorithmConfig, frozen=True, kw_only=True):
    """Settings of `Als`.

    factors: k, numbers of each person and each course.
    confidence: alpha of the paper, how much more an event of damped weight 1 counts than no event.
    regularization: lambda of the paper, added for each person and course; more for fewer data.
    sweeps: how often all people and then all courses are solved.
    recency_half_life: by how many later courses of the same person a course's say is halved when scoring
        (courses); 0 lets all speak alike, as in the paper. Events of one time are never told apart.
    seed: of the start; on the CPU the same seed gives the same model.
    device: where to train; `auto` takes a GPU when there is one. Serving never needs one.

    The defaults were chosen on the Gowalla check-ins and the MOOCCubeX enrolments, on held-out training data.
    """

    factors: Annotated[int, msgspec.Meta(ge=1, le=2048)] = 64
    confidence: Annotated[float, msgspec.Meta(gt=0, le=1e6)] = 10.0
    regularization: Annotated[float, msgspec.Meta(gt=0, le=1e9)] = 10.0
    sweeps: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 4
    recency_half_life: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 0.0
    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**32)] = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"


class Als(Algorithm[AlsConfig]):
    """Matrix factorisation for implicit feedback (Hu, Koren, Volinsky, ICDM 2008): r_ij ~ sum_k u_ik v_jk.

    Every pair of a person and a course is an observation, 1 where there was an event and 0 where not, counted
    1 + alpha w for damped weights w: given the courses V, a person's numbers solve (V'V + alpha V'WV + lambda I) u =
    V'(1 + alpha W) 1, and the other way round, in turns. People unseen in training are solved when they ask.
    """

    name = "als"
    Config = AlsConfig
    compact_forms = {"courses": Quantised.of}

    def __init__(self, config: AlsConfig | None = None) -> None:
        """Take these settings, or the defaults. Raises `InvalidConfig`."""
        super().__init__(config)
        self._start: tuple[Float32Array, Int64Array] | None = None

    def start_from(self, earlier: Self, columns: Int64Array) -> None:
        """Begin with the courses of an earlier model; those that are new begin at random."""
        self._start = earlier._courses.rows(np.arange(earlier.n_items)), columns

    def fit(self, interactions: Interactions, progress: Progress = silent) -> Self:
        """Solve people and courses in turns with PyTorch, on a GPU when there is one. Raises `EmptyDataset`."""
        interactions.require_learnable()
        from recommend.algorithms.als_training import train  # loads PyTorch, which serving does without

        courses, popularity = train(interactions, self.config, self._start, progress)
        self.n_items = interactions.n_items
        self._start = None
        base = courses.T @ courses + np.float32(self.config.regularization) * np.eye(courses.shape[1], dtype=np.float32)
        self.restore({"courses": courses, "base": base, "popularity": popularity})
        return self

    def people(self, histories: Histories) -> Float32Array:
        """The numbers u of each person, solved from the history, float32 (people, k)."""
        self._require_answerable(histories)
        histories = histories.distinct()
        extra = np.float32(self.config.confidence) * histories.strengths(self.config.recency_half_life)
        found = np.zeros((len(histories), self._courses.shape[1]), np.float32)
        at_once = max(1, NUMBERS_AT_ONCE // self._base.size)
        for first in range(0, len(histories), at_once):
            rows = range(first, min(first + at_once, len(histories)))
            systems = self._base[None].repeat(len(rows), axis=0)
            sides = np.zeros((len(rows), len(self._base)), np.float32)
            for row, person in enumerate(rows):
                events = slice(histories.offsets[person], histories.offsets[person + 1])
                met = self._courses.rows(histories.items[events])
                systems[row] += (met.T * extra[events]) @ met
                sides[row] = (1 + extra[events]) @ met
            found[rows.start : rows.stop] = np.linalg.solve(systems, sides[:, :, None])[:, :, 0]
        return found

    def scores(self, histories: Histories) -> Float32Array:
        """Products u V' plus a trace of popularity, float32 (people, n_items)."""
        people = self.people(histories)
        scores = self._courses.products(people)
        scores += self._prior
        return scores

    def similar(self, item: int) -> Float32Array:
        """What having this course alone says for each other one; -inf for the course itself."""
        self._require_known(np.array([item]))
        similarity = self.scores(Histories.single([item]))[0]
        similarity[item] = -np.inf
        return similarity

    def contributions(self, histories: Histories, items: Int32Array) -> Float32Array:
        """Parts v_j' A^-1 v_i (1 + alpha w_i) of event i in the score of course j, float32 (events, len(items)).

        A is the matrix of the person's equations, so that the parts add up (Hu et al., section 5).
        """
        shares = histories.shared_strengths(self.config.recency_half_life)
        self._require_answerable(histories)
        self._require_known(items)
        distinct = histories.distinct()
        extra = np.float32(self.config.confidence) * distinct.strengths(self.config.recency_half_life)
        met = self._courses.rows(distinct.items)
        inverse = np.linalg.inv(self._base + (met.T * extra) @ met)
        whole = np.zeros(self.n_items, np.float32)
        whole[distinct.items] = distinct.strengths(self.config.recency_half_life)
        counts = np.zeros(self.n_items, np.float32)
        counts[distinct.items] = 1 + extra
        events = histories.items
        each = counts[events] * shares / np.maximum(whole[events], TINY)
        products: Float32Array = self._courses.rows(events) @ inverse @ self._courses.rows(items).T
        return (each[:, None] * products).astype(np.float32)

    def arrays(self) -> Arrays:
        """What was learned of courses.

        courses: V, float32 (n_items, k); base: V'V + lambda I, float32 (k, k); popularity: float32 (n_items,), summed
        damped weights.
        """
        return {**self._courses.arrays("courses"), "base": self._base, "popularity": self._popularity}

    def restore(self, arrays: Arrays) -> None:
        """Take up what `arrays` gave."""
        self._courses, self._popularity = matrices.read(arrays, "courses"), arrays["popularity"]
        self._base = arrays["base"]
        if self._courses.shape != (self.n_items, len(self._base)):
            raise ValueError(f"factors of {self._courses.shape} instead of {self.n_items, len(self._base)}")
        self._prior = self._popularity * np.float32(PRIOR_SCALE / max(self._popularity.max(), TINY))

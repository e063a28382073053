"""What a course is, in the terms of what goes together: for courses that nobody has met yet."""

from dataclasses import dataclass
from typing import Annotated, Self

import msgspec
import numpy as np

from recommend.algorithms import matrices
from recommend.algorithms.base import (
    DECOMPOSING,
    Algorithm,
    AlgorithmConfig,
    Arrays,
    EmptyDataset,
    Histories,
    Interactions,
    Progress,
    silent,
)
from recommend.algorithms.content_vectors import Weights, content_vectors
from recommend.algorithms.course_words import word_matrix
from recommend.algorithms.interactions import Float32Array, Float64Array, Int32Array, damped
from recommend.algorithms.matrices import Quantised
from recommend.algorithms.ridge import fit_ridge

PRIOR_SCALE = 1e-6
"""What the most popular course gets from popularity alone: it decides between equals and answers empty histories."""
POWER_ITERATIONS = 4
TRUSTED_AFTER = 5.0
"""People after whom a course counts half as an example of what descriptions mean."""
EVENED = 0.5
"""Feature vectors are divided by their length to this power. What a regression foretells is shorter than what it is
to foretell, so that courses nobody met would stand behind all others: on planted tastes, where they are a fifth of
the courses, they had 3% of the places in lists, and have 17% so."""
TINY = 1e-12


class ContentConfig(AlgorithmConfig, frozen=True, kw_only=True):
    """Settings of `Content`.

    word_dimensions: axes of words that a course's text becomes (numbers).
    factors: numbers in the collaborative vector of a course.
    content_strength: as much as so many people who met it, what a course is says about whom it is for (people).
    popularity_power: scores grow with the people who met a course, or are expected to, to this power; 0 leaves
        popularity out.
    recency_half_life: by how many later courses of the same person a course's say is halved when scoring
        (courses); 0 lets all speak alike. Events of one time are never told apart.
    text_weight, picture_weight, sound_weight: how much words, covers and audio previews weigh before a regression
        decides what they are good for; 0 leaves them out.
    seed: of everything random; the same seed gives the same model.

    The defaults were chosen on a planted world and the MOOCCubeX enrolments, with a fifth of the courses hidden.
    """

    word_dimensions: Annotated[int, msgspec.Meta(ge=1, le=2_000)] = 256
    factors: Annotated[int, msgspec.Meta(ge=1, le=2_000)] = 128
    content_strength: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 10.0
    popularity_power: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.25
    recency_half_life: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 20.0
    text_weight: Annotated[float, msgspec.Meta(ge=0, le=100)] = 1.0
    picture_weight: Annotated[float, msgspec.Meta(ge=0, le=100)] = 0.5
    sound_weight: Annotated[float, msgspec.Meta(ge=0, le=100)] = 0.5
    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**32)] = 0


@dataclass(frozen=True)
class _Tastes:
    """What people's choices say of courses: how many met each, float64 (n_items,), and two vectors of each, (n, r)."""

    met_by: Float64Array
    profiles: Float32Array
    features: Float32Array


class Content(Algorithm[ContentConfig]):
    """Collaborative vectors foretold from descriptions, in the family of Heater (Zhu et al., SIGIR 2020).

    Courses that people met have collaborative vectors: with the person x course matrix scaled by the size of each,
    the truncated SVD U S V' gives a course's part in a profile, v_i, and its features, s v_j. Two ridge regressions
    foretell them from the content vector c_j (words by TF-IDF and SVD; categories, teachers, kinds; covers; sounds):
    that is CB2CF (Barkan et al., RecSys 2019) in closed form. A course that n people met has
        (n * learned + strength * foretold) / (n + strength)
    of each, so that a course nobody met is where its description puts it, and moves from there as people come: what
    DropoutNet (Volkovs et al., NIPS 2017) learns by dropout. A history x scores sum_i x_i v_i . f_j.
    """

    name = "content"
    knows_unmet = True
    Config = ContentConfig
    compact_forms = {"course_profiles": Quantised.of, "features": Quantised.of}

    def fit(self, interactions: Interactions, progress: Progress = silent) -> Self:
        """Read what courses are, decompose what people chose, and join the two. Raises `EmptyDataset`."""
        interactions.require_learnable()
        descriptions = interactions.descriptions
        if not descriptions:
            raise EmptyDataset("Nothing is known of any course: describe some first (title, category, text).")
        config = self.config
        weights = Weights(config.text_weight, config.picture_weight, config.sound_weight)
        words = word_matrix(descriptions, progress)
        progress(DECOMPOSING, 0, 2, {})
        vectors = content_vectors(words, descriptions, config.word_dimensions, weights, config.seed)
        progress(DECOMPOSING, 1, 2, {"words": words.shape[1]})
        tastes = self._tastes(interactions)
        progress(DECOMPOSING, 2, 2, {"axes": tastes.profiles.shape[1]})
        self.n_items = interactions.n_items
        self.restore(self._joined(vectors, tastes))
        return self

    def scores(self, histories: Histories) -> Float32Array:
        """How well each course fits the history's profile, float32 (people, n_items), plus a trace of popularity."""
        self._require_answerable(histories)
        histories = histories.distinct()
        strengths = histories.strengths(self.config.recency_half_life)
        return self._features.products(self._profiles(histories, strengths)) + self._prior

    def similar(self, item: int) -> Float32Array:
        """What having this course says for each other one; -inf for the course itself."""
        self._require_known(np.array([item]))
        similarity = self.scores(Histories.single([item]))[0]
        similarity[item] = -np.inf
        return similarity

    def contributions(self, histories: Histories, items: Int32Array) -> Float32Array:
        """Parts x_i v_i . f_j of each event i in the score of each course j, float32 (events, len(items))."""
        strengths = histories.shared_strengths(self.config.recency_half_life)
        self._require_answerable(histories)
        self._require_known(items)
        profiles: Float32Array = strengths[:, None] * self._course_profiles.rows(histories.items)
        return profiles @ self._features.rows(items).T

    def arrays(self) -> Arrays:
        """What courses have become.

        course_profiles: float32 (n_items, r), what each adds to a profile; features: float32 (n_items, r), what
        profiles are held against; popularity: float32 (n_items,), people who met a course, or are expected to.
        """
        return {
            **self._course_profiles.arrays("course_profiles"),
            **self._features.arrays("features"),
            "popularity": self._popularity,
        }

    def restore(self, arrays: Arrays) -> None:
        """Take up what `arrays` gave."""
        self._course_profiles = matrices.read(arrays, "course_profiles")
        self._features = matrices.read(arrays, "features")
        self._popularity = arrays["popularity"]
        self._prior = self._popularity * np.float32(PRIOR_SCALE / max(self._popularity.max(), TINY))

    def _profiles(self, histories: Histories, strengths: Float32Array) -> Float32Array:
        if len(histories) == 1:
            return self._course_profiles.sum_of_rows(histories.items, strengths)[None]
        from scipy.sparse import csr_matrix  # slow to load, and of no use for one person at a time

        shape = len(histories), self.n_items
        return self._course_profiles.sums_of_rows(csr_matrix((strengths, (histories.people, histories.items)), shape))

    def _tastes(self, interactions: Interactions) -> _Tastes:
        from scipy.sparse import diags
        from sklearn.utils.extmath import randomized_svd

        matrix = interactions.matrix()
        met_by = np.bincount(matrix.indices, minlength=interactions.n_items).astype(np.float64)
        matrix.data = damped(matrix.data)
        sizes = [np.asarray(matrix.sum(axis=axis)).ravel() for axis in (1, 0)]
        by_person, by_course = (diags(np.maximum(size, TINY) ** -0.5) for size in sizes)
        count = min(self.config.factors, *matrix.shape)
        _left, values, right = randomized_svd(
            (by_person @ matrix @ by_course).tocsr().astype(np.float32),
            count,
            n_iter=POWER_ITERATIONS,
            random_state=self.config.seed,
        )
        return _Tastes(met_by, right.T.astype(np.float32), (right.T * values).astype(np.float32))

    def _joined(self, vectors: Float32Array, tastes: _Tastes) -> Arrays:
        met_by = tastes.met_by
        known, trust = vectors[met_by > 0], (met_by / (met_by + TRUSTED_AFTER))[met_by > 0]
        own = (met_by / np.maximum(met_by + self.config.content_strength, TINY))[:, None].astype(np.float32)

        def moved(learned: Float32Array) -> Float32Array:
            foretold = vectors @ fit_ridge(known, learned[met_by > 0], trust)
            return own * learned + (1 - own) * foretold

        popularity = np.expm1(np.maximum(moved(np.log1p(met_by, dtype=np.float32)[:, None])[:, 0], 0))
        features = moved(tastes.features)
        lengths = np.maximum(np.linalg.norm(features, axis=1), TINY)
        scale = (1 + popularity) ** self.config.popularity_power / lengths**EVENED
        return {
            "course_profiles": moved(tastes.profiles),
            "features": (features * scale[:, None]).astype(np.float32),
            "popularity": popularity.astype(np.float32),
        }

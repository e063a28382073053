"""What people of a like taste elsewhere chose here: taste carried from one platform to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

import msgspec
import numpy as np

from recommend.algorithms import matrices
from recommend.algorithms.base import (
    DECOMPOSING,
    TRAINING,
    Algorithm,
    AlgorithmConfig,
    Arrays,
    EmptyDataset,
    Histories,
    Interactions,
    Progress,
    silent,
)
from recommend.algorithms.interactions import Float32Array, Int32Array, damped
from recommend.algorithms.matrices import Quantised

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FEWEST_PEOPLE = 10
"""With fewer people on both platforms, what goes with what would be chance."""
POWER_ITERATIONS = 4
PRIOR_SCALE = 1e-6
"""What the most popular course gets from popularity alone: it decides between equals."""
TINY = 1e-12


class CrossPlatformConfig(AlgorithmConfig, frozen=True, kw_only=True):
    """Settings of `CrossPlatform`.

    axes: k, how many axes of taste there are. Few are best: what carries over is broad.
    history_exponent: how much popular courses in a history are toned down, 0 not at all.
    regularization: of the map from tastes to courses, as a share of what an axis varies by in the mean; more keeps
        closer to what is chosen in the mean.
    recency_half_life: by how many later courses of the same person on the same platform a course's say is halved when
        scoring (courses); 0 lets all speak alike. Events of one time are never told apart.
    seed: of the directions where the search for the axes begins.

    The defaults were chosen on Douban's books and music and Amazon's sport and phones, hiding all that half of
    the people did in the training part of one platform.
    """

    axes: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 16
    history_exponent: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.3
    regularization: Annotated[float, msgspec.Meta(gt=0, le=1e9)] = 1.0
    recency_half_life: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 0.0
    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**32)] = 0


class CrossPlatform(Algorithm[CrossPlatformConfig]):
    """A map between the tastes of platforms, in the family of EMCDR (Man et al., IJCAI 2017).

    Z holds what people did, each platform's part of a row divided by the root of what the person did there, and popular
    courses toned down: Z_p = D_people,p^-1/2 X_p D_courses^-b of the damped weights X. V holds the k leading right
    singular vectors of Z, so that axes of taste reach over all platforms. The taste of a person on platform p is
    t_p = z_p V_p, and what people choose on platform q is foretold from their tastes on all others, by ridge regression
    over the people of both:
        s_q = mean_q + sum over the other platforms p with a history of (t_p - mean of t_p) W_pq
    Nothing that happened on q itself speaks for courses of q: that is what other models know. So newcomers to q are
    served like all others, and what is foretold is what only joining the platforms can tell.
    """

    name = "cross_platform"
    Config = CrossPlatformConfig
    compact_forms = {"course_tastes": Quantised.of, "answers": Quantised.of}

    def fit(self, interactions: Interactions, progress: Progress = silent) -> Self:
        """Find the axes of each platform, and the map to each platform from the others.

        Raises `EmptyDataset` where no two platforms have people in common.
        """
        interactions.require_learnable()
        names, numbers = np.unique(interactions.platforms, return_inverse=True)
        platforms: Int32Array = numbers.astype(np.int32)
        matrix = interactions.matrix()
        matrix.data = damped(matrix.data)
        done = np.stack([_sums(matrix[:, platforms == platform]) for platform in range(len(names))], axis=1)
        if _of_several(done).sum() < FEWEST_PEOPLE:
            raise EmptyDataset(
                f"Fewer than {FEWEST_PEOPLE} people did something on two platforms, and only they carry taste over."
            )
        course_tastes = self._axes(matrix, platforms, done, progress)
        tastes = _tastes_of_people(matrix, platforms, done, course_tastes)
        mean_tastes = _mean_tastes(tastes, done)
        tastes -= mean_tastes * (done > 0)[:, :, None]
        answers, base = _mapped(matrix, platforms, done, tastes, self.config.regularization, progress)
        base += _sums(matrix.T) * np.float32(PRIOR_SCALE / len(done))
        self.n_items = interactions.n_items
        self.restore(
            {
                "course_tastes": course_tastes,
                "answers": answers.reshape(self.n_items, -1),
                "base": base,
                "mean_tastes": mean_tastes,
                "platforms": platforms,
            }
        )
        return self

    def scores(self, histories: Histories) -> Float32Array:
        """What is chosen there in the mean, moved by the tastes elsewhere; float32 (people, n_items)."""
        self._require_answerable(histories)
        tastes = self._tastes(histories.distinct())
        scores = self._answers.products(tastes.reshape(len(tastes), self._mean_tastes.size))
        scores += self._base
        return scores

    def similar(self, item: int) -> Float32Array:
        """What having this course alone adds to each course of other platforms; -inf for the course itself."""
        self._require_known(np.array([item]))
        similarity = self.scores(Histories.single([item]))[0] - self._base * (1 - np.float32(PRIOR_SCALE))
        similarity[item] = -np.inf
        return similarity

    def contributions(self, histories: Histories, items: Int32Array) -> Float32Array:
        """What each event adds to each course, float32 (events, len(items)); to those of its own platform nothing."""
        strengths = histories.shared_strengths(self.config.recency_half_life)
        self._require_answerable(histories)
        self._require_known(items)
        own = self._platforms[histories.items]
        done = np.bincount(own, strengths, len(self._mean_tastes)).astype(np.float32)[own]
        tastes = self._course_tastes.rows(histories.items) * (strengths / np.sqrt(done))[:, None]
        tastes -= self._mean_tastes[own] * (strengths / done)[:, None]
        answers = self._answers.rows(items).reshape(len(items), *self._mean_tastes.shape)
        parts = np.zeros((len(own), len(items)), np.float32)
        for platform in np.unique(own):
            events = own == platform
            parts[events] = tastes[events] @ answers[:, platform].T
        return parts

    def arrays(self) -> Arrays:
        """The tastes of courses, and the map.

        course_tastes: float32 (n_items, k), what each adds to the taste on its platform; answers: W, float32 (n_items,
        platforms * k), what each platform's tastes add to a course; base: float32 (n_items,), the mean choices;
        mean_tastes: float32 (platforms, k); platforms: int32 (n_items,), numbered from 0.
        """
        return {
            **self._course_tastes.arrays("course_tastes"),
            **self._answers.arrays("answers"),
            "base": self._base,
            "mean_tastes": self._mean_tastes,
            "platforms": self._platforms,
        }

    def restore(self, arrays: Arrays) -> None:
        """Take up what `arrays` gave."""
        self._course_tastes = matrices.read(arrays, "course_tastes")
        self._answers = matrices.read(arrays, "answers")
        self._base, self._mean_tastes = arrays["base"], arrays["mean_tastes"]
        self._platforms = arrays["platforms"]

    def _tastes(self, histories: Histories) -> Float32Array:
        """The centred tastes of `distinct` histories, float32 (people, platforms, k); 0 where there is no history."""
        platforms, axes = self._mean_tastes.shape
        strengths = histories.strengths(self.config.recency_half_life)
        places = histories.people * platforms + self._platforms[histories.items]
        done = np.bincount(places, strengths, len(histories) * platforms).astype(np.float32)
        voices = strengths / np.sqrt(done[places])
        if len(histories) == 1:
            tastes = np.zeros((platforms, axes), np.float32)
            for platform in np.unique(places):
                events = places == platform
                tastes[platform] = self._course_tastes.sum_of_rows(histories.items[events], voices[events])
        else:
            from scipy.sparse import csr_matrix  # serving one person at a time needs numpy alone

            shape = len(histories) * platforms, self.n_items
            tastes = self._course_tastes.sums_of_rows(csr_matrix((voices, (places, histories.items)), shape))
        centres = self._mean_tastes * (done > 0).reshape(len(histories), platforms, 1)
        return tastes.reshape(len(histories), platforms, axes) - centres

    def _axes(self, matrix: csr_matrix, platforms: Int32Array, done: Float32Array, progress: Progress) -> Float32Array:
        """D_courses^-b V, float32 (n_items, k)."""
        from sklearn.utils.extmath import randomized_svd

        progress(DECOMPOSING, 0, 1, {})
        popularity = _sums(matrix.T)
        voices = np.maximum(popularity, TINY) ** np.float32(-self.config.history_exponent) * (popularity > 0)
        shares = _shares(matrix, platforms, done, voices)
        count = min(self.config.axes, *shares.shape)
        _left, _values, right = randomized_svd(shares, count, n_iter=POWER_ITERATIONS, random_state=self.config.seed)
        axes = np.zeros((len(platforms), self.config.axes), np.float32)
        axes[:, :count] = right.T * voices[:, None]
        progress(DECOMPOSING, 1, 1, {})
        return axes


def _sums(matrix: csr_matrix) -> Float32Array:
    return np.asarray(matrix.sum(axis=1), dtype=np.float32).ravel()


def _shares(matrix: csr_matrix, platforms: Int32Array, done: Float32Array, voices: Float32Array) -> csr_matrix:
    """Each number divided by the root of what the person did on its platform, times the voice of its course."""
    from scipy.sparse import csr_matrix

    people = np.repeat(np.arange(len(done)), np.diff(matrix.indptr))
    values = matrix.data * _one_over_root(done)[people, platforms[matrix.indices]] * voices[matrix.indices]
    return csr_matrix((values.astype(np.float32), matrix.indices, matrix.indptr), matrix.shape)


def _one_over_root(done: Float32Array) -> Float32Array:
    return np.where(done > 0, 1 / np.sqrt(np.maximum(done, np.float32(TINY))), 0).astype(np.float32)


def _tastes_of_people(
    matrix: csr_matrix, platforms: Int32Array, done: Float32Array, course_tastes: Float32Array
) -> Float32Array:
    """float32 (people, platforms, k), not centred."""
    tastes = np.empty((*done.shape, course_tastes.shape[1]), np.float32)
    for platform in range(done.shape[1]):
        own = np.flatnonzero(platforms == platform)
        tastes[:, platform] = (matrix[:, own] @ course_tastes[own]) * _one_over_root(done[:, platform])[:, None]
    return tastes


def _mean_tastes(tastes: Float32Array, done: Float32Array) -> Float32Array:
    """The mean taste on each platform of those who did something there, float32 (platforms, k)."""
    people = np.maximum((done > 0).sum(axis=0), 1)
    return (tastes.sum(axis=0, dtype=np.float64) / people[:, None]).astype(np.float32)


def _of_several(done: Float32Array) -> np.ndarray:
    """Who did something on two platforms or more, bool (people,)."""
    return (done > 0).sum(axis=1) >= 2


def _mapped(
    matrix: csr_matrix,
    platforms: Int32Array,
    done: Float32Array,
    tastes: Float32Array,
    penalty: float,
    progress: Progress,
) -> tuple[Float32Array, Float32Array]:
    """What tastes add to each course, float32 (n_items, platforms, k), and its mean choices, float32 (n_items,)."""
    answers = np.zeros((len(platforms), *tastes.shape[1:]), np.float32)
    base = np.zeros(len(platforms), np.float32)
    several = _of_several(done)
    for platform in range(done.shape[1]):
        progress(TRAINING, platform, done.shape[1], {})
        own = np.flatnonzero(platforms == platform)
        people = np.flatnonzero(several & (done[:, platform] > 0))
        choices = matrix[:, own].tocsr()
        if len(people) < FEWEST_PEOPLE:
            base[own] = _sums(choices.T) / max(1, (done[:, platform] > 0).sum())
            continue
        elsewhere = np.arange(done.shape[1]) != platform
        inputs = tastes[people][:, elsewhere].reshape(len(people), -1)
        base[own], found = _ridge(inputs, choices[people], penalty)
        answers[np.ix_(own, np.flatnonzero(elsewhere))] = found.reshape(len(own), -1, tastes.shape[2])
    progress(TRAINING, done.shape[1], done.shape[1], {})
    return answers, base


def _ridge(inputs: Float32Array, choices: csr_matrix, penalty: float) -> tuple[Float32Array, Float32Array]:
    """The mean of the choices, (courses,), and what each input adds to each, (courses, inputs)."""
    mean = np.asarray(choices.mean(axis=0), dtype=np.float64).ravel()
    squares = inputs.T.astype(np.float64) @ inputs
    towards = choices.T @ inputs.astype(np.float64) - np.outer(mean, inputs.sum(axis=0, dtype=np.float64))
    strictness = max(penalty * np.trace(squares) / len(squares), TINY)
    weights = np.linalg.solve(squares + strictness * np.eye(len(squares)), towards.T).T
    return mean.astype(np.float32), weights.astype(np.float32)

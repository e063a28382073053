"""What people with a similar taste chose: a graph filter that lets pass what courses have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

import msgspec
import numpy as np

from recommend.algorithms import matrices
from recommend.algorithms.base import (
    COUNTING_PAIRS,
    DECOMPOSING,
    PREPARING,
    Algorithm,
    AlgorithmConfig,
    Arrays,
    Histories,
    Interactions,
    Progress,
    silent,
)
from recommend.algorithms.interactions import Float32Array, Int32Array, Int64Array, damped
from recommend.algorithms.leading_axes import leading_axes
from recommend.algorithms.matrices import Quantised
from recommend.algorithms.neighbours import Neighbours, read_links

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

PRIOR_SCALE = 1e-6
"""What the most popular course gets from popularity alone: it decides between equals and answers empty histories."""

SHARE_OF_LINKS, FEWEST_LINKS = 0.5, 32
"""How many links of each course a compact model keeps."""

TINY = np.finfo(np.float32).tiny


class SpectralConfig(AlgorithmConfig, frozen=True, kw_only=True):
    """Settings of `Spectral`.

    axes: k, how many axes of taste pass the filter whole.
    direct_weight: alpha, how much courses count that were chosen by the very same people, besides the axes.
    neighbours: for how many other courses each course speaks directly (courses); memory is 8 bytes each.
    history_exponent: how much popular courses in a history are toned down, 0 not at all.
    target_exponent: how much popular courses are preferred as an answer, 0 not at all.
    iterations: of the search for the axes; a start from an earlier model needs one.
    recency_half_life: by how many later courses of the same person a course's say is halved when scoring
        (courses); 0 lets all speak alike. Events of one time are never told apart.
    seed: of the directions where the search begins.

    The defaults were chosen on the Gowalla check-ins and the MOOCCubeX enrolments, on held-out training data.
    """

    axes: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 768
    direct_weight: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 2.0
    neighbours: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 300
    history_exponent: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.3
    target_exponent: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.4
    iterations: Annotated[int, msgspec.Meta(ge=1, le=100)] = 2
    recency_half_life: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 3.0
    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**32)] = 0


class Spectral(Algorithm[SpectralConfig]):
    """A graph filter in the family of GF-CF (Shen et al., How Powerful is Graph Convolution for Recommendation?, 2021).

    With R = D_people^-1/2 X D_courses^-1/2 of the damped event weights X, P = R'R links courses by shared people, and V
    holds its k leading eigenvectors. A history x, fresh courses weighing more, scores
        s = x D^-b (V V' + alpha P) D^c
    The axes V pass whole, all else as far as it is linked directly, only the strongest links of each course being
    kept; ChebyCF (Kim et al., SIGIR 2025) shapes the same filter by polynomials. D, as a share of the most popular
    course, tones down what is popular in a history, and prefers it in the answer.
    """

    name = "spectral"
    Config = SpectralConfig
    compact_forms = {"axes": Quantised.of}

    def __init__(self, config: SpectralConfig | None = None) -> None:
        """Take these settings, or the defaults. Raises `InvalidConfig`."""
        super().__init__(config)
        self._start: Float32Array | None = None

    def start_from(self, earlier: Self, columns: Int64Array) -> None:
        """Begin with the axes of an earlier model, so that one iteration is enough."""
        start = np.zeros((len(columns), earlier._axes.shape[1]), np.float32)
        known = columns >= 0
        start[known] = earlier._axes.rows(columns[known])
        self._start = start

    def fit(self, interactions: Interactions, progress: Progress = silent) -> Self:
        """Normalise, find the axes, keep the strongest links. Raises `EmptyDataset`."""
        interactions.require_learnable()
        progress(PREPARING, 0, 1, {})
        matrix = interactions.matrix()
        matrix.data = damped(matrix.data)
        popularity = np.asarray(matrix.sum(axis=0), dtype=np.float32).ravel()
        graph = _normalised(matrix, popularity)
        progress(PREPARING, 1, 1, {})
        iterations = self.config.iterations if self._start is None else 1

        def found(done: int, total: int) -> None:
            progress(DECOMPOSING, done, total, {})

        def counted(done: int, total: int) -> None:
            progress(COUNTING_PAIRS, done, total, {})

        axes, _squares = leading_axes(graph, self.config.axes, iterations, self.config.seed, found, self._start)
        scale = _share(popularity) ** np.float32(self.config.target_exponent)
        links = Neighbours.of(graph, self.config.neighbours, scale, counted)
        self.n_items = interactions.n_items
        self._start = None
        self.restore({"axes": axes, "popularity": popularity, **links.arrays("links")})
        return self

    def compacted(self) -> Self:
        """The same model with a byte a number, and fewer links."""
        model = super().compacted()
        if isinstance(self._links, Neighbours):
            links = self._links.pruned(max(FEWEST_LINKS, round(SHARE_OF_LINKS * self.config.neighbours)))
            others = {name: array for name, array in model.arrays().items() if not name.startswith("links_")}
            model.restore({**others, **links.arrays("links")})
        return model

    def scores(self, histories: Histories) -> Float32Array:
        """Scores x D^-b (V V' + alpha P) D^c plus a trace of popularity, float32 (people, n_items)."""
        self._require_answerable(histories)
        histories = histories.distinct()
        strengths = histories.strengths(self.config.recency_half_life) * self._from_history[histories.items]
        alpha = np.float32(self.config.direct_weight)
        if len(histories) == 1:
            place = self._axes.sum_of_rows(histories.items, strengths)[None]
            linked = self._links.sum_of_rows(histories.items, alpha * strengths)[None]
        else:
            votes = Histories(histories.items, strengths, histories.times, histories.offsets).matrix(self.n_items)
            place, linked = self._axes.sums_of_rows(votes), self._links.sums_of_rows(alpha * votes)
        scores = self._axes.products(place)
        scores += linked
        scores *= self._to_target
        scores += self._prior
        return scores

    def similar(self, item: int) -> Float32Array:
        """What having this course alone says for each other one; -inf for the course itself."""
        self._require_known(np.array([item]))
        similarity = self.scores(Histories.single([item]))[0]
        similarity[item] = -np.inf
        return similarity

    def contributions(self, histories: Histories, items: Int32Array) -> Float32Array:
        """The part of each event i in the score of each course j, float32 (events, len(items))."""
        strengths = histories.shared_strengths(self.config.recency_half_life)
        self._require_answerable(histories)
        self._require_known(items)
        events = histories.items
        passed = self._axes.rows(events) @ self._axes.rows(items).T
        passed += np.float32(self.config.direct_weight) * self._links.cells(events, items)
        return (strengths * self._from_history[events])[:, None] * passed * self._to_target[items]

    def arrays(self) -> Arrays:
        """The filter and what scales it.

        axes: V, float32 (n_items, k); popularity: float32 (n_items,), summed damped weights; and P, the links of course
        i being those from links_starts[i] to links_starts[i + 1]: links_starts int64 (n_items + 1,), links_items int32,
        links_weights float32.
        """
        return {**self._axes.arrays("axes"), **self._links.arrays("links"), "popularity": self._popularity}

    def restore(self, arrays: Arrays) -> None:
        """Take up what `arrays` gave."""
        self._axes, self._links = matrices.read(arrays, "axes"), read_links(arrays, "links")
        self._popularity = arrays["popularity"]
        sizes = {self._axes.shape[0], self._links.shape[0], len(self._popularity)}
        if sizes != {self.n_items}:
            raise ValueError(f"arrays of {sorted(sizes)} courses instead of {self.n_items}")
        share = _share(self._popularity)
        self._from_history = share ** np.float32(-self.config.history_exponent)
        self._to_target = share ** np.float32(self.config.target_exponent)
        self._prior = self._popularity * np.float32(PRIOR_SCALE / max(self._popularity.max(), TINY))


def _normalised(matrix: csr_matrix, popularity: Float32Array) -> csr_matrix:
    """R = D_people^-1/2 X D_courses^-1/2, float32 (people, courses)."""
    from scipy.sparse import diags_array

    activity = np.asarray(matrix.sum(axis=1), dtype=np.float32).ravel()
    people, courses = (np.sqrt(1 / np.maximum(sizes, TINY)) for sizes in (activity, popularity))
    return (diags_array(people) @ matrix @ diags_array(courses)).astype(np.float32).tocsr()


def _share(popularity: Float32Array) -> Float32Array:
    """Popularity as a share of that of the most popular course; courses without any count as the least popular."""
    chosen = popularity[popularity > 0]
    return np.maximum(popularity, chosen.min()) / popularity.max()

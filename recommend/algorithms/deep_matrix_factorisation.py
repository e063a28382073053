"""Deep matrix factorisation: what a person chose and who chose a course, each through a network of its own."""

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

TINY = 1e-12


class DeepMFConfig(AlgorithmConfig, frozen=True, kw_only=True):
    """Settings of `DeepMF`.

    hidden_dimensions: numbers in the middle layer of each tower.
    dimensions: numbers in the vectors that the towers end in.
    column_dimensions: axes of taste that the people who met a course are summed up in, before its tower reads them.
    recency_half_life: by how many later courses of the same person a course's part in the row is halved (courses);
        0 lets all count alike. Events of one time are never told apart.
    shrinkage: how many events' worth of nothing is mixed in, so that short histories stay modest.
    history_length: how many latest courses of a person an example of the training looks back on (courses).
    negatives: courses drawn for each mini-batch as examples of what was not chosen (courses).
    negatives_per_positive: how much they weigh together, against one chosen course.
    negative_popularity: they are drawn in proportion to popularity to this power; 0 draws all alike.
    batch_size: examples per step of Adam (interactions).
    learning_rate: of Adam at the beginning; it falls to 0 in a straight line over `max_epochs`.
    max_epochs: passes over the interactions at most.
    patience: stop after this many epochs without a better validation loss, and keep the best.
    validation_share: share of the people whose latest course is held out to watch over the training.
    seed: of everything random; on the CPU the same seed gives the same model.
    device: where to train; `auto` takes a GPU when there is one. Serving never needs one.

    The defaults were chosen on the MOOCCubeX enrolments with each learner's last training course held out.
    """

    hidden_dimensions: Annotated[int, msgspec.Meta(ge=2, le=4096)] = 256
    dimensions: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 64
    column_dimensions: Annotated[int, msgspec.Meta(ge=1, le=2048)] = 128
    recency_half_life: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 2.0
    shrinkage: Annotated[float, msgspec.Meta(gt=0, le=1e6)] = 1.0
    history_length: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 50
    negatives: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1024
    negatives_per_positive: Annotated[float, msgspec.Meta(gt=0, le=1e6)] = 20.0
    negative_popularity: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.75
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 2048
    learning_rate: Annotated[float, msgspec.Meta(gt=0, le=10)] = 0.01
    max_epochs: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 5
    patience: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 2
    validation_share: Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.05
    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**32)] = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"


class DeepMF(Algorithm[DeepMFConfig]):
    """Deep matrix factorisation (Xue et al., Deep Matrix Factorization Models for Recommender Systems, IJCAI 2017).

    Of the person x course matrix Y, one tower reads the row of the person, the other the column of the course:
        p = relu(b + sum_i y_i E_i / (shrinkage + sum_i y_i)) W + b'     (d,), and q likewise
    and they meet in the cosine of p and q, trained by the normalised cross-entropy of the paper, in which a choice
    is as true as it is strong: -(y log s + (1 - y) log(1 - s)), y = Y / max Y.

    Three things differ. The chance is s = sigmoid(scale * confidence * cosine + popularity + bias), where the paper
    takes the cosine itself, which cannot learn once it is negative; confidence = sum y / (shrinkage + sum y), so that
    nothing but popularity is left for an empty history. A course is not part of the row and a person not part of the
    column that foretell their own meeting. And columns come through the leading singular vectors of Y, so that the
    tower has no weight for each person and learns from few as well.
    """

    name = "deep_mf"
    Config = DeepMFConfig
    compact_forms = {"course_inputs": Quantised.of, "course_vectors": Quantised.of}

    _earlier: tuple[Arrays, Int64Array] | None = None

    def start_from(self, earlier: Self, columns: Int64Array) -> None:
        """Begin with the earlier tower of persons, where it is whole and of the same sizes; new courses begin anew."""
        self._earlier = earlier.arrays(), columns

    def fit(self, interactions: Interactions, progress: Progress = silent) -> Self:
        """Train with PyTorch, on a GPU when there is one. Raises `EmptyDataset`."""
        interactions.require_learnable()
        from recommend.algorithms.deep_matrix_factorisation_training import train  # loads PyTorch

        arrays, loss_curve = train(interactions, self.config, self._earlier, progress)
        self.n_items, self.loss_curve = interactions.n_items, loss_curve
        self._earlier = None
        self.restore(arrays)
        return self

    def scores(self, histories: Histories) -> Float32Array:
        """Scores before the sigmoid, which keeps their order; float32 (people, n_items)."""
        self._require_answerable(histories)
        histories = histories.distinct()
        strengths = histories.strengths(self.config.recency_half_life)
        if len(histories) == 1:
            sums = self._course_inputs.sum_of_rows(histories.items, strengths)[None]
            totals = strengths.sum(keepdims=True)
        else:
            rows = Histories(histories.items, strengths, histories.times, histories.offsets).matrix(self.n_items)
            sums = self._course_inputs.sums_of_rows(rows)
            totals = np.asarray(rows.sum(axis=1), np.float32).ravel()
        return self._course_vectors.products(self._person_vectors(sums, totals)) + self._course_biases

    def similar(self, item: int) -> Float32Array:
        """How much this course in a history lifts the score of each other one; -inf for the course itself."""
        self._require_known(np.array([item]))
        lift = self.scores(Histories.single([item]))[0] - self._course_biases
        lift[item] = -np.inf
        return lift

    def contributions(self, histories: Histories, items: Int32Array) -> Float32Array:
        """What each event changes in the score of each course as it joins the others, float32 (events, len(items)).

        The mean of joining from the oldest to the newest and the other way round: so the parts add up to the whole,
        which the network bends.
        """
        histories.require_one()
        self._require_answerable(histories)
        self._require_known(items)
        strengths = histories.shared_strengths(self.config.recency_half_life)
        courses, which = np.unique(histories.items, return_inverse=True)
        if not len(courses):
            return np.zeros((0, len(items)), np.float32)
        said = np.bincount(which, strengths).astype(np.float32)
        latest = np.zeros(len(courses), np.int64)
        latest[which] = np.arange(len(which))
        order = np.argsort(latest)
        parts = np.zeros((len(courses), len(items)), np.float32)
        for way in (order, order[::-1]):
            sums = np.cumsum(said[way, None] * self._course_inputs.rows(courses[way]), axis=0)
            vectors = self._person_vectors(sums, np.cumsum(said[way]))
            scores = vectors @ self._course_vectors.rows(items).T
            parts[way] += np.diff(scores, axis=0, prepend=np.zeros((1, len(items)), np.float32)) / 2
        return parts[which] * (strengths / said[which])[:, None]

    def arrays(self) -> Arrays:
        """The tower of persons and what the tower of courses came to, all float32.

        course_inputs: E, (n_items, hidden); input_bias: (hidden,); output_layer: W, (hidden, d); output_bias: (d,);
        course_vectors: scale * q / |q|, (n_items, d); course_biases: popularity + bias, (n_items,).
        """
        return {
            **self._course_inputs.arrays("course_inputs"),
            **self._course_vectors.arrays("course_vectors"),
            "input_bias": self._input_bias,
            "output_layer": self._output_layer,
            "output_bias": self._output_bias,
            "course_biases": self._course_biases,
        }

    def restore(self, arrays: Arrays) -> None:
        """Take up what `arrays` gave."""
        self._course_inputs = matrices.read(arrays, "course_inputs")
        self._course_vectors = matrices.read(arrays, "course_vectors")
        self._input_bias = arrays["input_bias"]
        self._output_layer = arrays["output_layer"]
        self._output_bias = arrays["output_bias"]
        self._course_biases = arrays["course_biases"]

    def _person_vectors(self, sums: Float32Array, totals: Float32Array) -> Float32Array:
        """Confidence times p / |p|, (people, d), of summed inputs, (people, hidden), and strengths, (people,)."""
        shares = 1 / (totals + np.float32(self.config.shrinkage))
        hidden = np.maximum(sums * shares[:, None] + self._input_bias, 0)
        vectors = hidden @ self._output_layer + self._output_bias
        lengths = np.maximum(np.sqrt((vectors**2).sum(axis=1)), np.float32(TINY))
        return vectors * (totals * shares / lengths)[:, None]

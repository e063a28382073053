"""What comes next after the courses a person chose, in their order: a network with attention."""

from typing import Annotated, Literal, Self

import msgspec
import numpy as np

from recommend.algorithms import matrices
from recommend.algorithms.base import Algorithm, AlgorithmConfig, Arrays, Histories, Interactions, Progress, silent
from recommend.algorithms.interactions import Float32Array, Int32Array, Int64Array
from recommend.algorithms.matrices import Quantised
from recommend.algorithms.sequence_forward import KNOWLEDGE, Forward


class SequenceConfig(AlgorithmConfig, frozen=True, kw_only=True):
    """Settings of `Sequence`.

    dimensions: d, numbers that describe a course, a position and a person.
    blocks: layers of attention; heads: parts of each that attend on their own; d must be a multiple of it.
    history_length: how many latest courses of a person are looked at (courses).
    dropout: share of the numbers left out at random in training, so that no single one is relied on.
    softmax_items: how many courses each chosen one is held against; catalogues with more draw a fresh sample for each
        mini-batch, corrected for what was likelier to be drawn.
    batch_size: choices per step of AdamW (interactions).
    learning_rate: of AdamW after the first steps; it falls to 0 in a straight line over `max_epochs`.
    max_epochs: passes over the interactions at most.
    patience: stop after this many epochs without a better validation loss, and keep the best.
    validation_share: share of the people whose latest course is held out to watch over the training.
    seed: of everything random; on the CPU the same seed gives the same model.
    device: where to train; `auto` takes a GPU when there is one. Serving never needs one.

    The defaults were chosen on the MOOCCubeX enrolments with each learner's last training course held out.
    """

    dimensions: Annotated[int, msgspec.Meta(ge=2, le=1024)] = 128
    blocks: Annotated[int, msgspec.Meta(ge=1, le=16)] = 1
    heads: Annotated[int, msgspec.Meta(ge=1, le=64)] = 2
    history_length: Annotated[int, msgspec.Meta(ge=2, le=1_000)] = 50
    dropout: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.2
    softmax_items: Annotated[int, msgspec.Meta(ge=16, le=1_000_000)] = 8_192
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1_500
    learning_rate: Annotated[float, msgspec.Meta(gt=0, le=10)] = 0.002
    max_epochs: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 5
    patience: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 2
    validation_share: Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.05
    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**32)] = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"


class Sequence(Algorithm[SequenceConfig]):
    """Self-attention over the history (SASRec: Kang and McAuley, Self-Attentive Sequential Recommendation, ICDM 2018).

    A history of courses, oldest first and after a mark of its beginning, is a sequence of embeddings e, (t, d). Blocks
    of causal attention and feed-forward layers turn it into what is expected next, h, (d,); a course j then scores
        s_j = h e_j' + b_j
    with the same embeddings, and its chance to come next is softmax(s)_j; who has no history yet is answered by the
    log of popularity. Unlike the paper, the whole softmax is
    trained (all other courses are the negatives: Klenitskiy and Vasilev, Turning Dross Into Gold Loss, RecSys 2023),
    courses chosen before are left out of it, since nobody chooses one twice, positions are told apart by how far back
    they lie (Shaw et al., Self-Attention with Relative Position Representations, NAACL 2018), and embeddings begin
    as the main axes of taste. PyTorch trains; answering takes numpy alone.
    """

    name = "sequence"
    Config = SequenceConfig
    compact_forms = {"courses": Quantised.of}

    _earlier: Arrays | None = None

    def fit(self, interactions: Interactions, progress: Progress = silent) -> Self:
        """Train with PyTorch, on a GPU when there is one.

        Raises `EmptyDataset`, also when nobody's events have an order, and `InvalidConfig` for heads that do not fit.
        """
        interactions.require_learnable()
        interactions.require_order()
        from recommend.algorithms.sequence_training import train  # loads PyTorch, which serving does without

        arrays, loss_curve = train(interactions, self.config, progress, self._earlier)
        self.n_items, self.loss_curve = interactions.n_items, loss_curve
        self.restore(arrays)
        return self

    def start_from(self, earlier: Self, columns: Int64Array) -> None:
        """Begin with the earlier network and its embeddings of the courses it knew, if it is of the same size.

        Going on takes fewer and smaller steps than the settings say: 4 in 10 of the epochs.
        """
        ours, theirs = self.config, earlier.config
        same = ours.dimensions, ours.blocks, ours.heads, ours.history_length
        if same != (theirs.dimensions, theirs.blocks, theirs.heads, theirs.history_length):
            return
        arrays = earlier.parameters()
        known = columns >= 0
        for name, unknown in (("courses", arrays["courses"][:-1].mean(axis=0)), ("bias", arrays["bias"].min())):
            rows = np.empty((len(columns), *arrays[name].shape[1:]), np.float32)
            rows[:] = unknown
            rows[known] = arrays[name][columns[known]]
            arrays[name] = rows if name == "bias" else np.concatenate([rows, arrays[name][-1:]])
        self._earlier = arrays

    def expectations(self, histories: Histories) -> Float32Array:
        """What each person is expected to choose next, h, float32 (people, d)."""
        self._require_answerable(histories)
        return self._forward.expectations(histories.distinct())

    def scores(self, histories: Histories) -> Float32Array:
        """Scores s = h E' + b, before the softmax, which keeps their order; float32 (people, n_items)."""
        expected = self.expectations(histories)
        scores = self._courses.products(expected)[:, :-1] + self._layers["bias"]
        scores[np.diff(histories.offsets) == 0] = self._popularity
        return scores

    def similar(self, item: int) -> Float32Array:
        """How much this course, as the only one, lifts the score of each other one; -inf for the course itself."""
        self._require_known(np.array([item]))
        similarity = (self.scores(Histories.single([item])) - self.scores(Histories.single([])))[0]
        similarity[item] = -np.inf
        return similarity

    def contributions(self, histories: Histories, items: Int32Array) -> Float32Array:
        """What would be lost without each event, float32 (events, len(items)).

        A network has no exact parts. Each course of the history is left out once; the differences are what they add,
        and what is then missing to the score, through joint effects, is shared in proportion to their size. Courses
        further back than `history_length` add nothing.
        """
        histories.require_one()
        self._require_answerable(histories)
        self._require_known(items)
        distinct = histories.distinct()
        if not len(distinct.items):
            return np.zeros((0, len(items)), np.float32)
        embeddings, bias = self._courses.rows(items), self._layers["bias"][items]
        expected = self._forward.expectations(distinct)[0]
        lost = expected - self._forward.without_each(distinct.items)
        parts = lost @ embeddings.T
        score = expected @ embeddings.T + bias
        parts = _completed(parts, score - self._popularity[items])
        return _shared_among_events(histories, distinct, parts)

    def parameters(self) -> Arrays:
        """What `sequence_forward.KNOWLEDGE` names, all float32 and in memory, also of a compact model."""
        every = np.arange(self.n_items + 1)
        return {**{name: np.array(array) for name, array in self._layers.items()}, "courses": self._courses.rows(every)}

    def arrays(self) -> Arrays:
        """The parameters, all float32, named and shaped as `sequence_forward.KNOWLEDGE` tells, and what is popular.

        popularity: (n_items,), the log of each course's share of all choices.
        """
        return {**self._layers, **self._courses.arrays("courses"), "popularity": self._popularity}

    def restore(self, arrays: Arrays) -> None:
        """Take up what `arrays` gave."""
        self._courses = matrices.read(arrays, "courses")
        self._layers = {name: arrays[name] for name in KNOWLEDGE if name != "courses"}
        self._popularity = arrays["popularity"]
        self._forward = Forward(self._courses, self._layers, self.config.heads)


def _completed(parts: Float32Array, wholes: Float32Array) -> Float32Array:
    """The parts (events, items) plus what is missing to the wholes (items,), in proportion to their size."""
    sizes = np.abs(parts) + np.float32(1e-6)
    return parts + sizes * ((wholes - parts.sum(axis=0)) / sizes.sum(axis=0))


def _shared_among_events(histories: Histories, distinct: Histories, parts: Float32Array) -> Float32Array:
    """Parts by course (courses, items) as parts by event (events, items), by weight among events of a course."""
    if distinct is histories:
        return parts
    row_of_course = {course: row for row, course in enumerate(distinct.items.tolist())}
    rows = np.array([row_of_course[course] for course in histories.items.tolist()])
    return parts[rows] * (histories.weights / distinct.weights[rows])[:, None]

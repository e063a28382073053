"""A person's profile against a course's features: the bilinear model of the method."""

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


class BilinearConfig(AlgorithmConfig, frozen=True, kw_only=True):
    """Settings of `Bilinear`.

    profile_dimensions: d, numbers in a person's profile.
    item_dimensions: t, numbers in a course's features.
    recency_half_life: by how many later courses of the same person a course's part in the profile is halved
        (courses); 0 lets all count alike. Events of one time are never told apart.
    shrinkage: how many events' worth of the average profile is mixed in, so that short histories stay modest.
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

    The defaults were chosen on the MOOCCubeX enrolments with each learner's last training course held out;
    the dimensions are those of the method. More of both, say 32, nearly double NDCG@10 there.
    """

    profile_dimensions: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 10
    item_dimensions: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 5
    recency_half_life: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 2.0
    shrinkage: Annotated[float, msgspec.Meta(gt=0, le=1e6)] = 1.0
    history_length: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 50
    negatives: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 512
    negatives_per_positive: Annotated[float, msgspec.Meta(gt=0, le=1e6)] = 20.0
    negative_popularity: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.75
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1024
    learning_rate: Annotated[float, msgspec.Meta(gt=0, le=10)] = 0.03
    max_epochs: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 10
    patience: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 3
    validation_share: Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.05
    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**32)] = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"


class Bilinear(Algorithm[BilinearConfig]):
    """A bilinear profile x item model, in the family of Rendle et al., Neural vs. Matrix Factorization (RecSys 2020).

    A person's profile is linear in the history x, so people unseen in training have one too:
        u = c + sum_i x_i a_i / (shrinkage + sum_i x_i)     (d,)
    All d * t products of the profile with a course's features v_j (t,) go into one linear layer, which is
        s_j = u W v_j' + w_0
    and the chance of choosing j is sigmoid(s_j): trained by binary cross-entropy with sampled negatives and Adam.
    """

    name = "bilinear"
    Config = BilinearConfig
    compact_forms = {"course_profiles": Quantised.of, "item_features": Quantised.of}

    _start: Arrays | None = None

    def fit(self, interactions: Interactions, progress: Progress = silent) -> Self:
        """Train with PyTorch, on a GPU when there is one. Raises `EmptyDataset`."""
        interactions.require_learnable()
        from recommend.algorithms.bilinear_training import train  # loads PyTorch, which serving does without

        start, self._start = self._start, None
        arrays, loss_curve = train(interactions, self.config, progress, start)
        self.n_items, self.loss_curve = interactions.n_items, loss_curve
        self.restore(arrays)
        return self

    def start_from(self, earlier: Self, columns: Int64Array) -> None:
        """Begin the next `fit` with the parameters of an earlier model of the same dimensions; of others, anew.

        A course that it has not begins with no part in profiles and the average features.
        """
        dimensions = self.config.profile_dimensions, self.config.item_dimensions
        if (earlier.config.profile_dimensions, earlier.config.item_dimensions) != dimensions:
            return
        is_known = columns >= 0
        features = earlier._item_features.rows(np.arange(earlier.n_items))
        course_profiles = np.zeros((len(columns), dimensions[0]), np.float32)
        item_features = np.repeat(features.mean(axis=0, keepdims=True), len(columns), axis=0)
        course_profiles[is_known] = earlier._course_profiles.rows(columns[is_known])
        item_features[is_known] = features[columns[is_known]]
        self._start = {
            "course_profiles": course_profiles,
            "average_profile": np.array(earlier._average_profile, np.float32),
            "item_features": item_features.astype(np.float32),
            "layer": np.array(earlier._layer, np.float32),
            "layer_bias": np.array(earlier._layer_bias, np.float32),
        }

    def profiles(self, histories: Histories) -> Float32Array:
        """The profile u of each person, float32 (people, d)."""
        self._require_answerable(histories)
        histories = histories.distinct()
        strengths = histories.strengths(self.config.recency_half_life)
        if len(histories) == 1:
            sums = self._course_profiles.sum_of_rows(histories.items, strengths)
            total = strengths.sum(keepdims=True)
        else:
            weighted = Histories(histories.items, strengths, histories.times, histories.offsets).matrix(self.n_items)
            sums = self._course_profiles.sums_of_rows(weighted)
            total = np.asarray(weighted.sum(axis=1), np.float32).ravel()
        return self._average_profile + sums / (total + np.float32(self.config.shrinkage))[:, None]

    def scores(self, histories: Histories) -> Float32Array:
        """Scores s = u W V' + w_0, before the sigmoid, which keeps their order; float32 (people, n_items)."""
        directions = self.profiles(histories) @ self._layer
        return self._item_features.products(directions) + self._layer_bias

    def similar(self, item: int) -> Float32Array:
        """How much this course in a history lifts the score of each other one; -inf for the course itself."""
        self._require_known(np.array([item]))
        similarity = (self.scores(Histories.single([item])) - self.scores(Histories.single([])))[0]
        similarity[item] = -np.inf
        return similarity

    def contributions(self, histories: Histories, items: Int32Array) -> Float32Array:
        """Parts x_i a_i W v_j' / (shrinkage + sum_i x_i) of event i to the score of course j.

        float32 (events, len(items)).
        """
        strengths = histories.shared_strengths(self.config.recency_half_life)
        self._require_answerable(histories)
        self._require_known(items)
        shares = strengths / (strengths.sum() + np.float32(self.config.shrinkage))
        answers = self._item_features.rows(items) @ self._layer.T
        return shares[:, None] * (self._course_profiles.rows(histories.items) @ answers.T)

    def arrays(self) -> Arrays:
        """The parameters, all float32.

        course_profiles: a, (n_items, d); average_profile: c, (d,); item_features: v, (n_items, t);
        layer: W, (d, t); layer_bias: w_0, (1,).
        """
        return {
            **self._course_profiles.arrays("course_profiles"),
            "average_profile": self._average_profile,
            **self._item_features.arrays("item_features"),
            "layer": self._layer,
            "layer_bias": self._layer_bias,
        }

    def restore(self, arrays: Arrays) -> None:
        """Take up what `arrays` gave."""
        self._course_profiles = matrices.read(arrays, "course_profiles")
        self._average_profile = arrays["average_profile"]
        self._item_features = matrices.read(arrays, "item_features")
        self._layer = arrays["layer"]
        self._layer_bias = arrays["layer_bias"]

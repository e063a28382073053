"""Training of the bilinear model: the only module here that loads PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from sklearn.utils.extmath import randomized_svd
from torch.nn.functional import embedding_bag, softplus

from recommend.algorithms.base import (
    DECOMPOSING,
    PREPARING,
    TRAINING,
    Arrays,
    Interactions,
    LossPoint,
    Progress,
)
from recommend.algorithms.distributed import Team
from recommend.algorithms.early_stopping import latest_figures, train_until_best
from recommend.algorithms.examples import Contexts, Events
from recommend.algorithms.interactions import Float32Array, Float64Array, Int64Array

if TYPE_CHECKING:
    from recommend.algorithms.bilinear import BilinearConfig

VALIDATION_EXAMPLES = 20_000
VALIDATION_NEGATIVES = 4_096
POWER_ITERATIONS = 4
STEPS_PER_REPORT = 8
PACE_FROM_START = 0.3
"""The share of the learning rate for a training that begins where another ended; at full pace it would lose its way."""


def train(
    interactions: Interactions, config: BilinearConfig, progress: Progress, start: Arrays | None = None
) -> tuple[Arrays, list[LossPoint]]:
    """The arrays of `Bilinear.arrays` and the loss curve. start: such arrays to begin with, instead of anew."""
    team = Team.gathered("bilinear", config.device)
    progress = team.heard(progress)
    random = np.random.default_rng(config.seed)
    progress(PREPARING, 0, 1, {})
    events = Events.of(interactions, random)
    held_out = events.held_out(config.validation_share, VALIDATION_EXAMPLES, random)
    known = events.without(held_out)
    progress(PREPARING, 1, 1, {"held out": len(held_out)})
    arrays = start or _initial_arrays(known, interactions, config, progress)
    team.as_the_first(arrays.values())
    network = Network(arrays, config).to(team.device)
    pace = PACE_FROM_START if start else 1.0
    training = _Training(network, known, interactions.n_items, config, pace, random, team)
    loss_curve = training.run(events, held_out, progress)
    return network.arrays(), loss_curve


class Network(torch.nn.Module):
    """The model of `Bilinear`, over mini-batches."""

    def __init__(self, arrays: Arrays, config: BilinearConfig) -> None:
        super().__init__()
        dimensions = config.profile_dimensions, config.item_dimensions
        self.shrinkage = config.shrinkage
        self.course_profiles = torch.nn.Parameter(torch.from_numpy(arrays["course_profiles"]))
        self.average_profile = torch.nn.Parameter(torch.from_numpy(arrays["average_profile"]))
        self.item_features = torch.nn.Parameter(torch.from_numpy(arrays["item_features"]))
        self.layer = torch.nn.Linear(dimensions[0] * dimensions[1], 1)
        self.dimensions = dimensions
        with torch.no_grad():
            self.layer.weight.copy_(torch.from_numpy(arrays["layer"]).reshape(1, -1))
            self.layer.bias.copy_(torch.from_numpy(arrays["layer_bias"]))

    def profiles(self, items: torch.Tensor, offsets: torch.Tensor, strengths: torch.Tensor) -> torch.Tensor:
        """Profiles u, (people, d), of ragged histories: items and strengths (m,), offsets (people + 1,)."""
        ends = torch.cat([strengths.new_zeros(1), strengths.cumsum(0)])
        totals = ends[offsets[1:]] - ends[offsets[:-1]]
        sums = embedding_bag(
            items, self.course_profiles, offsets, mode="sum", per_sample_weights=strengths, include_last_offset=True
        )
        return self.average_profile + sums / (totals + self.shrinkage)[:, None]

    def directions(self, profiles: torch.Tensor) -> torch.Tensor:
        """Directions u W, (people, t): the linear layer over all d * t products is the bilinear form (u W) v'."""
        return profiles @ self.layer.weight.view(self.dimensions)

    def arrays(self) -> Arrays:
        """The parameters as `Bilinear.arrays` names them."""
        tensors = {
            "course_profiles": self.course_profiles,
            "average_profile": self.average_profile,
            "item_features": self.item_features,
            "layer": self.layer.weight.view(self.dimensions),
            "layer_bias": self.layer.bias,
        }
        return {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}


@dataclass(frozen=True)
class Negatives:
    """What was not chosen: a distribution over courses, and the log of how many of each to expect per choice."""

    cumulative: Float64Array
    log_expected: torch.Tensor

    @classmethod
    def of(cls, events: Events, n_items: int, config: BilinearConfig, device: torch.device) -> Negatives:
        """Courses in proportion to (popularity + 1) ** negative_popularity."""
        popularity = np.bincount(events.items, minlength=n_items) + 1.0
        shares = popularity**config.negative_popularity
        shares /= shares.sum()
        log_expected = np.log(config.negatives_per_positive * shares).astype(np.float32)
        return cls(np.cumsum(shares), torch.from_numpy(log_expected).to(device))

    def draw(self, count: int, random: np.random.Generator) -> torch.Tensor:
        """`count` courses, int64 (count,), with repetition."""
        drawn = np.searchsorted(self.cumulative, random.random(count) * self.cumulative[-1], side="right")
        return torch.from_numpy(np.minimum(drawn, len(self.cumulative) - 1)).to(self.log_expected.device)


class _Training:
    """Adam over mini-batches, with early stopping."""

    def __init__(
        self,
        network: Network,
        events: Events,
        n_items: int,
        config: BilinearConfig,
        pace: float,
        random: np.random.Generator,
        team: Team,
    ) -> None:
        self.network, self.events, self.config, self.random, self.team = network, events, config, random, team
        self.learning_rate = pace * config.learning_rate
        self.negatives = Negatives.of(events, n_items, config, team.device)
        self.optimizer = torch.optim.Adam(network.parameters(), lr=self.learning_rate, fused=True)
        self.batches_per_epoch = -(-len(events) // config.batch_size)
        self.steps = self.batches_per_epoch * config.max_epochs
        self.step = 0

    def run(self, events: Events, held_out: Int64Array, progress: Progress) -> list[LossPoint]:
        """Train until the validation loss (without held-out rows: the training loss) stops falling; keep the best."""
        validation_negatives = self.negatives.draw(VALIDATION_NEGATIVES, self.random)
        validation_loss = (
            (lambda: self._validation_loss(events, held_out, validation_negatives)) if len(held_out) else None
        )
        curve = train_until_best(
            self.network,
            self.config.max_epochs,
            self.config.patience,
            lambda curve: self._epoch(progress, curve),
            validation_loss,
        )
        progress(TRAINING, self.steps, self.steps, latest_figures(curve))
        return curve

    def _epoch(self, progress: Progress, curve: list[LossPoint]) -> float:
        order = self.random.permutation(len(self.events))
        total = 0.0
        for start in range(0, len(order), self.config.batch_size):
            if self.step % STEPS_PER_REPORT == 0:
                progress(TRAINING, self.step, self.steps, latest_figures(curve))
            examples = order[start : start + self.config.batch_size]
            self.optimizer.param_groups[0]["lr"] = self.learning_rate * (1 - self.step / self.steps)
            loss = self._loss(self.events, examples, self.negatives.draw(self.config.negatives, self.random))
            self.optimizer.zero_grad()
            loss.backward()
            self.team.add_up_gradients(self.network.parameters())
            self.optimizer.step()
            self.step += 1
            total += loss.item() * len(examples)
        return self.team.total(total) / len(order)

    def _validation_loss(self, events: Events, held_out: Int64Array, negatives: torch.Tensor) -> float:
        total = 0.0
        with torch.no_grad():
            for start in range(0, len(held_out), self.config.batch_size):
                examples = held_out[start : start + self.config.batch_size]
                total += self._loss(events, examples, negatives).item() * len(examples)
        return self.team.total(total) / len(held_out)

    def _loss(self, events: Events, examples: Int64Array, negatives: torch.Tensor) -> torch.Tensor:
        """Mean binary cross-entropy of these chosen courses against these others; of it, this process's share.

        The log of how often a course is drawn as a negative is taken off its score in training, so that the scores
        themselves order courses by the chance of being chosen, whichever way negatives are drawn
        (Gutmann and Hyvarinen, Noise-Contrastive Estimation, AISTATS 2010).
        """
        total_weight = float(events.weights[examples].sum())
        examples = self.team.share(examples)
        if not len(examples):
            return self.network.layer.bias.sum() * 0  # this process has nothing to do in this mini-batch
        contexts = events.contexts(examples, self.config.history_length, self.config.recency_half_life)
        directions = self.network.directions(self.network.profiles(*self._tensors(events, contexts)))
        chosen = self._to_device(events.items[examples].astype(np.int64))
        features, bias, log_expected = self.network.item_features, self.network.layer.bias, self.negatives.log_expected
        chosen_logits = (directions * features[chosen]).sum(1) + bias - log_expected[chosen]
        other_logits = directions @ features[negatives].T + bias - log_expected[negatives]
        losses = softplus(-chosen_logits) + self.config.negatives_per_positive * softplus(other_logits).mean(1)
        weights = self._to_device(events.weights[examples])
        return (losses * weights).sum() / total_weight

    def _tensors(self, events: Events, contexts: Contexts) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        items = events.items[contexts.rows].astype(np.int64)
        return self._to_device(items), self._to_device(contexts.offsets), self._to_device(contexts.strengths)

    def _to_device(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values).to(self.team.device)


def _initial_arrays(events: Events, interactions: Interactions, config: BilinearConfig, progress: Progress) -> Arrays:
    """A start that already recommends: the first number is popularity's, the others the main axes of taste.

    Profiles and features are right singular vectors of the person x course matrix, each person and course scaled by
    its size to soften popularity; the layer joins equal axes by their singular values.
    """
    random = np.random.default_rng(config.seed)
    d, t, n_items = config.profile_dimensions, config.item_dimensions, interactions.n_items
    progress(DECOMPOSING, 0, 1, {})
    axes, singular_values = _axes_of_taste(events, interactions, max(d, t) - 1, config.seed)
    progress(DECOMPOSING, 1, 1, {})
    found = len(singular_values)
    course_profiles = random.normal(scale=0.01, size=(n_items, d))
    item_features = random.normal(scale=0.01, size=(n_items, t))
    course_profiles[:, 1 : 1 + found] += axes[:, : d - 1]
    item_features[:, 1 : 1 + found] += axes[:, : t - 1]
    log_popularity = np.log1p(np.bincount(events.items, minlength=n_items))
    item_features[:, 0] = (log_popularity - log_popularity.mean()) / (log_popularity.std() + 1e-6)
    average_profile = np.zeros(d)
    average_profile[0] = 1.0
    layer = np.zeros((d, t))
    layer[0, 0] = 1.0
    shared = np.arange(1, min(d, t, found + 1))
    layer[shared, shared] = 0.3 * singular_values[shared - 1] / singular_values[0] if found else 0.0
    arrays = {
        "course_profiles": course_profiles,
        "average_profile": average_profile,
        "item_features": item_features,
        "layer": layer,
        "layer_bias": np.array([-np.log(n_items)]),
    }
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def _axes_of_taste(
    events: Events, interactions: Interactions, count: int, seed: int
) -> tuple[Float32Array, Float32Array]:
    """The leading right singular vectors, (n_items, count) with entries of about 1, and their values, (count,)."""
    from scipy.sparse import csr_matrix

    shape = interactions.n_users, interactions.n_items
    count = min(count, *shape)
    if not count:
        return np.zeros((shape[1], 0), np.float32), np.zeros(0, np.float32)
    by_person = np.bincount(events.people, minlength=shape[0])[events.people]
    by_item = np.bincount(events.items, minlength=shape[1])[events.items]
    values = (by_person**-0.5 * (by_item + 1.0) ** -0.25).astype(np.float32)
    matrix = csr_matrix((values, (events.people, events.items)), shape=shape)
    _, singular_values, axes = randomized_svd(matrix, count, n_iter=POWER_ITERATIONS, random_state=seed)
    return axes.T * np.sqrt(shape[1]), singular_values

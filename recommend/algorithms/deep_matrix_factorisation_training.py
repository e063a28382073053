"""Training of deep matrix factorisation: loads PyTorch, which serving does without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from sklearn.utils.extmath import randomized_svd
from torch.nn.functional import binary_cross_entropy_with_logits, embedding_bag, normalize, relu

from recommend.algorithms.base import (
    DECOMPOSING,
    PREPARING,
    TRAINING,
    Arrays,
    Interactions,
    LossPoint,
    Progress,
)
from recommend.algorithms.distributed import device_named
from recommend.algorithms.early_stopping import latest_figures, train_until_best
from recommend.algorithms.examples import Events
from recommend.algorithms.interactions import Float32Array, Float64Array, Int64Array

if TYPE_CHECKING:
    from recommend.algorithms.deep_matrix_factorisation import DeepMFConfig

VALIDATION_EXAMPLES = 20_000
VALIDATION_NEGATIVES = 4_096
POWER_ITERATIONS = 4
STEPS_PER_REPORT = 8
STRONGEST = 0.95
"""This quantile of the weights counts as max Y: a single person who repeats a course endlessly shrinks nobody else."""
FIRST_SCALE = 8.0


def train(
    interactions: Interactions, config: DeepMFConfig, earlier: tuple[Arrays, Int64Array] | None, progress: Progress
) -> tuple[Arrays, list[LossPoint]]:
    """The arrays of `DeepMF.arrays` and the loss curve."""
    random = np.random.default_rng(config.seed)
    torch.manual_seed(config.seed)
    progress(PREPARING, 0, 1, {})
    events = Events.of(interactions, random)
    held_out = events.held_out(config.validation_share, VALIDATION_EXAMPLES, random)
    known = events.without(held_out)
    progress(PREPARING, 1, 1, {"held out": len(held_out)})
    progress(DECOMPOSING, 0, 1, {})
    world = World.of(known, interactions, config)
    progress(DECOMPOSING, 1, 1, {"axes": world.people.shape[1]})
    network = Network(world, config)
    if earlier is not None:
        network.take_up(*earlier)
    network.to(device_named("deep_mf", config.device))
    training = _Training(network, world, known, config, random)
    loss_curve = training.run(events, held_out, progress)
    return network.arrays(), loss_curve


@dataclass(frozen=True)
class World:
    """What the towers see: Y = U S V' cut to the leading axes.

    people: U, float32 (n_users, k), entries of about 1; columns: sums of the rows of U over who met a course,
    float32 (n_items, k); met_by: how many they are, float32 (n_items,); courses: V scaled by S, float32 (n_items, k).
    """

    people: Float32Array
    columns: Float32Array
    met_by: Float32Array
    courses: Float32Array

    @classmethod
    def of(cls, events: Events, interactions: Interactions, config: DeepMFConfig) -> World:
        """Decompose the matrix, each person and course scaled by its size to soften popularity."""
        from scipy.sparse import csr_matrix

        shape = interactions.n_users, interactions.n_items
        met_by = np.bincount(events.items, minlength=shape[1]).astype(np.float32)
        by_person = np.bincount(events.people, minlength=shape[0])[events.people]
        values = (by_person**-0.5 * (met_by[events.items] + 1.0) ** -0.25).astype(np.float32)
        matrix = csr_matrix((values, (events.people, events.items)), shape=shape)
        count = min(config.column_dimensions, *shape)
        left, sizes, right = randomized_svd(matrix, count, n_iter=POWER_ITERATIONS, random_state=config.seed)
        people = (left * np.sqrt(shape[0])).astype(np.float32)
        met = csr_matrix((np.ones(len(events), np.float32), (events.items, events.people)), shape=shape[::-1])
        courses = right.T * np.sqrt(shape[1]) * np.sqrt(sizes / max(sizes[0], 1e-12))
        return cls(people, np.asarray(met @ people), met_by, courses.astype(np.float32))


class Network(torch.nn.Module):
    """The model of `DeepMF`, over mini-batches."""

    columns: torch.Tensor
    people: torch.Tensor
    met_by: torch.Tensor

    def __init__(self, world: World, config: DeepMFConfig) -> None:
        super().__init__()
        hidden, d, k = config.hidden_dimensions, config.dimensions, world.people.shape[1]
        self.shrinkage = config.shrinkage
        self.register_buffer("columns", torch.from_numpy(world.columns))
        self.register_buffer("people", torch.from_numpy(world.people))
        self.register_buffer("met_by", torch.from_numpy(world.met_by))
        inputs = torch.randn(len(world.met_by), hidden) * 0.01
        pairs = min(k, hidden // 2)
        # relu keeps one sign of each axis, so each enters with both.
        inputs[:, :pairs] += torch.from_numpy(world.courses[:, :pairs])
        inputs[:, pairs : 2 * pairs] -= torch.from_numpy(world.courses[:, :pairs])
        self.course_inputs = torch.nn.Parameter(inputs)
        self.input_bias = torch.nn.Parameter(torch.zeros(hidden))
        self.output = _linear_of_axes(hidden, d, pairs)
        self.column_layer = torch.nn.Linear(k, hidden)
        self.column_output = _linear_of_axes(hidden, d, pairs)
        with torch.no_grad():
            self.column_layer.weight.mul_(0.1)
            self.column_layer.weight[:pairs, :pairs] += torch.eye(pairs)
            self.column_layer.weight[pairs : 2 * pairs, :pairs] -= torch.eye(pairs)
            self.column_layer.bias.zero_()
        self.log_scale = torch.nn.Parameter(torch.tensor(np.log(FIRST_SCALE), dtype=torch.float32))
        self.popularity_weight = torch.nn.Parameter(torch.tensor(1.0))
        self.bias = torch.nn.Parameter(torch.tensor(-float(np.log1p(world.met_by).max())))

    def take_up(self, arrays: Arrays, columns: Int64Array) -> None:
        """The earlier tower of persons, as far as it has the same sizes; courses that are new stay as they are."""
        earlier = {
            "course_inputs": self.course_inputs,
            "input_bias": self.input_bias,
            "output_layer": self.output.weight.T,
            "output_bias": self.output.bias,
        }
        if any(name not in arrays or arrays[name].shape[-1] != tensor.shape[-1] for name, tensor in earlier.items()):
            return
        known = np.flatnonzero(columns >= 0)
        with torch.no_grad():
            self.course_inputs[known] = torch.from_numpy(np.array(arrays["course_inputs"][columns[known]]))
            self.input_bias.copy_(torch.from_numpy(np.array(arrays["input_bias"])))
            self.output.weight.copy_(torch.from_numpy(np.array(arrays["output_layer"])).T)
            self.output.bias.copy_(torch.from_numpy(np.array(arrays["output_bias"])))

    def persons(self, items: torch.Tensor, offsets: torch.Tensor, strengths: torch.Tensor) -> torch.Tensor:
        """Confidence times p / |p|, (people, d), of ragged rows: items and strengths (m,), offsets (people + 1,)."""
        ends = torch.cat([strengths.new_zeros(1), strengths.cumsum(0)])
        totals = ends[offsets[1:]] - ends[offsets[:-1]]
        sums = embedding_bag(
            items, self.course_inputs, offsets, mode="sum", per_sample_weights=strengths, include_last_offset=True
        )
        hidden = relu(sums / (totals + self.shrinkage)[:, None] + self.input_bias)
        confidence = totals / (totals + self.shrinkage)
        return normalize(self.output(hidden), dim=1) * confidence[:, None]

    def courses(self, items: torch.Tensor, without: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Scale times q / |q|, (courses, d), and popularity + bias, (courses,); `without` one person who met each."""
        columns, met_by = self.columns[items], self.met_by[items]
        if without is not None:
            columns, met_by = columns - self.people[without], met_by - 1
        hidden = relu(self.column_layer(columns / (met_by + self.shrinkage)[:, None]))
        vectors = normalize(self.column_output(hidden), dim=1) * self.log_scale.exp()
        return vectors, self.popularity_weight * torch.log1p(met_by) + self.bias

    def arrays(self) -> Arrays:
        """The parameters as `DeepMF.arrays` names them."""
        with torch.no_grad():
            vectors, biases = self.courses(torch.arange(len(self.met_by), device=self.met_by.device))
        tensors = {
            "course_inputs": self.course_inputs,
            "input_bias": self.input_bias,
            "output_layer": self.output.weight.T.contiguous(),
            "output_bias": self.output.bias,
            "course_vectors": vectors,
            "course_biases": biases,
        }
        return {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}


def _linear_of_axes(hidden: int, d: int, pairs: int) -> torch.nn.Linear:
    """A layer that begins by putting the two signs of each of the first axes together again."""
    layer = torch.nn.Linear(hidden, d)
    kept = min(d, pairs)
    with torch.no_grad():
        layer.weight.mul_(0.1)
        layer.weight[:kept, :kept] += torch.eye(kept)
        layer.weight[:kept, pairs : pairs + kept] -= torch.eye(kept)
        layer.bias.zero_()
    return layer


class _Training:
    """Adam over mini-batches, with early stopping."""

    def __init__(
        self, network: Network, world: World, events: Events, config: DeepMFConfig, random: np.random.Generator
    ) -> None:
        self.network, self.events, self.config, self.random = network, events, config, random
        self.device = network.bias.device
        shares = (world.met_by.astype(np.float64) + 1.0) ** config.negative_popularity
        self.cumulative: Float64Array = np.cumsum(shares / shares.sum())
        self.log_expected = torch.from_numpy(
            np.log(config.negatives_per_positive * shares / shares.sum()).astype(np.float32)
        ).to(self.device)
        self.strongest = float(np.quantile(events.weights, STRONGEST))
        self.optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate, fused=True)
        self.steps = -(-len(events) // config.batch_size) * config.max_epochs
        self.step = 0

    def run(self, events: Events, held_out: Int64Array, progress: Progress) -> list[LossPoint]:
        """Train until the validation loss (without held-out rows: the training loss) stops falling; keep the best."""
        negatives = self._draw(VALIDATION_NEGATIVES)
        validation_loss = (lambda: self._validation_loss(events, held_out, negatives)) if len(held_out) else None
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
            self.optimizer.param_groups[0]["lr"] = self.config.learning_rate * (1 - self.step / self.steps)
            loss = self._loss(self.events, examples, self._draw(self.config.negatives), is_known=True)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.step += 1
            total += loss.item() * len(examples)
        return total / len(order)

    def _validation_loss(self, events: Events, held_out: Int64Array, negatives: torch.Tensor) -> float:
        total = 0.0
        with torch.no_grad():
            for start in range(0, len(held_out), self.config.batch_size):
                examples = held_out[start : start + self.config.batch_size]
                total += self._loss(events, examples, negatives, is_known=False).item() * len(examples)
        return total / len(held_out)

    def _loss(self, events: Events, examples: Int64Array, negatives: torch.Tensor, is_known: bool) -> torch.Tensor:
        """Mean normalised cross-entropy of these choices against courses drawn at random.

        The log of how often a course is drawn is taken off its score (Gutmann and Hyvarinen, Noise-Contrastive
        Estimation, AISTATS 2010). `is_known`: whether the columns contain these very choices.
        """
        contexts = events.contexts(examples, self.config.history_length, self.config.recency_half_life)
        items = events.items[contexts.rows].astype(np.int64)
        rows = (self._to_device(items), self._to_device(contexts.offsets), self._to_device(contexts.strengths))
        persons = self.network.persons(*rows)
        chosen = self._to_device(events.items[examples].astype(np.int64))
        own = self._to_device(events.people[examples]) if is_known else None
        vectors, biases = self.network.courses(chosen, own)
        chosen_logits = (persons * vectors).sum(1) + biases - self.log_expected[chosen]
        others, other_biases = self.network.courses(negatives)
        other_logits = persons @ others.T + other_biases - self.log_expected[negatives]
        truth = self._to_device((events.weights[examples] / self.strongest).clip(max=1.0))
        losses = binary_cross_entropy_with_logits(chosen_logits, truth, reduction="none")
        return (losses + self.config.negatives_per_positive * torch.nn.functional.softplus(other_logits).mean(1)).mean()

    def _draw(self, count: int) -> torch.Tensor:
        drawn = np.searchsorted(self.cumulative, self.random.random(count) * self.cumulative[-1], side="right")
        return torch.from_numpy(np.minimum(drawn, len(self.cumulative) - 1)).to(self.device)

    def _to_device(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values).to(self.device)

"""Training of the sequence model; with `softmax` and `distributed` the only modules of it that load PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import torch
from torch.nn import functional

from recommend.algorithms.base import (
    PREPARING,
    TRAINING,
    Arrays,
    Interactions,
    InvalidConfig,
    LossPoint,
    Progress,
)
from recommend.algorithms.distributed import Team
from recommend.algorithms.early_stopping import latest_figures, train_until_best
from recommend.algorithms.examples import Events
from recommend.algorithms.interactions import Float32Array, Int64Array
from recommend.algorithms.sequence_forward import EPSILON, KNOWLEDGE
from recommend.algorithms.sequence_start import initial_arrays, log_popularity
from recommend.algorithms.softmax import Choices, total_loss
from recommend.algorithms.stretches import Stretches

if TYPE_CHECKING:
    from recommend.algorithms.sequence import SequenceConfig

VALIDATION_EXAMPLES = 10_000
STEPS_PER_REPORT = 8
WARMING_UP = 100
"""Steps over which the learning rate rises to its full height."""

LARGEST_GRADIENT = 1.0
LOWEST_RATE = 0.02
BETAS = (0.9, 0.98)
SAMPLED_POPULARITY = 0.75
CONTINUED_EPOCHS, CONTINUED_RATE = 0.4, 0.3
"""What part of the epochs and of the learning rate it takes to go on from an earlier model."""


def train(
    interactions: Interactions, config: SequenceConfig, progress: Progress, earlier: Arrays | None
) -> tuple[Arrays, list[LossPoint]]:
    """The arrays that `KNOWLEDGE` names, and the loss curve; begun with `earlier` arrays where there are any."""
    if config.dimensions % config.heads:
        raise InvalidConfig(f"sequence: dimensions ({config.dimensions}) must be a multiple of heads ({config.heads}).")
    team = Team.gathered("sequence", config.device)
    progress = team.heard(progress)
    random = np.random.default_rng(config.seed)
    progress(PREPARING, 0, 1, {})
    events = Events.of(interactions, random)
    held_out = events.held_out(config.validation_share, VALIDATION_EXAMPLES, random)
    known = events.without(held_out)
    progress(PREPARING, 1, 1, {"held out": len(held_out)})
    arrays = earlier or initial_arrays(known, interactions, config, progress)
    if earlier:
        config = _continued(config)
    team.as_the_first(arrays.values())
    with torch.random.fork_rng():
        torch.manual_seed(config.seed + team.rank)
        network = Network(arrays, config).to(team.device)
        run = _Training(network, known, config, random, team)
        loss_curve = run.run(events, Stretches.ending_at(events, held_out, config.history_length), progress)
    return {**network.arrays(), "popularity": log_popularity(events.items, interactions.n_items)}, loss_curve


def _continued(config: SequenceConfig) -> SequenceConfig:
    """The settings for going on from an earlier model, which is nearly there."""
    epochs = max(1, round(CONTINUED_EPOCHS * config.max_epochs))
    return msgspec.structs.replace(config, max_epochs=epochs, learning_rate=CONTINUED_RATE * config.learning_rate)


class Network(torch.nn.Module):
    """`sequence_forward.Forward` over mini-batches, for all places at once and with dropout."""

    def __init__(self, arrays: Arrays, config: SequenceConfig) -> None:
        super().__init__()
        self.heads, self.dropout, self.dimensions = config.heads, config.dropout, config.dimensions
        self.blocks = config.blocks
        self.knowledge = torch.nn.ParameterDict({name: torch.from_numpy(arrays[name].copy()) for name in KNOWLEDGE})

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """What comes next, (people, t, d), after each place of the sequences (people, t)."""
        states = self._dropped(self.knowledge["courses"][sequences] * self.dimensions**0.5)
        for block in range(self.blocks):
            states = states + self._dropped(self._attended(self._normalised(states, 2 * block), block))
            states = states + self._dropped(self._fed_forward(self._normalised(states, 2 * block + 1), block))
        return self._normalised(states, 2 * self.blocks)

    def arrays(self) -> Arrays:
        """The parameters as `KNOWLEDGE` names them."""
        return {name: parameter.detach().cpu().numpy().copy() for name, parameter in self.knowledge.items()}

    def _attended(self, states: torch.Tensor, block: int) -> torch.Tensor:
        of, (people, length, width) = self.knowledge, states.shape
        mixed = states @ of["attention"][block] + of["attention_bias"][block]
        by_head = mixed.view(people, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        queries, keys, values = by_head.unbind(0)
        places = torch.arange(length, device=states.device)
        back = places[:, None] - places
        bias = of["distances"][block][:, back.clamp(min=0)].masked_fill(back < 0, -torch.inf)
        attended = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=bias[None])
        attended = attended.transpose(1, 2).reshape(people, length, width)
        return attended @ of["joining"][block] + of["joining_bias"][block]

    def _fed_forward(self, states: torch.Tensor, block: int) -> torch.Tensor:
        of = self.knowledge
        wide = functional.relu(states @ of["widening"][block] + of["widening_bias"][block])
        return wide @ of["narrowing"][block] + of["narrowing_bias"][block]

    def _normalised(self, states: torch.Tensor, layer: int) -> torch.Tensor:
        gain, shift = self.knowledge["gains"][layer], self.knowledge["shifts"][layer]
        return functional.layer_norm(states, states.shape[-1:], gain, shift, float(EPSILON))

    def _dropped(self, states: torch.Tensor) -> torch.Tensor:
        return functional.dropout(states, self.dropout, self.training)


class _Training:
    """AdamW over mini-batches of stretches of about the same length, with early stopping."""

    def __init__(
        self, network: Network, events: Events, config: SequenceConfig, random: np.random.Generator, team: Team
    ) -> None:
        self.network, self.events, self.config, self.random, self.team = network, events, config, random, team
        self.n_items = len(network.knowledge["bias"])
        self.stretches = Stretches.of(events, config.history_length)
        popularity = np.bincount(events.items, minlength=self.n_items) + 1.0
        self.popularity = popularity / popularity.sum()
        self.optimizer = torch.optim.AdamW(
            network.parameters(), lr=config.learning_rate, betas=BETAS, weight_decay=0.0, fused=True
        )
        self.steps = max(1, -(-len(events) // config.batch_size)) * config.max_epochs
        self.step = 0

    def run(self, events: Events, held_out: Stretches, progress: Progress) -> list[LossPoint]:
        """Train until the validation loss (without held-out rows: the training loss) stops falling; keep the best."""
        validation_loss = (lambda: self._validation_loss(events, held_out)) if len(held_out) else None
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
        self.network.train()
        total = 0.0
        for batch in self.stretches.batches(self.config.batch_size, self.random):
            if self.step % STEPS_PER_REPORT == 0:
                progress(TRAINING, min(self.step, self.steps), self.steps, latest_figures(curve))
            columns = self._columns(batch)
            weight = float(self.events.weights[self.stretches.rows(batch)].sum())
            loss = self._loss(self.events, self.stretches, self.team.share(batch), columns)
            self.optimizer.param_groups[0]["lr"] = self._learning_rate()
            self.optimizer.zero_grad()
            (loss / weight).backward()
            self.team.add_up_gradients(self.network.parameters())
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_GRADIENT)
            self.optimizer.step()
            self.step += 1
            total += loss.item()
        return self.team.total(total) / float(self.events.weights.sum())

    def _learning_rate(self) -> float:
        rising = min(1.0, (self.step + 1) / min(WARMING_UP, self.steps))
        return self.config.learning_rate * rising * max(LOWEST_RATE, 1 - self.step / self.steps)

    def _validation_loss(self, events: Events, held_out: Stretches) -> float:
        self.network.eval()
        total = 0.0
        with torch.no_grad():
            for batch in held_out.batches(self.config.batch_size, np.random.default_rng(self.config.seed)):
                total += self._loss(events, held_out, self.team.share(batch), _all_columns(self.n_items)).item()
        return self.team.total(total) / float(events.weights[held_out.stops - 1].sum())

    def _loss(self, events: Events, stretches: Stretches, batch: Int64Array, columns: Columns) -> torch.Tensor:
        """The sum of weighted losses over the places of these stretches that are asked about."""
        seen, chosen, asked = stretches.padded(events, batch, nothing=self.n_items)
        owners, places = np.nonzero(asked)
        if not len(owners):
            return self.network.knowledge["courses"].sum() * 0  # this process has nothing to do in this mini-batch
        states = self.network(self._on_device(seen))[self._on_device(owners), self._on_device(places)]
        rows = chosen[owners, places]
        choices = Choices(
            self._on_device(columns.column_of[events.items[rows].astype(np.int64)]),
            self._on_device(events.weights[rows]),
            self._on_device(columns.column_of[seen]),
            self._on_device(owners),
            self._on_device(places),
            nothing=len(columns.items),
        )
        embeddings, bias = self.network.knowledge["courses"], self.network.knowledge["bias"]
        if len(columns.items) < self.n_items:
            items = self._on_device(columns.items)
            embeddings = torch.cat([embeddings[items], embeddings[-1:]])
            bias = bias[items] - self._on_device(columns.log_chance)
        return total_loss(states, embeddings, torch.cat([bias, bias.new_zeros(1)]), choices)

    def _columns(self, batch: Int64Array) -> Columns:
        """All courses, or a sample with all that were chosen in this mini-batch."""
        if self.n_items <= self.config.softmax_items:
            return _all_columns(self.n_items)
        chosen = self.events.items[self.stretches.rows(batch)]
        shares = self.popularity**SAMPLED_POPULARITY
        shares /= shares.sum()
        drawn = self.random.choice(self.n_items, self.config.softmax_items, p=shares)
        items = np.union1d(chosen, drawn).astype(np.int64)
        missed = len(drawn) * np.log1p(-shares[items]) + len(chosen) * np.log1p(-self.popularity[items])
        column_of = np.full(self.n_items + 1, len(items))
        column_of[items] = np.arange(len(items))
        return Columns(items, column_of, np.log(-np.expm1(missed)).astype(np.float32))

    def _on_device(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values).to(self.team.device)


@dataclass(frozen=True)
class Columns:
    """The courses of a softmax.

    items: int64 (columns,), ascending; column_of: int64 (n_items + 1,), the column of each course, and the one after
    the last for courses that have none; log_chance: float32 (columns,), the log of the chance to be in the sample,
    which taken off the scores makes the sample's softmax tell of all courses.
    """

    items: Int64Array
    column_of: Int64Array
    log_chance: Float32Array


def _all_columns(n_items: int) -> Columns:
    return Columns(np.arange(n_items), np.arange(n_items + 1), np.zeros(n_items, np.float32))

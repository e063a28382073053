"""Training of the ranker: the only module here that loads PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import logsigmoid, relu, softplus

from recommend.algorithms.artifacts import Arrays, LossPoint
from recommend.algorithms.base import PREPARING, TRAINING, Progress
from recommend.algorithms.distributed import Team
from recommend.algorithms.early_stopping import latest_figures, train_until_best
from recommend.algorithms.interactions import Int64Array
from recommend.ranking.circumstances import ASKED_FEATURES
from recommend.ranking.config import HEADS, RankerConfig
from recommend.ranking.examples import Examples, candidate_features
from recommend.ranking.ranker import MOST_PLACES
from recommend.ranking.vocabulary import TEACHER_BUCKETS

CODES_OF_ROWS = ("category", "kind", "teacher")
CODES_OF_LISTS = ("platform", "device", "placement")
FEWEST_HELD_OUT = 20
"""Lists in which something was chosen: with fewer of them held out, they would watch over nothing."""
STEPS_PER_REPORT = 8
SMALLEST_WEIGHT = 1e-9
PLACES_LEARN_FASTER = 5.0
FIRST_STEEPNESS = 0.5
"""Where the curve of places begins to learn: place k seen in proportion to k ** -0.5."""


def train(examples: Examples, config: RankerConfig, progress: Progress) -> tuple[Arrays, list[LossPoint]]:
    """The arrays of `Ranker.arrays` that are learned, and the loss curve; in all processes that `torchrun` started."""
    team = Team.gathered("ranker", config.device)
    progress = team.heard(progress)
    torch.manual_seed(config.seed)
    random = np.random.default_rng(config.seed)
    progress(PREPARING, 0, 1, {})
    earlier, later = examples.parted(config.validation_share)
    if not _can_watch(later) or not _can_watch(earlier):
        earlier, later = examples, examples.take(np.zeros(0, np.int64))
    scaling = _scaling(earlier)
    network = Network(earlier, config).to(team.device)
    progress(PREPARING, 1, 1, {"held out": len(later)})
    training = _Training(network, Tensors.of(earlier, scaling, network), config, random, team)
    curve = training.run(Tensors.of(later, scaling, network), progress)
    n_sources = len(examples.vocabulary.sources)
    says = examples.numbers[:, examples.numbers.shape[1] - n_sources :]
    return {**scaling, **network.arrays(), "source_was_there": np.atleast_1d(says.any(axis=0))}, curve


@dataclass(frozen=True)
class Tensors:
    """Examples on the device they are learned on, a row for each course shown; questions (a, c) and their list (m,)."""

    numbers: torch.Tensor
    codes: dict[str, torch.Tensor]
    asked: torch.Tensor
    list_of_row: torch.Tensor
    places: torch.Tensor
    came: torch.Tensor
    weights: torch.Tensor

    def __len__(self) -> int:
        return len(self.numbers)

    @classmethod
    def of(cls, examples: Examples, scaling: Arrays, network: Network) -> Tensors:
        """These examples, with numbers brought to one scale; weights (m, heads) are 0 where nothing is known."""
        device = network.first_bias.device
        numbers = (examples.numbers - scaling["numbers_mean"]) * scaling["numbers_scale"]
        asked = (examples.asked - scaling["asked_mean"]) * scaling["asked_scale"]
        codes = {name: getattr(examples, name).astype(np.int64) for name in (*CODES_OF_ROWS, *CODES_OF_LISTS)}
        weights = np.where(examples.is_known, examples.weights[:, None], 0).astype(np.float32)
        return cls(
            numbers=torch.from_numpy(numbers).to(device),
            codes={name: torch.from_numpy(values).to(device) for name, values in codes.items()},
            asked=torch.from_numpy(asked).to(device),
            list_of_row=torch.from_numpy(examples.list_of_row).to(device),
            places=torch.from_numpy(examples.places.astype(np.int64)).to(device),
            came=torch.from_numpy(examples.came.astype(np.float32)).to(device),
            weights=torch.from_numpy(weights).to(device),
        )


class Network(torch.nn.Module):
    """The model of `Ranker`, over mini-batches of courses that were shown."""

    def __init__(self, examples: Examples, config: RankerConfig) -> None:
        super().__init__()
        words, half = examples.vocabulary, config.embedding_dimensions // 2
        sizes = {
            "category": (len(words.categories) + 1, config.embedding_dimensions),
            "kind": (len(words.kinds) + 1, half),
            "teacher": (TEACHER_BUCKETS, half),
            "platform": (len(words.platforms) + 1, half),
            "device": (len(words.devices) + 1, half),
            "placement": (len(words.placements) + 1, half),
        }
        self.embeddings = torch.nn.ParameterDict(
            {name: torch.randn(*size) / size[1] ** 0.5 for name, size in sizes.items()}
        )
        item = candidate_features(len(words.sources)) + sum(sizes[name][1] for name in CODES_OF_ROWS)
        question = len(ASKED_FEATURES) + sum(sizes[name][1] for name in CODES_OF_LISTS)
        hidden, crossing, heads = config.hidden, config.crossing, len(HEADS)
        self.item = _initial(item, hidden)
        self.question = _initial(question, hidden)
        self.first_bias = torch.nn.Parameter(torch.zeros(hidden))
        self.left, self.right = _initial(item, crossing), _initial(question, crossing)
        self.out = _initial(crossing, hidden)
        self.second = _initial(hidden, hidden // 2)
        self.second_bias = torch.nn.Parameter(torch.zeros(hidden // 2))
        self.heads = _initial(hidden // 2, heads, 0.1)
        self.wide = torch.nn.Parameter(torch.zeros(item, heads))
        self.heads_bias = torch.nn.Parameter(_log_odds(examples))
        self.drop = torch.nn.Parameter(_first_drop())
        self.drop_on_device = torch.nn.Parameter(torch.zeros(sizes["device"][0], MOST_PLACES - 1))
        self.looks_at_places = config.position_bias == "examined"

    def log_seen(self) -> torch.Tensor:
        """The log of how likely each place is looked at, against the first; (devices, MOST_PLACES)."""
        if not self.looks_at_places:
            return torch.zeros(len(self.drop_on_device), MOST_PLACES, device=self.drop.device)
        fallen = softplus(self.drop + self.drop_on_device).cumsum(1)
        return -torch.nn.functional.pad(fallen, (1, 0))

    def logits(self, shown: Tensors, rows: torch.Tensor) -> torch.Tensor:
        """Log-odds of each outcome for these rows if they are looked at, (rows, heads)."""
        lists = shown.list_of_row[rows]
        of_rows = [self.embeddings[name][shown.codes[name][rows]] for name in CODES_OF_ROWS]
        items = torch.cat([shown.numbers[rows], *of_rows], dim=1)
        of_lists = [self.embeddings[name][shown.codes[name][lists]] for name in CODES_OF_LISTS]
        questions = torch.cat([shown.asked[lists], *of_lists], dim=1)
        crossed = ((items @ self.left) * (questions @ self.right)) @ self.out
        first = relu(items @ self.item + questions @ self.question + crossed + self.first_bias)
        second = relu(first @ self.second + self.second_bias)
        return second @ self.heads + items @ self.wide + self.heads_bias

    def losses(self, shown: Tensors, rows: torch.Tensor) -> torch.Tensor:
        """The summed binary cross-entropy of these rows for each head, (heads,)."""
        log_chance = logsigmoid(self.logits(shown, rows))
        places = shown.places[rows]
        device = shown.codes["device"][shown.list_of_row[rows]]
        log_seen = self.log_seen()[device, places.clamp(0, MOST_PLACES - 1)]
        log_chance = log_chance + torch.where(places < 0, 0.0, log_seen)[:, None]
        log_not = torch.log(-torch.expm1(log_chance.clamp(max=-1e-6)))
        came, weights = shown.came[rows], shown.weights[rows]
        return (-(came * log_chance + (1 - came) * log_not) * weights).sum(0)

    def arrays(self) -> Arrays:
        """The parameters as `Ranker.arrays` names them."""
        names = ("item", "question", "first_bias", "left", "right", "out", "second", "second_bias", "heads", "wide")
        tensors = {name: getattr(self, name) for name in (*names, "heads_bias")}
        tensors |= dict(self.embeddings.items()) | {"log_seen": self.log_seen()}
        return {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}


class _Training:
    """Adam over mini-batches, with early stopping."""

    def __init__(
        self, network: Network, shown: Tensors, config: RankerConfig, random: np.random.Generator, team: Team
    ) -> None:
        self.network, self.shown, self.config, self.random, self.team = network, shown, config, random, team
        places = [network.drop, network.drop_on_device]
        undecayed = [network.drop, network.heads_bias]
        others = [each for each in network.parameters() if not any(each is other for other in (*places, *undecayed))]
        lr, decay = config.learning_rate, config.weight_decay
        self.groups = [
            {"params": others, "lr": lr, "weight_decay": decay},
            {"params": [network.heads_bias], "lr": lr, "weight_decay": 0.0},
            {"params": [network.drop], "lr": PLACES_LEARN_FASTER * lr, "weight_decay": 0.0},
            {"params": [network.drop_on_device], "lr": PLACES_LEARN_FASTER * lr, "weight_decay": decay},
        ]
        self.rates = [float(group["lr"]) for group in self.groups]  # type: ignore[arg-type]
        self.optimizer = torch.optim.AdamW(self.groups, fused=True)
        self.steps = -(-len(shown) // config.batch_size) * config.max_epochs
        self.step = 0

    def run(self, held_out: Tensors, progress: Progress) -> list[LossPoint]:
        """Train until the validation loss (without held-out lists: the training loss) stops falling; keep the best."""
        validation_loss = (lambda: self._loss_of(held_out)) if len(held_out) else None
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
        order = self.random.permutation(len(self.shown))
        total, counted = torch.zeros(len(HEADS)), torch.zeros(len(HEADS))
        for start in range(0, len(order), self.config.batch_size):
            if self.step % STEPS_PER_REPORT == 0:
                progress(TRAINING, self.step, self.steps, latest_figures(curve))
            for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
                group["lr"] = rate * (1 - self.step / self.steps)
            batch = order[start : start + self.config.batch_size]
            weights = self.shown.weights[self._rows(batch)].sum(0)
            sums = self.network.losses(self.shown, self._rows(self.team.share(batch)))
            self.optimizer.zero_grad()
            (sums / weights.clamp(min=SMALLEST_WEIGHT)).sum().backward()
            self.team.add_up_gradients(self.network.parameters())
            self.optimizer.step()
            self.step += 1
            total += sums.detach().cpu()
            counted += weights.cpu()
        return self._mean(total, counted)

    def _loss_of(self, shown: Tensors) -> float:
        total = torch.zeros(len(HEADS))
        own = self.team.share(np.arange(len(shown)))
        with torch.no_grad():
            for start in range(0, len(own), 16 * self.config.batch_size):
                rows = self._rows(own[start : start + 16 * self.config.batch_size])
                total += self.network.losses(shown, rows).cpu()
        return self._mean(total, shown.weights.sum(0).cpu())

    def _mean(self, sums: torch.Tensor, weights: torch.Tensor) -> float:
        """The mean losses of all heads together, out of what each process has summed up."""
        means = sums / weights.clamp(min=SMALLEST_WEIGHT)
        return self.team.total(float(means.sum()))

    def _rows(self, rows: Int64Array) -> torch.Tensor:
        return torch.from_numpy(rows).to(self.team.device)


def _can_watch(examples: Examples) -> bool:
    """Whether enough lists have something chosen, and something not."""
    chosen = examples.came[:, 0] > 0
    return len(np.unique(examples.list_of_row[chosen])) >= FEWEST_HELD_OUT and not chosen.all()


def _scaling(examples: Examples) -> Arrays:
    """Means, and by what to multiply what is above them, so that each number has a spread of about 1."""
    found: Arrays = {}
    for name, values in (("numbers", examples.numbers), ("asked", examples.asked)):
        spread = values.std(axis=0, dtype=np.float64)
        found[f"{name}_mean"] = values.mean(axis=0, dtype=np.float64).astype(np.float32)
        found[f"{name}_scale"] = (1 / np.where(spread > 1e-6, spread, 1)).astype(np.float32)
    return found


def _log_odds(examples: Examples) -> torch.Tensor:
    """The log-odds of each outcome over all rows, where the heads begin, (heads,)."""
    weights = np.where(examples.is_known, examples.weights[:, None], 0)
    shares = ((examples.came * weights).sum(axis=0) + 0.5) / (weights.sum(axis=0) + 1)
    return torch.from_numpy(np.log(shares / (1 - shares)).astype(np.float32))


def _first_drop() -> torch.Tensor:
    """What `softplus` makes the fall of the log chance from each place to the next, (MOST_PLACES - 1,)."""
    place = torch.arange(1, MOST_PLACES)
    return torch.log(torch.expm1(FIRST_STEEPNESS * torch.log((place + 1) / place)))


def _initial(rows: int, columns: int, scale: float = 1.0) -> torch.nn.Parameter:
    return torch.nn.Parameter(scale * torch.randn(rows, columns) / max(rows, 1) ** 0.5)

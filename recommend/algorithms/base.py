"""The few methods that every recommender has, and the words they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, Generic, Self, TypeVar

import msgspec

from recommend.algorithms.artifacts import (
    Arrays,
    CorruptedArtifact,
    LossPoint,
    Manifest,
    read_arrays,
    read_manifest,
    write_artifact,
)
from recommend.algorithms.interactions import (
    EmptyDataset,
    Float32Array,
    Histories,
    Int32Array,
    Int64Array,
    Interactions,
)
from recommend.algorithms.matrices import Matrix

__all__ = [
    "Algorithm",
    "AlgorithmConfig",
    "Arrays",
    "CorruptedArtifact",
    "EmptyDataset",
    "Histories",
    "Interactions",
    "InvalidConfig",
    "LossPoint",
    "Progress",
    "silent",
]

Progress = Callable[[str, int, int, dict[str, float]], None]
"""Called as progress(step, done, total, metrics) many times during training; it may raise to cancel.

`step` is one of the constants below, `metrics` names numbers worth a look at that moment (a loss, a limit).
"""

PREPARING = "preparing"
COUNTING_PAIRS = "counting pairs"
INVERTING = "inverting"
DECOMPOSING = "decomposing"
TRAINING = "training"


class InvalidConfig(ValueError):
    """A setting that the algorithm does not have, or a value that the setting cannot take."""


class AlgorithmConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the settings of an algorithm: every field has a default and states its unit and bounds.

    compact: keep large matrices with one byte a number, and of those from course to course only the largest numbers:
        about a quarter of the bytes or less, for a little accuracy.
    """

    compact: bool = False


ConfigType = TypeVar("ConfigType", bound=AlgorithmConfig)


def silent(step: str, done: int, total: int, metrics: dict[str, float]) -> None:
    """The progress callback of those who do not care."""


class Algorithm(ABC, Generic[ConfigType]):
    """A recommender: fitted on interactions, it scores every course for any history.

    People need not have been in the training data: their history is all that `scores` asks for.
    """

    name: ClassVar[str]
    is_personal: ClassVar[bool] = True
    """Whether people with other histories get other scores."""
    knows_unmet: bool = False
    """Whether scores of courses that nobody met in training say something; else the model suggests none of them."""
    Config: ClassVar[type[AlgorithmConfig]]
    compact_forms: ClassVar[Mapping[str, Callable[[Float32Array], Matrix]]] = {}
    """How to make the large arrays compact, by name; what is stored so is read by `matrices.read`."""

    config: ConfigType
    loss_curve: list[LossPoint]
    """One point per epoch of training; empty for closed forms."""
    n_items: int
    """How many courses the model scores; 0 before it is fitted."""

    def __init__(self, config: ConfigType | None = None) -> None:
        """Take these settings, or the defaults. Raises `InvalidConfig`."""
        self.config = self.configure({} if config is None else msgspec.to_builtins(config))
        self.loss_curve = []
        self.n_items = 0

    @classmethod
    def configure(cls, settings: Mapping[str, object]) -> ConfigType:
        """Settings from plain values (texts as from a form or command line are converted), the rest by default.

        Raises `InvalidConfig`, naming the setting, for an unknown name or a value of the wrong type or size.
        """
        try:
            return msgspec.convert(dict(settings), cls.Config, strict=False)  # type: ignore[return-value]
        except msgspec.ValidationError as error:
            raise InvalidConfig(f"{cls.name}: {error}") from None

    @abstractmethod
    def fit(self, interactions: Interactions, progress: Progress = silent) -> Self:
        """Learn from the interactions and return itself; unchanged if `progress` raises.

        Raises `EmptyDataset`, with a message for people, when there is nothing to learn from.
        """

    def trained(self, interactions: Interactions, progress: Progress = silent) -> Self:
        """Itself, fitted, or made compact where the settings ask for it. Raises what `fit` raises."""
        return self.fit(interactions, progress).in_form()

    def in_form(self) -> Self:
        """The fitted model in the form that its settings ask for: itself, or a compact one."""
        return self.compacted() if self.config.compact else self

    def compacted(self) -> Self:
        """The same model with its large matrices made compact; without any, a copy."""
        self._require_fitted()
        arrays = self.arrays()
        for name, form in self.compact_forms.items():
            if name in arrays:
                arrays |= form(arrays.pop(name)).arrays(name)
        model = type(self)(self.config)
        model.n_items, model.loss_curve = self.n_items, self.loss_curve
        model.restore(arrays)
        return model

    def start_from(self, earlier: Self, columns: Int64Array) -> None:
        """Take up what an earlier model of this kind has learned, for the next `fit` to begin with.

        columns: int64 (n_items of the training to come,), which course of the earlier model each course is, -1 where
        it is new. Algorithms that find their answer without a start, as closed forms do, need not care.
        """

    @abstractmethod
    def scores(self, histories: Histories) -> Float32Array:
        """How much each person would like each course, float32 (people, n_items), a new array; higher is better.

        Courses already in the history are scored like all others: leaving them out is a business rule.
        An empty history is answered by what is popular.
        """

    @abstractmethod
    def similar(self, item: int) -> Float32Array:
        """How much each course goes with this one, float32 (n_items,); -inf for the course itself.

        Raises `ValueError` for a course that the model does not have.
        """

    @abstractmethod
    def contributions(self, histories: Histories, items: Int32Array) -> Float32Array:
        """Why one person gets these scores: how much each event adds to each course, float32 (events, len(items)).

        Rows follow the events of the history, columns the `items` asked about. Their sum over the events, and what
        `scores` gives for an empty history, make up `scores`; a course that was met several times shares out what
        it adds by weight. All zeros for a model that does not look at the history.
        Raises `ValueError` for several people, or a course that the model does not have.
        """

    @abstractmethod
    def arrays(self) -> Arrays:
        """The learned arrays by name, as `save` writes them."""

    @abstractmethod
    def restore(self, arrays: Arrays) -> None:
        """Take up the learned arrays, as `load` reads them: memory-mapped and read-only."""

    def save(self, directory: Path) -> None:
        """Write the model into the folder (made if need be), replacing a model that stands there."""
        self._require_fitted()
        config = msgspec.to_builtins(self.config)
        write_artifact(directory, Manifest(self.name, config, self.n_items, self.loss_curve), self.arrays())

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read a model that `save` wrote, memory-mapped. Raises `CorruptedArtifact`."""
        manifest = read_manifest(directory)
        if manifest.algorithm != cls.name:
            raise CorruptedArtifact(f"{directory} holds a model of {manifest.algorithm}, not of {cls.name}.")
        try:
            model = cls(cls.configure(manifest.config))
            model.n_items, model.loss_curve = manifest.n_items, manifest.loss_curve
            model.restore(read_arrays(directory, manifest))
            if model.scores(Histories.single([])).shape != (1, model.n_items):
                raise ValueError(f"the arrays are not of {model.n_items} courses")
        except InvalidConfig as error:
            raise CorruptedArtifact(f"The settings in {directory} are not valid ({error}); train it again.") from error
        except (IndexError, ValueError) as error:
            raise CorruptedArtifact(
                f"The arrays in {directory} do not fit together ({error}); train it again."
            ) from error
        except KeyError as error:
            raise CorruptedArtifact(f"The array {error} is missing in {directory}; train it again.") from error
        return model

    def _require_fitted(self) -> None:
        if not self.n_items:
            raise RuntimeError(f"The {self.name} model has learned nothing yet; call fit or load first.")

    def _require_answerable(self, histories: Histories) -> None:
        self._require_fitted()
        histories.require_items_below(self.n_items)

    def _require_known(self, items: Int32Array) -> None:
        self._require_fitted()
        if len(items) and (items.min() < 0 or items.max() >= self.n_items):
            raise ValueError(f"The model has courses 0..{self.n_items - 1} alone; leave out courses newer than it.")

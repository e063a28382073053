"""A recipe: an algorithm with its settings, from which any number of models can be made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import msgspec
import numpy as np

from recommend import model_store
from recommend.algorithms.artifacts import CorruptedArtifact
from recommend.algorithms.base import Algorithm, AlgorithmConfig, InvalidConfig, Progress
from recommend.algorithms.interactions import Float32Array, Histories, Int64Array, Interactions
from recommend.algorithms.registry import algorithm
from recommend.evaluation.metrics import BoolArray
from recommend.models import ModelVersion


@dataclass(frozen=True)
class Recipe:
    """An algorithm and all its settings."""

    kind: type[Algorithm[Any]]
    config: AlgorithmConfig

    @classmethod
    def of(cls, algorithm_name: str, settings: Mapping[str, object]) -> Self:
        """The recipe of this name. Raises `UnknownAlgorithm` or `InvalidConfig`."""
        kind = algorithm(algorithm_name)
        return cls(kind, kind.configure(settings))

    @classmethod
    def of_version(cls, version: ModelVersion) -> Self:
        """What this model was made by. Raises `CorruptedArtifact` when it cannot be made again."""
        try:
            return cls.of(version.algorithm, version.config)
        except ValueError as error:
            raise CorruptedArtifact(f"{version} cannot be made again ({error}); train another model.") from error

    @property
    def settings(self) -> dict[str, Any]:
        """The settings as plain values."""
        return dict(msgspec.to_builtins(self.config))

    def makes(self, version: ModelVersion) -> bool:
        """Whether that model was made by this recipe."""
        if version.algorithm != self.kind.name:
            return False
        try:
            return self.kind.configure(version.config) == self.config
        except InvalidConfig:
            return False

    def fitted(self, interactions: Interactions, progress: Progress, start: "Earlier | None" = None) -> Algorithm[Any]:
        """A new model, made anew or from a start. Raises what `Algorithm.fit` raises."""
        return self.whole(interactions, progress, start).in_form()

    def whole(self, interactions: Interactions, progress: Progress, start: "Earlier | None" = None) -> Algorithm[Any]:
        """The same before it is made compact, where the settings ask for that."""
        model = self.kind(self.config)
        if start is not None:
            model.start_from(start.model, start.columns)
        return model.fit(interactions, progress)


@dataclass(frozen=True)
class Earlier:
    """A stored model beside the columns of a training: to start from, or to be asked the same questions.

    columns: int64 (n_items of the training,), which of its courses each course is, -1 where it has it not.
    is_suggested: bool, of the same length, whether it has something to say of the course.
    """

    version: ModelVersion
    model: Algorithm[Any]
    columns: Int64Array
    is_suggested: BoolArray

    @classmethod
    def load(cls, version: ModelVersion, course_ids: Int64Array) -> Self:
        """Read it, beside courses int64 (n_items,). Raises `CorruptedArtifact`."""
        stored = model_store.load(version)
        columns, is_known = stored.columns_of(course_ids)
        return cls(version, stored.model, np.where(is_known, columns, -1), is_known & stored.suggests[columns])

    def scores(self, histories: Histories) -> Float32Array:
        """Its scores by the columns of the training, -inf for what it does not suggest; float32 (people, n_items)."""
        columns = self.columns[histories.items]
        is_known = columns >= 0
        counts = np.bincount(histories.people[is_known], minlength=len(histories))
        known = Histories(
            columns[is_known].astype(np.int32),
            histories.weights[is_known],
            histories.times[is_known],
            np.concatenate([[0], np.cumsum(counts)]),
        )
        scores = self.model.scores(known)[:, np.maximum(self.columns, 0)]
        scores[:, ~self.is_suggested] = -np.inf
        return scores

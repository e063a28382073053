"""The models that answer in this process's memory, renewed when others are activated or tried.

A model that cannot be read takes nothing down: the one in memory goes on, or else the one that was active before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from recommend import model_store
from recommend.model_store import StoredModel
from recommend.models import ModelVersion, Role
from recommend.serving import reading, trials
from recommend.serving.trials import Trial


@dataclass(frozen=True)
class Models:
    """active: the model for everybody; of_arm: those of the arms of an experiment, as far as they can be read."""

    active: StoredModel | None = None
    trial: Trial | None = None
    of_arm: Mapping[int, StoredModel] = field(default_factory=dict)


class _Held:
    def __init__(self) -> None:
        self.generation: tuple[bytes, bytes | None] | None = None
        self.models = Models()


_held = _Held()


def all_of_generation(models: bytes, experiments: bytes) -> Models:
    """The models that answer; no active one when none was trained yet, or when none can be read (which is logged)."""
    if (models, experiments) != _held.generation:
        _held.models = _read(_held.models)
        _held.generation = models, experiments
    return _held.models


def of_generation(generation: bytes) -> StoredModel | None:
    """The active model, whatever is tried."""
    if _held.generation is None or generation != _held.generation[0]:
        _held.models = _read(_held.models)
        _held.generation = generation, None
    return _held.models.active


def is_trying() -> bool:
    """Whether this process last knew of an experiment with models."""
    return _held.models.trial is not None


def check() -> str:
    """Words about the active model for an operator. Raises `CorruptedArtifact` when it cannot be read."""
    version = ModelVersion.objects.active()
    if version is None:
        return "no model trained yet; popular courses are recommended"
    model_store.load(version)
    return str(version)


def _read(known: Models) -> Models:
    loaded = {model.version_id: model for model in (known.active, *known.of_arm.values()) if model is not None}
    trial = trials.running()
    wanted = trial.model_of_arm if trial else {}
    versions = ModelVersion.objects.in_bulk(list(set(wanted.values())))
    of_arm = {arm: reading.version(versions[pk], loaded, model_store.load) for arm, pk in wanted.items()}
    active = reading.active(Role.RECOMMENDER, known.active, loaded, model_store.load)
    return Models(active, trial, {arm: model for arm, model in of_arm.items() if model is not None})

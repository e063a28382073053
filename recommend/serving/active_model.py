"""The active model in this process's memory, renewed when another one is activated."""

import structlog

from recommend import model_store
from recommend.algorithms.artifacts import CorruptedArtifact
from recommend.model_store import StoredModel
from recommend.models import ModelVersion

logger = structlog.get_logger(__name__)


class _Held:
    def __init__(self) -> None:
        self.generation: bytes | None = None
        self.model: StoredModel | None = None


_held = _Held()


def of_generation(generation: bytes) -> StoredModel | None:
    """The active model; None when none was trained yet, or when its files are damaged (which is logged)."""
    if generation != _held.generation:
        _held.model = _read(_held.model)
        _held.generation = generation
    return _held.model


def check() -> str:
    """Words about the active model for an operator. Raises `CorruptedArtifact` when it cannot be read."""
    version = ModelVersion.objects.active()
    if version is None:
        return "no model trained yet; popular courses are recommended"
    model_store.load(version)
    return str(version)


def _read(known: StoredModel | None) -> StoredModel | None:
    version = ModelVersion.objects.active()
    if version is None:
        return None
    if known is not None and known.version_id == version.pk:
        return known
    try:
        model = model_store.load(version)
    except CorruptedArtifact as error:
        logger.error("model_unreadable", model=str(version), error=str(error))  # noqa: TRY400 - its words say all
        return None
    logger.info("model_loaded", model=str(version))
    return model

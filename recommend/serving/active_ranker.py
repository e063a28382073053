"""The active ranker in this process's memory, renewed when another one is activated."""

import structlog

from recommend import model_store
from recommend.algorithms.artifacts import CorruptedArtifact
from recommend.model_store import StoredRanker
from recommend.models import ModelVersion, Role

logger = structlog.get_logger(__name__)


class _Held:
    def __init__(self) -> None:
        self.generation: bytes | None = None
        self.ranker: StoredRanker | None = None


_held = _Held()


def of_generation(generation: bytes) -> StoredRanker | None:
    """The active ranker; None when none was trained yet.

    When its files are damaged, which is logged, the one in memory goes on; without one the first stage is alone.
    """
    if generation != _held.generation:
        _held.ranker = _read(_held.ranker)
        _held.generation = generation
    return _held.ranker


def is_held() -> bool:
    """Whether this process last knew of an active ranker."""
    return _held.ranker is not None


def _read(known: StoredRanker | None) -> StoredRanker | None:
    version = ModelVersion.objects.active(Role.RANKER)
    if version is None:
        return None
    if known is not None and known.version_id == version.pk:
        return known
    try:
        ranker = model_store.load_ranker(version)
    except CorruptedArtifact as error:
        logger.error("ranker_unreadable", model=str(version), error=str(error))  # noqa: TRY400 - its words say all
        return known
    logger.info("ranker_loaded", model=str(version))
    return ranker

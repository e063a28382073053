"""The active ranker in this process's memory, renewed when another one is activated."""

from recommend import model_store
from recommend.model_store import StoredRanker
from recommend.models import Role
from recommend.serving import reading


class _Held:
    def __init__(self) -> None:
        self.generation: bytes | None = None
        self.ranker: StoredRanker | None = None


_held = _Held()


def of_generation(generation: bytes) -> StoredRanker | None:
    """The active ranker; None when none was trained yet.

    When its files are damaged, which is logged, the one in memory goes on, or one of before that learned to order the
    lists of the same model; without one the first stage is alone.
    """
    if generation != _held.generation:
        _held.ranker = _read(_held.ranker)
        _held.generation = generation
    return _held.ranker


def is_held() -> bool:
    """Whether this process last knew of an active ranker."""
    return _held.ranker is not None


def _read(known: StoredRanker | None) -> StoredRanker | None:
    loaded = {} if known is None else {known.version_id: known}
    return reading.active(Role.RANKER, known, loaded, model_store.load_ranker)

"""API keys as this process knows them: looked up once, and again after any key or platform has changed."""

from dataclasses import dataclass, field

from accounts.models import ApiKey
from crossmarket.foundation import generations

MOST_KNOWN = 10_000
GENERATION_KEY = generations.key(generations.API_KEYS)


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A valid key with its platform, and the generation of keys it belongs to."""

    key: ApiKey
    generation: bytes


@dataclass(frozen=True, slots=True)
class _Memory:
    """The keys of one generation. A thread that was late fills a memory that nobody looks into any more."""

    generation: bytes | None = None
    keys: dict[str, KnownKey] = field(default_factory=dict)


class _Held:
    memory = _Memory()


def find(digest: str) -> KnownKey | None:
    """The valid key with this digest, from memory or looked up; None when there is none. Raises `RedisError`.

    It counts only while its generation is the current one.
    """
    known = _Held.memory.keys.get(digest) or _look_up(digest)
    return known if known is not None and known.key.is_valid else None


def renew(generation: bytes | None) -> None:
    """Forget what belongs to another generation than this one."""
    if _Held.memory.generation != generation:
        _Held.memory = _Memory(generation)


def read(digest: str) -> ApiKey | None:
    """The valid key with this digest as the database has it at this moment."""
    return ApiKey.objects.valid().select_related("platform").filter(digest=digest).first()


def _look_up(digest: str) -> KnownKey | None:
    generation = generations.token(generations.API_KEYS)
    renew(generation)
    memory = _Held.memory
    key = read(digest)
    if key is None:
        return None
    known = KnownKey(key, generation)
    if memory.generation == generation:
        if len(memory.keys) >= MOST_KNOWN:
            memory.keys.clear()
        memory.keys[digest] = known
    return known

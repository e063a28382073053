"""API keys as this process knows them: looked up once, and again after any key or platform has changed."""

from django.utils import timezone

from accounts.models import ApiKey
from crossmarket.foundation import generations

MOST_KNOWN = 10_000
GENERATION_KEY = generations.key(generations.API_KEYS)


class _Known:
    def __init__(self) -> None:
        self.generation: bytes | None = None
        self.keys: dict[str, ApiKey] = {}


_known = _Known()


def find(digest: str) -> ApiKey | None:
    """The valid key with this digest, with its platform; None when there is none.

    It may come from memory: `is_current` tells whether memory was still right when the call was counted.
    """
    key = _known.keys.get(digest) or _look_up(digest)
    if key is None or (key.expires_at is not None and key.expires_at <= timezone.now()):
        return None
    return key


def is_current(generation: bytes | None) -> bool:
    """Whether what this process knows belongs to this generation; if not, it is forgotten."""
    if generation == _known.generation:
        return True
    _known.keys = {}
    _known.generation = generation
    return False


def _look_up(digest: str) -> ApiKey | None:
    is_current(generations.current(generations.API_KEYS))
    key = ApiKey.objects.valid().select_related("platform").filter(digest=digest).first()
    if key is not None:
        if len(_known.keys) >= MOST_KNOWN:
            _known.keys = {}
        _known.keys[digest] = key
    return key

"""API keys as this process knows them: looked up once, and again after any key or platform has changed."""

from django.utils import timezone

from accounts.models import ApiKey
from crossmarket.foundation import generations

MOST_KNOWN = 10_000


class _Known:
    def __init__(self) -> None:
        self.generation: bytes | None = None
        self.keys: dict[str, ApiKey] = {}


_known = _Known()


def find(digest: str) -> ApiKey | None:
    """The valid key with this digest, with its platform; None when there is none."""
    generation = generations.current(generations.API_KEYS)
    if generation != _known.generation or len(_known.keys) > MOST_KNOWN:
        _known.generation, _known.keys = generation, {}
    keys = _known.keys
    key = keys.get(digest)
    if key is None:
        key = ApiKey.objects.valid().select_related("platform").filter(digest=digest).first()
        if key is None:
            return None
        keys[digest] = key
    if key.expires_at is not None and key.expires_at <= timezone.now():
        return None
    return key

"""Django's cache in Redis, for which a Redis that does not answer is merely empty."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache

from crossmarket.foundation.redis import RedisError

logger = structlog.get_logger(__name__)


class ForgivingRedisCache(RedisCache):
    """Speed, never truth: whoever asks goes on without it."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The value; the default where there is none."""
        with _going_on():
            return super().get(key, default, version)
        return default

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        """The values that there are, by key."""
        with _going_on():
            return super().get_many(keys, version)
        return {}

    def has_key(self, key: Any, version: int | None = None) -> bool:
        """Whether there is a value."""
        with _going_on():
            return bool(super().has_key(key, version))
        return False

    def add(self, key: Any, value: Any, *args: Any, **options: Any) -> bool:
        """Keep a value where there is none; whether there was none. Who asks in order to go on alone may go on."""
        with _going_on():
            return bool(super().add(key, value, *args, **options))
        return True

    def set(self, key: Any, value: Any, *args: Any, **options: Any) -> None:
        """Keep a value."""
        with _going_on():
            super().set(key, value, *args, **options)

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Drop a value; whether there was one."""
        with _going_on():
            return bool(super().delete(key, version))
        return False

    def touch(self, key: Any, *args: Any, **options: Any) -> bool:
        """Keep a value longer; whether there was one."""
        with _going_on():
            return bool(super().touch(key, *args, **options))
        return False

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """The number after counting. Raises `ValueError` where there is none."""
        with _going_on():
            return int(super().incr(key, delta, version))
        raise ValueError(f"Key {key!r} not found")


@contextmanager
def _going_on() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        logger.warning("cache_unreachable", cache="default", error=str(error))

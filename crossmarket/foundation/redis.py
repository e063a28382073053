"""The one Redis client of this process. Redis is speed, never truth: callers go on without it."""

from collections.abc import Sequence
from functools import cache
from typing import cast

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

__all__ = ["RedisError", "client", "fetch"]


@cache
def client() -> redis.Redis:
    """The client, with a connection pool that threads share; answers are bytes.

    A connection that broke is opened once more at once; the library's own default would wait for seconds each time.
    """
    again_at_once = Retry(NoBackoff(), 1)
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, retry=again_at_once)


def fetch(keys: Sequence[str]) -> list[bytes | None]:
    """The entries of these keys, in one round trip. Raises `RedisError`."""
    return cast("list[bytes | None]", client().mget(list(keys))) if keys else []

"""The one Redis client of this process. Redis is speed, never truth: callers go on without it."""

from functools import cache

import redis
from django.conf import settings
from redis.exceptions import RedisError

__all__ = ["RedisError", "client"]


@cache
def client() -> redis.Redis:
    """The client, with a connection pool that threads share; answers are bytes."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)

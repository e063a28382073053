"""What it is like when a service is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.test import override_settings

from crossmarket.foundation import redis


@contextmanager
def without_redis(folder: Path) -> Iterator[None]:
    """Have this process look for Redis in an empty folder, where nobody answers."""
    address = f"unix://{folder / 'redis.sock'}"
    caches = {"default": settings.CACHES["default"] | {"LOCATION": address}}
    with override_settings(REDIS_URL=address, CACHES=caches):
        _look_again()
        yield
    _look_again()


def _look_again() -> None:
    redis.client.cache_clear()

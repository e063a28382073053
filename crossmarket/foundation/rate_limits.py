"""How often somebody may call: fixed windows counted in Redis; without Redis nobody is counted."""

import time
from dataclasses import dataclass

from crossmarket.foundation.problems import Problem
from crossmarket.foundation.redis import RedisError, client

WINDOW_SECONDS = 60


@dataclass(frozen=True)
class RateLimit:
    """A quota per minute, what is left of it, and in how many seconds the next window begins."""

    quota: int
    remaining: int
    reset_seconds: int

    def headers(self) -> dict[str, str]:
        """As response headers (draft-ietf-httpapi-ratelimit-headers)."""
        return {
            "RateLimit-Policy": f'"default";q={self.quota};w={WINDOW_SECONDS}',
            "RateLimit": f'"default";r={max(0, self.remaining)};t={self.reset_seconds}',
        }


def count(name: str, quota: int) -> RateLimit:
    """Count one call. Raises `Problem` 429 when the quota of the minute is used up."""
    now = int(time.time())
    reset_seconds = WINDOW_SECONDS - now % WINDOW_SECONDS
    key = f"rate:{name}:{now // WINDOW_SECONDS}"
    try:
        with client().pipeline(transaction=False) as pipe:
            calls, _expiry = pipe.incr(key).expire(key, WINDOW_SECONDS).execute()
    except RedisError:
        return RateLimit(quota, quota, reset_seconds)
    limit = RateLimit(quota, quota - calls, reset_seconds)
    if limit.remaining < 0:
        raise Problem(
            429,
            "too_many_requests",
            f"More than {quota} calls in a minute. Try again in {reset_seconds} seconds.",
            headers={"Retry-After": str(reset_seconds), **limit.headers()},
        )
    return limit

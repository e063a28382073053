"""How often somebody may call: fixed windows counted in Redis; without Redis nobody is counted."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from redis.exceptions import NoScriptError

from crossmarket.foundation.problems import Problem
from crossmarket.foundation.redis import client

WINDOW_SECONDS = 60
COUNT_AND_FETCH = """
local calls = redis.call("INCR", KEYS[1])
if calls == 1 then redis.call("EXPIRE", KEYS[1], ARGV[1]) end
local values = #KEYS > 1 and redis.call("MGET", unpack(KEYS, 2)) or {}
table.insert(values, 1, calls)
return values
"""

COUNT_AND_FETCH_NAME = hashlib.sha1(COUNT_AND_FETCH.encode(), usedforsecurity=False).hexdigest()
"""By which Redis knows the script once it has run it."""


@dataclass(frozen=True, slots=True)
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

    def check(self) -> None:
        """Raise `Problem` 429 when the quota of the minute is used up."""
        if self.remaining < 0:
            raise Problem(
                429,
                "too_many_requests",
                f"More than {self.quota} calls in a minute. Try again in {self.reset_seconds} seconds.",
                headers={"Retry-After": str(self.reset_seconds), **self.headers()},
            )


def count(name: str, keys: Sequence[str]) -> tuple[int, list[bytes | None]]:
    """Count one call, and fetch these entries of Redis on the way: the calls in this window, and the values.

    Raises `RedisError`.
    """
    arguments = [1 + len(keys), f"rate:{name}:{int(time.time()) // WINDOW_SECONDS}", *keys, WINDOW_SECONDS]
    try:
        calls, *values = client().execute_command("EVALSHA", COUNT_AND_FETCH_NAME, *arguments)
    except NoScriptError:
        calls, *values = client().execute_command("EVAL", COUNT_AND_FETCH, *arguments)
    return calls, values


def limit(quota: int, calls: int) -> RateLimit:
    """The state of a quota after so many calls in this window."""
    return RateLimit(quota, quota - calls, WINDOW_SECONDS - int(time.time()) % WINDOW_SECONDS)

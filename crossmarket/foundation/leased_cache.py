"""A cache in Redis that never keeps what was read before a change and written after it.

A reader that misses takes a lease, reads the truth from PostgreSQL, and may store it only while its lease stands.
Whoever changes the truth drops entry and lease together once the change is committed (the lease of Nishtala et al.,
Scaling Memcache at Facebook, NSDI 2013). Entries also end by themselves, and without Redis the truth is read each time.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec
import structlog
from django.db import transaction

from crossmarket.foundation.redis import RedisError, client, fetch

logger = structlog.get_logger(__name__)

LEASE_SECONDS = 10
STORE_UNDER_LEASE = """
if redis.call("GET", KEYS[2]) == ARGV[1] then
    redis.call("SET", KEYS[1], ARGV[2], "EX", ARGV[3])
    redis.call("DEL", KEYS[2])
end
"""

NOT_FETCHED: Mapping[str, bytes | None] = {}

Name = TypeVar("Name", str, int)
Value = TypeVar("Value")


class LeasedCache(Generic[Name, Value]):
    """Values of one msgspec type by name. `seconds` is how long an entry lives at most."""

    def __init__(self, prefix: str, value_type: type[Value], seconds: int) -> None:
        self._prefix, self._seconds = prefix, seconds
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(value_type)

    def key(self, name: Name) -> str:
        """Where the entry stands, for those who fetch it together with other things."""
        return f"{self._prefix}:{name}"

    def decoded(self, stored: bytes | None) -> Value | None:
        """A fetched entry; None for none, and for one written by another version of this program."""
        if stored is None:
            return None
        try:
            return self._decoder.decode(stored)
        except msgspec.MsgspecError:
            return None

    def get_many(
        self,
        names: Sequence[Name],
        read: Callable[[list[Name]], dict[Name, Value]],
        fetched: Mapping[str, bytes | None] = NOT_FETCHED,
    ) -> dict[Name, Value]:
        """The values by name, those not cached by `read`, which must answer for every name it is given.

        Entries in `fetched` (by key) were looked up a moment ago and are not looked up again.
        """
        keys = [self.key(name) for name in names]
        if not all(key in fetched for key in keys):
            try:
                fetched = dict(zip(keys, fetch(keys), strict=True))
            except RedisError:
                return read(list(names))
        found: dict[Name, Value] = {}
        for name, key in zip(names, keys, strict=True):
            value = self.decoded(fetched[key])
            if value is not None:
                found[name] = value
        missing = [name for name in names if name not in found]
        return {**found, **self.read_through(missing, read)} if missing else found

    def read_through(self, names: list[Name], read: Callable[[list[Name]], dict[Name, Value]]) -> dict[Name, Value]:
        """Read the truth under leases, and keep what no change has overtaken."""
        lease = secrets.token_hex(8)
        try:
            with client().pipeline(transaction=False) as pipe:
                for name in names:
                    pipe.set(self._lease_key(name), lease, ex=LEASE_SECONDS)
                pipe.execute()
            values = read(names)
            with client().pipeline(transaction=False) as pipe:
                for name, value in values.items():
                    encoded = self._encoder.encode(value)
                    keys = (self.key(name), self._lease_key(name))
                    pipe.eval(STORE_UNDER_LEASE, 2, *keys, lease, encoded, self._seconds)
                pipe.execute()
            return values
        except RedisError as error:
            logger.warning("cache_unreachable", cache=self._prefix, error=str(error))
            return read(names)

    def forget_on_commit(self, names: Iterable[Name]) -> None:
        """Drop entries and leases, once the running transaction is committed."""
        keys = [key for name in names for key in (self.key(name), self._lease_key(name))]
        if keys:
            transaction.on_commit(lambda: self._delete(keys), robust=True)

    def _lease_key(self, name: Name) -> str:
        """Where the lease stands: apart from entries, for names may end in anything."""
        return f"lease:{self.key(name)}"

    def _delete(self, keys: list[str]) -> None:
        try:
            client().delete(*keys)
        except RedisError as error:
            logger.warning("cache_not_told", cache=self._prefix, error=str(error))

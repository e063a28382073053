"""A cache that never keeps what was read before a change and written after it."""

from pathlib import Path

import msgspec
import pytest
import redis
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from crossmarket.foundation.leased_cache import LeasedCache
from crossmarket.foundation.redis import client
from tests.outages import without_redis

pytestmark = pytest.mark.usefixtures("services", "redis_client")


class Balance(msgspec.Struct, frozen=True, array_like=True):
    amount: int


class Truth:
    """What the database would hold, and how often it was asked."""

    def __init__(self, **amounts: int) -> None:
        self.amounts, self.reads = amounts, 0

    def read(self, names: list[str]) -> dict[str, Balance]:
        self.reads += 1
        return {name: Balance(self.amounts[name]) for name in names}


def new_cache() -> LeasedCache[str, Balance]:
    return LeasedCache("balance", Balance, seconds=60)


def forget(cache: LeasedCache[str, Balance], *names: str) -> None:
    """What `forget_on_commit` does once the transaction is committed."""
    cache._delete([key for name in names for key in (cache.key(name), cache._lease_key(name))])


def test_what_was_read_is_kept() -> None:
    truth, cache = Truth(a=1, b=2), new_cache()
    assert cache.get_many(["a", "b"], truth.read) == {"a": Balance(1), "b": Balance(2)}
    assert cache.get_many(["b", "a"], truth.read) == {"b": Balance(2), "a": Balance(1)}
    assert truth.reads == 1


def test_only_what_is_missing_is_read() -> None:
    truth, cache = Truth(a=1, b=2), new_cache()
    cache.get_many(["a"], truth.read)
    asked: list[list[str]] = []
    cache.get_many(["a", "b"], lambda names: asked.append(names) or truth.read(names))  # type: ignore[func-returns-value]
    assert asked == [["b"]]


def test_a_value_read_before_a_change_is_not_stored_after_it() -> None:
    truth, cache = Truth(a=1), new_cache()

    def read_while_somebody_changes(names: list[str]) -> dict[str, Balance]:
        read = truth.read(names)
        truth.amounts["a"] = 2
        forget(cache, "a")
        return read

    assert cache.get_many(["a"], read_while_somebody_changes) == {"a": Balance(1)}
    assert cache.get_many(["a"], truth.read) == {"a": Balance(2)}


def test_a_late_reader_cannot_store_under_the_lease_of_another() -> None:
    truth, cache = Truth(a=1), new_cache()

    def read_while_another_reads_anew(names: list[str]) -> dict[str, Balance]:
        read = truth.read(names)
        truth.amounts["a"] = 2
        forget(cache, "a")
        cache.get_many(["a"], truth.read)
        return read

    cache.get_many(["a"], read_while_another_reads_anew)
    assert cache.get_many(["a"], truth.read) == {"a": Balance(2)}


def test_names_that_end_like_a_lease_are_names_like_others() -> None:
    truth, cache = Truth(**{"a": 1, "a:lease": 2}), new_cache()
    for _ in range(2):
        assert cache.get_many(["a", "a:lease"], truth.read) == {"a": Balance(1), "a:lease": Balance(2)}
    assert truth.reads == 1


def test_entries_fetched_a_moment_ago_are_not_looked_up_again(redis_client: redis.Redis) -> None:
    truth, cache = Truth(a=1), new_cache()
    cache.get_many(["a"], truth.read)
    fetched = {cache.key("a"): redis_client.get(cache.key("a"))}
    redis_client.flushdb()
    assert cache.get_many(["a"], truth.read, fetched) == {"a": Balance(1)}
    assert truth.reads == 1


def test_an_entry_of_another_version_of_the_program_is_read_anew(redis_client: redis.Redis) -> None:
    truth, cache = Truth(a=1), new_cache()
    redis_client.set(cache.key("a"), msgspec.msgpack.encode({"sum": "1"}))
    assert cache.get_many(["a"], truth.read) == {"a": Balance(1)}


def test_entries_end_by_themselves(redis_client: redis.Redis) -> None:
    cache = new_cache()
    cache.get_many(["a"], Truth(a=1).read)
    assert 0 < redis_client.ttl(cache.key("a")) <= 60


def test_without_redis_the_truth_is_read_each_time(tmp_path: Path) -> None:
    truth, cache = Truth(a=1), new_cache()
    with without_redis(tmp_path):
        assert cache.get_many(["a"], truth.read) == {"a": Balance(1)}
        truth.amounts["a"] = 2
        assert cache.get_many(["a"], truth.read) == {"a": Balance(2)}
        forget(cache, "a")


def test_redis_gone_while_reading_changes_no_answer(tmp_path: Path) -> None:
    truth, cache = Truth(a=1), new_cache()
    with without_redis(tmp_path):
        assert cache.read_through(["a"], truth.read) == {"a": Balance(1)}


@pytest.mark.django_db(transaction=True)
def test_entries_are_dropped_with_the_commit_and_not_before() -> None:
    truth, cache = Truth(a=1), new_cache()
    cache.get_many(["a"], truth.read)
    with transaction.atomic():
        truth.amounts["a"] = 2
        cache.forget_on_commit(["a"])
        assert cache.get_many(["a"], truth.read) == {"a": Balance(1)}
    assert cache.get_many(["a"], truth.read) == {"a": Balance(2)}


class Readers(RuleBasedStateMachine):
    """Two slow readers and a writer in any order: what is kept is never older than the last change that was told."""

    def __init__(self) -> None:
        super().__init__()
        client().flushdb()
        self.cache, self.committed = new_cache(), 0
        self.untold = False
        self.readers: dict[str, tuple[str, Balance | None]] = {}

    @rule(who=st.sampled_from(["first", "second"]))
    def take_a_lease(self, who: str) -> None:
        token = f"{who}-{self.committed}-{len(self.readers)}"
        client().set(self.cache._lease_key("a"), token)
        self.readers[who] = (token, None)

    @precondition(lambda self: self.readers)
    @rule(data=st.data())
    def read(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(sorted(self.readers)))
        self.readers[who] = (self.readers[who][0], Balance(self.committed))

    @precondition(lambda self: any(value for _, value in self.readers.values()))
    @rule(data=st.data())
    def store(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(sorted(who for who, (_, value) in self.readers.items() if value)))
        token, value = self.readers.pop(who)
        with client().pipeline(transaction=False) as pipe:
            from crossmarket.foundation.leased_cache import STORE_UNDER_LEASE

            keys = (self.cache.key("a"), self.cache._lease_key("a"))
            pipe.eval(STORE_UNDER_LEASE, 2, *keys, token, msgspec.msgpack.encode(value), 60)
            pipe.execute()

    @rule()
    def commit_a_change(self) -> None:
        self.committed += 1
        self.untold = True

    @rule()
    def tell(self) -> None:
        forget(self.cache, "a")
        self.untold = False

    @invariant()
    def what_is_kept_is_true_once_all_was_told(self) -> None:
        kept = self.cache.decoded(client().get(self.cache.key("a")))
        assert kept is None or self.untold or kept.amount == self.committed


def test_whatever_order_readers_and_writers_come_in() -> None:
    run_state_machine_as_test(
        Readers,
        settings=settings(
            max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

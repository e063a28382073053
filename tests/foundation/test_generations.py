"""Generations: how processes learn that something they remember has changed."""

from pathlib import Path

import pytest
import redis
from django.db import transaction

from crossmarket.foundation import generations
from crossmarket.foundation.redis import RedisError
from tests.outages import without_redis
from tests.side_by_side import side_by_side

SUBJECT = "tests"


@pytest.mark.usefixtures("services", "redis_client")
class TestToken:
    def test_it_stays_while_nothing_changes(self) -> None:
        assert generations.current(SUBJECT) == generations.current(SUBJECT)

    def test_a_lost_one_is_never_found_again(self, redis_client: redis.Redis) -> None:
        before = generations.current(SUBJECT)
        redis_client.flushdb()
        assert generations.current(SUBJECT) != before

    def test_without_redis_it_matches_no_other(self, tmp_path: Path) -> None:
        with without_redis(tmp_path):
            assert generations.current(SUBJECT) != generations.current(SUBJECT)
            with pytest.raises(RedisError):
                generations.token(SUBJECT)


@pytest.mark.django_db(transaction=True)
class TestRenewal:
    def test_it_comes_with_the_commit_and_not_before(self) -> None:
        before = generations.current(SUBJECT)
        with transaction.atomic():
            generations.renew_on_commit(SUBJECT)
            assert generations.current(SUBJECT) == before
        assert generations.current(SUBJECT) != before

    def test_what_is_rolled_back_renews_nothing(self) -> None:
        before = generations.current(SUBJECT)
        with transaction.atomic():
            generations.renew_on_commit(SUBJECT)
            transaction.set_rollback(True)
        assert generations.current(SUBJECT) == before

    def test_a_change_is_kept_though_redis_is_gone(self, tmp_path: Path) -> None:
        with without_redis(tmp_path), transaction.atomic():
            generations.renew_on_commit(SUBJECT)

    def test_processes_that_find_it_lost_agree_on_a_new_one(self) -> None:
        assert len(set(side_by_side(*[lambda: generations.current(SUBJECT)] * 4))) == 1

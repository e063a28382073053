"""How often somebody may call."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crossmarket.foundation import rate_limits
from crossmarket.foundation.problems import Problem
from crossmarket.foundation.redis import RedisError
from tests.outages import without_redis
from tests.partner import Partner, new_partner, problem

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that stands still ten seconds after a minute began, so that none ends within a test."""
    clock = SimpleNamespace(now=1_800_000_010.0, time=lambda: clock.now)
    monkeypatch.setattr(rate_limits, "time", clock)
    return clock


@pytest.fixture
def partner() -> Partner:
    return new_partner()


def calls_until_refused(partner: Partner, user_id: str | None = None) -> int:
    for count in range(100):
        response = partner.browse("GET", "/recommendations", user_id=user_id)
        if response.status_code == 429:
            return count
    raise AssertionError("never refused")


def test_every_answer_tells_what_is_left(partner: Partner, settings: Any) -> None:
    settings.API_RATE_LIMIT_SECRET = 10
    first, second = partner.get("/recommendations"), partner.get("/recommendations")
    assert first.headers["RateLimit-Policy"] == '"default";q=10;w=60'
    assert first.headers["RateLimit"] == '"default";r=9;t=50'
    assert second.headers["RateLimit"] == '"default";r=8;t=50'


def test_who_calls_too_often_is_told_when_to_come_back(partner: Partner, settings: Any) -> None:
    settings.API_RATE_LIMIT_SECRET = 2
    assert [partner.get("/recommendations").status_code for _ in range(2)] == [200, 200]
    refused = partner.get("/recommendations")
    problem(refused, 429, "too_many_requests")
    assert refused.headers["Retry-After"] == "50"
    assert refused.headers["RateLimit"] == '"default";r=0;t=50'
    assert refused.headers["RateLimit-Policy"] == '"default";q=2;w=60'


def test_browsers_are_counted_each_by_itself(partner: Partner, settings: Any) -> None:
    settings.API_RATE_LIMIT_PUBLISHABLE = 3
    assert calls_until_refused(partner, "u1") == 3
    assert partner.browse("GET", "/recommendations", user_id="u2").status_code == 200
    assert partner.browse("GET", "/recommendations").status_code == 200
    assert partner.get("/recommendations").status_code == 200


def test_a_new_minute_starts_afresh(clock: SimpleNamespace) -> None:
    assert [rate_limits.count("someone", [])[0] for _ in range(3)] == [1, 2, 3]
    clock.now += 60
    assert rate_limits.count("someone", [])[0] == 1


def test_entries_are_fetched_on_the_way(redis_client: Any) -> None:
    redis_client.set("here", b"1")
    assert rate_limits.count("someone", ["here", "nowhere"]) == (1, [b"1", None])


def test_the_quota_is_used_up_by_the_call_after_the_last() -> None:
    rate_limits.limit(5, 5).check()
    with pytest.raises(Problem):
        rate_limits.limit(5, 6).check()


def test_without_redis_nobody_is_counted(partner: Partner, settings: Any, tmp_path: Path) -> None:
    settings.API_RATE_LIMIT_SECRET = 1
    with without_redis(tmp_path):
        assert [partner.get("/recommendations").status_code for _ in range(3)] == [200, 200, 200]
        with pytest.raises(RedisError):
            rate_limits.count("someone", [])

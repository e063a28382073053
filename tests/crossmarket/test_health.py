"""`/healthz` says that the process lives; `/readyz` says what it can count on, with reasons."""

import time

import pytest
import redis
from django.test import Client
from redis.backoff import NoBackoff
from redis.retry import Retry

from crossmarket import health, heartbeat
from tests.factories import ModelVersionFactory

pytestmark = pytest.mark.django_db


def finding(client: Client, name: str) -> dict[str, object]:
    return client.get("/readyz").json()[name]


def test_a_living_process_says_so_without_asking_anyone(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"


def test_with_a_worker_everything_is_ready(client: Client) -> None:
    heartbeat.beat("worker@here")
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["ready"]


def test_a_system_without_any_model_is_ready_and_says_so(client: Client) -> None:
    found = finding(client, "model")
    assert found["ok"]
    assert "no model" in str(found["reason"])


def test_an_active_model_whose_files_are_gone_is_told(client: Client) -> None:
    ModelVersionFactory(is_active=True)
    found = finding(client, "model")
    assert not found["ok"]
    assert "There is no trained model" in str(found["reason"])


def test_without_a_worker_it_is_not_ready(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert not answer.json()["ready"]
    assert "no worker" in answer.json()["worker"]["reason"]


def test_a_worker_that_has_been_silent_for_long_does_not_count(client: Client, redis_client: redis.Redis) -> None:
    redis_client.zadd(heartbeat.KEY, {"worker@gone": time.time() - heartbeat.ALIVE_FOR - 1})
    assert not finding(client, "worker")["ok"]


def test_a_redis_that_is_away_is_told_and_breaks_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = redis.Redis(unix_socket_path="/nowhere/redis.sock", retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(health, "client", lambda: nowhere)
    found = finding(client, "redis")
    assert not found["ok"]
    assert "redis.sock" in str(found["reason"])


def test_asking_sets_no_cookie_and_is_not_kept(client: Client) -> None:
    answer = client.get("/readyz")
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]


def test_asking_over_plain_http_is_not_sent_to_https(client: Client, settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_gives_signs_of_life(client: Client, celery_worker_process: object) -> None:
    deadline = time.monotonic() + 30
    while not finding(client, "worker")["ok"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)

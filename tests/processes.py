"""Real processes beside the tests: a Celery worker on the test database."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120


def test_database_url() -> str:
    """The address of the database that the tests are using just now."""
    from django.db import connection

    settings = connection.settings_dict
    who = quote(settings["USER"], safe="")
    if settings["PASSWORD"]:
        who += ":" + quote(settings["PASSWORD"], safe="")
    options = {"host": settings["HOST"]} | ({"port": settings["PORT"]} if settings["PORT"] else {})
    return f"postgres://{who}@/{settings['NAME']}?{urlencode(options)}"


test_database_url.__test__ = False  # type: ignore[attr-defined]


def process_environment(**more: str) -> dict[str, str]:
    """The environment for a child process that works on the test database and the tests' Redis."""
    from django.conf import settings

    return os.environ | {"DATABASE_URL": test_database_url(), "REDIS_URL": settings.REDIS_URL} | more


@contextmanager
def web_server(**environment: str) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """The product's own gunicorn on the test database: its port, and its first process, whose children do the work."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", "python:crossmarket.gunicorn"]
    given = process_environment(PORT=str(port), HOST="127.0.0.1", **environment)
    server = subprocess.Popen(command, cwd=ROOT, env=given, start_new_session=True)
    try:
        deadline = time.monotonic() + PATIENCE
        while not _is_up(port):
            assert server.poll() is None, "the web server ended at once; its last lines are above"
            assert time.monotonic() < deadline, "the web server did not answer"
            time.sleep(0.05)
        yield port, server
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _is_up(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@pytest.fixture(scope="session")
def _worker(django_db_setup: None) -> Iterator[subprocess.Popen[bytes]]:
    from crossmarket.celery import app

    alone = ["--queues", "celery,long", "--concurrency=1"]  # takes what the workers of a whole system share
    command = [sys.executable, "-m", "celery", "-A", "crossmarket", "worker", *alone, "--loglevel=WARNING"]
    process = subprocess.Popen(command, cwd=ROOT, env=process_environment(), start_new_session=True)
    try:
        deadline = time.monotonic() + PATIENCE
        while not app.control.ping(timeout=0.5):
            assert process.poll() is None, "the worker ended at once; its last lines are above"
            assert time.monotonic() < deadline, "the worker did not answer"
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


@pytest.fixture
def celery_worker_process(
    _worker: subprocess.Popen[bytes], transactional_db: None
) -> Iterator[subprocess.Popen[bytes]]:
    """A real Celery worker, one for the whole run, that sees what this test commits, and takes work of no other."""
    assert _worker.poll() is None, "the worker has ended"
    _let_work(True)
    yield _worker
    _let_work(False)


def _let_work(takes_work: bool) -> None:
    from crossmarket.celery import app

    ask = app.control.add_consumer if takes_work else app.control.cancel_consumer
    assert ask(app.conf.task_default_queue, reply=True, timeout=PATIENCE, limit=1), "the worker did not answer"

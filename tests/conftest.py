"""What every test stands on: real PostgreSQL and Redis in a throw-away data folder, a real worker, a real browser.

`DATABASE_URL` and `REDIS_URL` name other servers; of the Redis given, database 15 is used and emptied. Where several
processes run tests at once (`make test`), each has all this for itself; of a Redis given they use 15, 14 and so on.
"""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

TEST_REDIS_DATABASE = 15
LONG = (
    *("test_serve", "test_benchmarks", "test_embedded", "test_supervisor", "browser/"),
    *("_properties", "_concurrency", "_planted"),
)
"""Parts of the names of files with long tests: those come first, so that no process is alone with one at the end."""

if "crossmarket.settings" in sys.modules:
    raise pytest.UsageError(
        "Settings were loaded before the tests' data folder was made: unset DJANGO_SETTINGS_MODULE."
    )

# Unix socket paths are short, so the folder is made right under /tmp. All this comes before Django reads its settings.
FOLDER = Path(tempfile.mkdtemp(prefix="crossmarket-", dir="/tmp" if Path("/tmp").is_dir() else None))
os.environ["CROSSMARKET_VAR"] = str(FOLDER)
os.environ["DJANGO_SETTINGS_MODULE"] = "crossmarket.settings"
for name in ("HTTPS", "DEBUG", "SEED_DEMO", "PORT", "PUBLIC_URL", "MEDIA_STORAGE"):
    os.environ.pop(name, None)
os.environ.setdefault("LOG_LEVEL", "WARNING")
os.environ["EXPLORE"] = "false"  # lists are to be foreseen, but in the tests of exploring itself
if os.environ.get("REDIS_URL", "").startswith(("redis://", "rediss://")):
    number = TEST_REDIS_DATABASE - int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    os.environ["REDIS_URL"] = urlunsplit(urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}"))

pytest_plugins = ["tests.chromium", "tests.processes", "tests.receiver"]


def pytest_configure(config: pytest.Config) -> None:
    """Settings that differ in tests: plain static files, quick passwords; SIGTERM ends a run like Ctrl-C."""
    from django.conf import settings

    from crossmarket import translations

    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STATIC_ROOT.mkdir()
    translations.compile_stale(settings.BASE_DIR / "locale")
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let no process of several inherit this one's folder and settings: each makes a folder and services of its own."""
    del os.environ["CROSSMARKET_VAR"], os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with long tests first, in the order of `LONG`; within a file nothing changes."""
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: min((places[name] for name in LONG if name in item.nodeid), default=len(LONG)))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    shutil.rmtree(FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def services() -> Iterator[None]:
    """PostgreSQL and Redis, up until the last test is over; tests that touch the database get them unasked."""
    from crossmarket import embedded
    from crossmarket.embedded import postgresql

    # What is thrown away an hour later need not reach the disk: emptying all tables takes half the time. And statistics
    # taken between two tests, of tables that are empty then, would mislead the planner about the thousands of rows that
    # the next test has in a transaction of its own.
    postgresql.SERVER_SETTINGS |= {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
    with embedded.services():
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(services: None, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Have PostgreSQL running before the test database is made."""


@pytest.fixture
def redis_client(services: None) -> "Iterator[object]":
    """A client of the tests' Redis."""
    import redis
    from django.conf import settings

    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture(autouse=True)
def _empty_redis(request: pytest.FixtureRequest) -> None:
    """Start every test that uses the database or Redis with nothing in Redis but the broker's own tables."""
    used = {"db", "transactional_db", "live_server", "services", "redis_client", "client"} & set(request.fixturenames)
    if not (used or request.node.get_closest_marker("django_db")):
        return
    client = request.getfixturevalue("redis_client")
    if keys := [key for key in client.keys("*") if not key.startswith(b"_kombu")]:
        client.delete(*keys)

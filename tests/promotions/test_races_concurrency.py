"""A crowd races for coupons over real HTTP, and exactly the limit is served, whatever dies meanwhile.

The races are those of `benchmarks/races.py`, with fewer people.
"""

import os
import subprocess
from collections.abc import Callable, Iterator

import pytest

from accounts.services.platforms import create_platform
from benchmarks import races
from benchmarks.crowd import Crowd
from tests.processes import web_server

pytestmark = pytest.mark.django_db(transaction=True)

Web = tuple[int, "subprocess.Popen[bytes]"]


@pytest.fixture(scope="module")
def web(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Web]:
    """A web server with two workers."""
    with django_db_blocker.unblock(), web_server(WEB_CONCURRENCY="2", LOG_LEVEL="CRITICAL") as running:  # type: ignore[attr-defined]
        yield running


def run(web: Web, during: Callable[[Crowd], None] | None, *chosen: int) -> None:
    """Run these of the races to their end, and require that everything adds up."""
    shops = [create_platform(f"race-{number}") for number in range(3)]
    for place, race in enumerate(races.races(shops, races.QUICK, "test")):
        if place in chosen:
            ended = races.finish(race, web[0], races.QUICK.clients, during)
            assert (ended.faults, ended.served) == ([], race.limit), race.name


def test_a_crowd_is_served_exactly_the_limit(web: Web) -> None:
    run(web, None, 0, 1, 2, 3)


def test_workers_that_are_killed_leave_nothing_half_done(web: Web) -> None:
    run(web, races.kill_workers(web[1], [(0.1, 1), (0.3, 1)]), 3)


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="only the bundled PostgreSQL may be crashed")
def test_a_database_that_crashes_and_comes_back_has_lost_nothing(web: Web) -> None:
    run(web, races.crash_database, 2)

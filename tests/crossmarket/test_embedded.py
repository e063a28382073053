"""The bundled PostgreSQL and Redis: started once, shared, stopped by the last, and forgiving about violent ends."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from crossmarket import embedded
from crossmarket.embedded import postgresql

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from crossmarket import embedded
with embedded.services():
    print("up", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder with a short path whose services are our own."""
    with tempfile.TemporaryDirectory(prefix="crossmarket-", dir="/tmp", ignore_cleanup_errors=True) as made:
        monkeypatch.setenv("CROSSMARKET_VAR", made)
        monkeypatch.delenv("DATABASE_URL", raising=False)
        monkeypatch.delenv("REDIS_URL", raising=False)
        yield Path(made)


def servers_of(folder: Path) -> list[psutil.Process]:
    def belongs(process: psutil.Process) -> bool:
        return any(str(folder) in part for part in process.info["cmdline"] or [])

    found = psutil.process_iter(["name", "cmdline"])
    return [process for process in found if process.info["name"] in {"postgres", "redis-server"} and belongs(process)]


def hold_services() -> subprocess.Popen[str]:
    """A process that keeps the services up until its input closes."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def test_services_run_inside_the_block_and_not_after(folder: Path) -> None:
    with embedded.services():
        assert len(servers_of(folder)) == 2
    assert servers_of(folder) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a user for PostgreSQL")
def test_whoever_makes_postgresqls_user_second_finds_it_made(folder: Path) -> None:
    with embedded.services():
        postgresql._make_system_user()


def test_who_comes_second_neither_waits_nor_stops_them_for_the_first(folder: Path) -> None:
    first = hold_services()
    with embedded.services():
        assert embedded.others_use_services()
    assert len(servers_of(folder)) == 2
    first.communicate("", timeout=60)
    assert servers_of(folder) == []
    assert not embedded.others_use_services()


def test_who_leaves_last_stops_them_even_if_the_first_left_before(folder: Path) -> None:
    first, second = hold_services(), hold_services()
    first.communicate("", timeout=60)
    assert len(servers_of(folder)) == 2
    second.communicate("", timeout=60)
    assert servers_of(folder) == []


def test_sigterm_stops_them(folder: Path) -> None:
    holder = hold_services()
    holder.send_signal(signal.SIGTERM)
    assert holder.wait(60) == 128 + signal.SIGTERM
    assert servers_of(folder) == []


def test_a_killed_holder_leaves_no_lock(folder: Path) -> None:
    holder = hold_services()
    holder.kill()
    holder.wait(60)
    with embedded.services():
        assert len(servers_of(folder)) == 2
    assert servers_of(folder) == []


def test_killed_servers_start_again_with_what_was_committed(folder: Path) -> None:
    with embedded.services():
        database = postgres_connection()
        with database.cursor() as cursor:
            cursor.execute("CREATE TABLE kept (number int); INSERT INTO kept VALUES (7)")
        database.commit()
        redis_client().set("kept", "7")
        for server in servers_of(folder):
            server.kill()
        psutil.wait_procs(servers_of(folder), 30)
        assert (folder / "postgres" / "postmaster.pid").exists()
        assert embedded.redis_socket().exists()
    with embedded.services():
        with postgres_connection().cursor() as cursor:
            cursor.execute("SELECT number FROM kept")
            assert cursor.fetchone() == (7,)
        assert redis_client().get("kept") == b"7"


def test_a_process_number_given_to_another_program_does_not_keep_postgresql_from_starting(folder: Path) -> None:
    with embedded.services():
        pass
    (folder / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}\n0\n5432\n\n\n\nready\n")
    with embedded.services():
        assert len(servers_of(folder)) == 2


def test_a_start_cut_short_while_making_the_database_is_made_good(folder: Path) -> None:
    unfinished = folder / "postgres.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    with embedded.services():
        assert len(servers_of(folder)) == 2


def test_a_data_folder_with_a_long_path_is_refused_with_advice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CROSSMARKET_VAR", str(tmp_path / ("long" * 25)))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    advice = "Set CROSSMARKET_VAR to a folder with a shorter path"
    with pytest.raises(embedded.EmbeddedServiceError, match=advice), embedded.services():
        pytest.fail("should not start")


def test_given_servers_are_used_instead(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/db")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    with embedded.services():
        assert servers_of(folder) == []


@pytest.mark.parametrize("arguments", [["check"], ["evaluate", "--data", "x"], ["migrate", "--help"], []])
def test_commands_that_need_no_services_start_none(folder: Path, arguments: list[str]) -> None:
    with embedded.services_for_command(["manage.py", *arguments]):
        assert servers_of(folder) == []


def postgres_connection():
    import psycopg2

    return psycopg2.connect(dbname=embedded.DATABASE, user="postgres", host=str(embedded.database_folder()))


def redis_client():
    import redis

    return redis.Redis(unix_socket_path=str(embedded.redis_socket()))

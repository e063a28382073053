"""Wait until everything that was started answers, then show the banner."""

import time
import urllib.error
import urllib.request

import msgspec
from rich.console import Console

from crossmarket import banner, heartbeat
from crossmarket.addresses import host, port
from crossmarket.demo.notes import DemoNotes
from crossmarket.foundation.redis import RedisError
from crossmarket.health import Readiness

SECONDS_BETWEEN_LOOKS = 0.3
SLOW_START = 60
"""Seconds after which people are told what is not ready yet."""


def announce(console: Console, demo: DemoNotes | None, sites: list[int]) -> None:
    """Wait until everything answers, the partner sites on their ports too, then show the banner.

    Once in a while it is told what is still missing.
    """
    began = told = time.monotonic()
    while missing := not_ready(sites):
        if time.monotonic() - told > SLOW_START:
            told = time.monotonic()
            console.print(f"Not ready after {told - began:.0f} seconds: {', '.join(missing)}", style="yellow")
        time.sleep(SECONDS_BETWEEN_LOOKS)
    banner.show(console, demo)


def not_ready(sites: list[int]) -> list[str]:
    """What does not answer yet, in words; `sites` are the ports of the partner sites."""
    return [*_web_not_ready(), *(f"the partner site on port {number}" for number in sites if not _answers(number))]


def _web_not_ready() -> list[str]:
    """Ask `/readyz` last: while something is known to be missing, a refusal would only fill the log."""
    if not _answers(port()):
        return ["the web server"]
    try:
        if not heartbeat.live_workers():
            return ["the worker"]
        with urllib.request.urlopen(f"{_own_url(port())}/readyz", timeout=10):  # noqa: S310 - an address of our own
            return []
    except urllib.error.HTTPError as error:
        return _what_is_wrong(error.read())
    except (OSError, RedisError) as error:
        return [f"the web server ({error})"]


def _what_is_wrong(answer: bytes) -> list[str]:
    """The findings of `/readyz` that are not well."""
    try:
        findings = msgspec.json.decode(answer, type=Readiness)
    except msgspec.MsgspecError:
        return ["the web server (it answers with an error)"]
    named = {name: getattr(findings, name) for name in ("database", "redis", "worker", "model")}
    return [f"{name} ({finding.reason})" for name, finding in named.items() if not finding.ok]


def _answers(number: int) -> bool:
    """Whether something speaks HTTP on the port, whatever it says."""
    try:
        with urllib.request.urlopen(f"{_own_url(number)}/healthz", timeout=10):  # noqa: S310 - an address of our own
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _own_url(number: int) -> str:
    listens_on = "127.0.0.1" if host() in {"0.0.0.0", "::"} else host()  # noqa: S104 - asked for by HOST
    return f"http://[{listens_on}]:{number}" if ":" in listens_on else f"http://{listens_on}:{number}"

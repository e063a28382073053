"""`manage.py serve`: prepare what is missing, then run the whole of CrossMarket under one supervisor."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from crossmarket import announcement, embedded, preparation, supervisor
from crossmarket.addresses import PortTakenError, host, port, require_free
from crossmarket.demo import notes
from crossmarket.demo.addresses import SITES, Addresses
from crossmarket.supervisor import Child, Supervisor

REFUSALS = (
    embedded.EmbeddedServiceError,
    supervisor.AlreadyRunningError,
    preparation.PreparationError,
    PortTakenError,
)
"""What can stand in the way, each with advice in its message."""

WEBHOOKS_WORKER = ("--queues", "webhooks", "--pool", "threads", "--concurrency", "16", "--hostname", "webhooks@%h")
"""Webhooks have a worker of their own: it waits for others' servers, and is not kept waiting by long jobs."""

LONG_WORKER = ("--queues", "long", "--concurrency", "1", "--hostname", "long@%h")
"""Trainings and searches, one after the other: whatever they take, erasures, exports and imports go on beside them."""

LIVE_WORKER = ("--queues", "live", "--pool", "threads", "--concurrency", "2", "--hostname", "live@%h")
"""What follows within seconds from what people do has one too, which neither long jobs nor slow servers delay."""


class Command(BaseCommand):
    """Run everything until Ctrl-C."""

    help = "Prepare the database, files, demo data and models, then run web server, workers, beat and partner sites."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Check that nothing stands in the way, prepare, run. Raises `CommandError` with advice."""
        console, folder = Console(), embedded.data_folder()
        try:
            with supervisor.only_one(folder):
                if supervisor.end_leftovers(folder):
                    console.print("Ended what a copy that was killed had left running.")
                require_free(ports_needed())
                with embedded.services():
                    preparation.prepare(console)
                    self._supervise(console)
        except KeyboardInterrupt:
            console.print("Stopped.")
        except REFUSALS as error:
            raise CommandError(str(error)) from error

    def _supervise(self, console: Console) -> None:
        demo = notes.read()
        sites = site_ports() if demo else {}
        verbose = os.environ.get("LOG_LEVEL", "").upper() == "DEBUG"
        running = Supervisor(children(sites), embedded.data_folder(), verbose=verbose)
        console.print("Starting ...", style="dim")
        told = running.run(once_started=lambda: announcement.announce(console, demo, list(sites.values())))
        if not told:
            names = ", ".join(running.ended_first)
            raise CommandError(f"Ended unexpectedly: {names}. CrossMarket has stopped; the last lines are above.")
        console.print("Stopped.")


def site_ports() -> dict[str, int]:
    """The demo partner sites with their ports."""
    addresses = Addresses(port())
    return {slug: number for slug in SITES if (number := addresses.site_port(slug))}


def ports_needed() -> list[int]:
    """All ports that will be listened on."""
    with_sites = notes.path().exists() or preparation.demo_is_wanted()
    return [port(), *(site_ports().values() if with_sites else ())]


def children(sites: dict[str, int]) -> list[Child]:
    """Everything that runs: web server, workers, beat, and the demo partner sites given."""
    level = os.environ.get("LOG_LEVEL") or "WARNING"
    environment = {"LOG_LEVEL": level}
    # In a container everything runs as root, which Celery warns about at length.
    calm = ["-W", "ignore:You're running the worker"]
    celery = [sys.executable, *calm, "-m", "celery", "--quiet", "--skip-checks", "--app", "crossmarket"]
    concurrency = os.environ.get("WORKER_CONCURRENCY") or "2"
    alone = ["--without-gossip", "--without-mingle", "--loglevel", level]
    commands = {
        "web": [sys.executable, "-m", "gunicorn", "--config", "python:crossmarket.gunicorn"],
        "worker": [*celery, "worker", "--concurrency", concurrency, *alone],
        "long": [*celery, "worker", *LONG_WORKER, *alone],
        "webhooks": [*celery, "worker", *WEBHOOKS_WORKER, *alone],
        "live": [*celery, "worker", *LIVE_WORKER, *alone],
        "beat": [*celery, "beat", "--pidfile", "", "--loglevel", level],
    }
    for slug, number in sites.items():
        commands[slug] = [sys.executable, "manage.py", "demo_site", slug, "--host", host(), "--port", str(number)]
    return [Child(name, command, environment) for name, command in commands.items()]

"""`manage.py build_profiles`: build all profiles, by a worker or here, and watch it."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from profiles.profiling.building import enqueue_build

SECONDS_BETWEEN_LOOKS = 0.5


class Command(BaseCommand):
    """Builds profiles; Ctrl-C cancels."""

    help = "Build the profiles of all who agree to it, with a worker (or here), showing progress; Ctrl-C cancels it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where."""
        parser.add_argument("--here", action="store_true", help="in this process, without a worker")

    def handle(self, *args: Any, **options: Any) -> None:
        """Build and tell what came of it."""
        job = enqueue_build(to_worker=not options["here"])
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"),
                   TimeElapsedColumn())  # fmt: skip
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task("waiting for a worker", total=100)

            def show(seen: Job) -> None:
                progress.update(bar, description=seen.step or "waiting for a worker", completed=seen.percent)

            job = jobs.run(job.pk, show) if options["here"] else _watched(job, show)
        if job.state != JobState.SUCCEEDED:
            raise CommandError(f"{job.get_state_display()}. {job.error}".strip())
        result = job.result or {}
        self.stdout.write(f"{result['profiles']} profiles built with model {result['model']}.")


def _watched(job: Job, show: Any) -> Job:
    """Look at a job until it has ended; Ctrl-C asks it to stop."""
    try:
        while job.is_open:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            job.refresh_from_db()
            show(job)
    except KeyboardInterrupt:
        jobs.request_cancel(job)
        raise CommandError("Cancelled.") from None
    return job

"""What a person sees of a command that waits for a job: one bar on the standard error."""

import time
from collections.abc import Callable

from django.core.management.base import CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job

SECONDS_BETWEEN_LOOKS = 0.5
WAITING = "waiting for a worker"


def run_or_watch(job: Job, here: bool) -> Job:
    """The job once it has ended: run in this process, or watched while a worker runs it. Ctrl-C asks it to stop.

    Raises `CommandError` when it was cancelled in this way.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"),
               TimeElapsedColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(WAITING, total=100)

        def show(seen: Job) -> None:
            progress.update(bar, description=seen.step or WAITING, completed=seen.percent)

        return jobs.run(job.pk, show) if here else watched(job, show)


def watched(job: Job, show: Callable[[Job], None]) -> Job:
    """The job once a worker has ended it, shown again and again until then. Ctrl-C asks it to stop.

    Raises `CommandError` when it was cancelled in this way.
    """
    try:
        while job.is_open:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            job.refresh_from_db()
            show(job)
    except KeyboardInterrupt:
        jobs.request_cancel(job)
        raise CommandError("Cancelled.") from None
    return job

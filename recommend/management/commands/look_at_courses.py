"""`manage.py look_at_courses`: look at covers, previews and texts that are new, by a worker or here, and watch it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crossmarket.foundation.models import JobState
from profiles.management.watch import run_or_watch
from recommend.looking import enqueue_looking


class Command(BaseCommand):
    """Looks at courses; Ctrl-C cancels."""

    help = "Look at covers, audio previews and texts that are new, with a worker (or here); Ctrl-C cancels it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where."""
        parser.add_argument("--here", action="store_true", help="in this process, without a worker")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look and tell what came of it."""
        job = enqueue_looking(to_worker=not options["here"])
        if job is None:
            self.stdout.write("No course has a cover or an audio preview of its platform.")
            return
        job = run_or_watch(job, here=options["here"])
        if job.state != JobState.SUCCEEDED:
            raise CommandError(f"{job.get_state_display()}. {job.error}".strip())
        told = (f"{name.replace('_', ' ')}: {count}" for name, count in (job.result or {}).items())
        self.stdout.write(", ".join(told))

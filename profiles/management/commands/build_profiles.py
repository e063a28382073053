"""`manage.py build_profiles`: build all profiles, by a worker or here, and watch it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crossmarket.foundation.models import JobState
from profiles.management.watch import run_or_watch
from profiles.profiling.building import enqueue_build


class Command(BaseCommand):
    """Builds profiles; Ctrl-C cancels."""

    help = "Build the profiles of all who agree to it, with a worker (or here), showing progress; Ctrl-C cancels it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where."""
        parser.add_argument("--here", action="store_true", help="in this process, without a worker")

    def handle(self, *args: Any, **options: Any) -> None:
        """Build and tell what came of it."""
        job = run_or_watch(enqueue_build(to_worker=not options["here"]), here=options["here"])
        if job.state != JobState.SUCCEEDED:
            raise CommandError(f"{job.get_state_display()}. {job.error}".strip())
        result = job.result or {}
        self.stdout.write(f"{result['profiles']} profiles built with model {result['model']}.")

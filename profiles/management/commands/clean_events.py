"""`manage.py clean_events`: judge all events anew, by a worker or here, and watch it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crossmarket.foundation.models import JobState
from profiles.cleaning.looking import enqueue_cleaning
from profiles.management.watch import run_or_watch


class Command(BaseCommand):
    """Cleans all events; Ctrl-C cancels."""

    help = "Judge all events by the rules of cleaning, with a worker (or here), showing progress; Ctrl-C cancels it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where."""
        parser.add_argument("--here", action="store_true", help="in this process, without a worker")

    def handle(self, *args: Any, **options: Any) -> None:
        """Judge and tell what came of it."""
        job = run_or_watch(enqueue_cleaning(to_worker=not options["here"]), here=options["here"])
        if job.state != JobState.SUCCEEDED:
            raise CommandError(f"{job.get_state_display()}. {job.error}".strip())
        result = job.result or {}
        self.stdout.write(f"{result['accounts']} accounts judged, the flags of {result['changed']} events changed.")

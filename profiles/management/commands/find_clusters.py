"""`manage.py find_clusters`: look for clusters among all profiles, by a worker or here."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from profiles.clustering.fitting import FEWEST_CLUSTERS, MOST_CLUSTERS
from profiles.models import ClusterAlgorithm, ClusterView
from profiles.segmentation.clusters import Settings, enqueue_clustering, usual_settings


class Command(BaseCommand):
    """Looks for clusters."""

    help = "Look for clusters among all profiles; what is not said is as in the latest search."

    def add_arguments(self, parser: CommandParser) -> None:
        """How, and where."""
        parser.add_argument("--algorithm", choices=ClusterAlgorithm.values)
        parser.add_argument("--view", choices=ClusterView.values, help="what must be alike in people of one cluster")
        parser.add_argument("--number", help=f"{FEWEST_CLUSTERS} to {MOST_CLUSTERS}, or auto: as many as fit best")
        parser.add_argument("--here", action="store_true", help="in this process, without a worker")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, or have a worker look."""
        usual = usual_settings()
        settings = Settings(
            options["algorithm"] or usual.algorithm, options["view"] or usual.view, _number(options, usual)
        )
        job = enqueue_clustering(settings, to_worker=not options["here"])
        if not options["here"]:
            self.stdout.write("A worker looks for clusters; watch it in the admin under Jobs.")
            return
        job = jobs.run(job.pk, self._show)
        if job.state != JobState.SUCCEEDED:
            raise CommandError(f"{job.get_state_display()}. {job.error}".strip())
        result = job.result or {}
        self.stdout.write(f"{result['clusters']} clusters of {result['persons']} persons.")

    def _show(self, job: Job) -> None:
        self.stderr.write(f"{job.step} {job.percent} %", ending="\r")


def _number(options: dict[str, Any], usual: Settings) -> int | None:
    asked = options["number"]
    if asked is None:
        return usual.number
    if asked == "auto":
        return None
    if not asked.isdigit() or not FEWEST_CLUSTERS <= int(asked) <= MOST_CLUSTERS:
        raise CommandError(f"--number {asked}: say {FEWEST_CLUSTERS} to {MOST_CLUSTERS}, or auto.")
    return int(asked)

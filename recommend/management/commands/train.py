"""`manage.py train ALGORITHM`: train a model or the ranker, by a worker or here, and watch it."""

from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from profiles.management.watch import watched
from recommend.algorithms.base import InvalidConfig
from recommend.algorithms.registry import ALGORITHMS, UnknownAlgorithm, algorithm
from recommend.ranker_training import enqueue_ranker_training
from recommend.ranking.ranker import Ranker
from recommend.training import Activation, enqueue_training


class Command(BaseCommand):
    """Trains models; Ctrl-C cancels."""

    help = "Train a model with a worker (or here), showing progress; Ctrl-C cancels it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which algorithm, with what settings, where."""
        parser.add_argument("algorithm", nargs="*", help=f"one or more of {', '.join((*ALGORITHMS, Ranker.name))}")
        parser.add_argument("--all", action="store_true", help="train every algorithm")
        parser.add_argument(
            "--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the algorithm"
        )
        parser.add_argument("--activate", choices=Activation.values, default=Activation.IF_BETTER)
        parser.add_argument("--here", action="store_true", help="in this process, without a worker")

    def handle(self, *args: Any, **options: Any) -> None:
        """Train one after the other."""
        names = list(ALGORITHMS) if options["all"] else options["algorithm"]
        if not names:
            raise CommandError(f"Name an algorithm ({', '.join(ALGORITHMS)}), or give --all.")
        settings = dict(_pair(text) for text in options["set"])
        try:
            for name in names:
                (Ranker if name == Ranker.name else algorithm(name)).configure(settings)
        except (UnknownAlgorithm, InvalidConfig) as error:
            raise CommandError(f"{str(error).rstrip('.')}. Nothing was trained.") from None
        for name in names:
            enqueue = enqueue_ranker_training if name == Ranker.name else partial(enqueue_training, name)
            job = enqueue(settings, Activation(options["activate"]), to_worker=not options["here"])
            self._see_through(job, name, options["here"])

    def _see_through(self, job: Job, name: str, here: bool) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task(name, total=100)

            def show(seen: Job) -> None:
                _show(progress, bar, name, seen)

            job = jobs.run(job.pk, show) if here else watched(job, show)
        if job.state != JobState.SUCCEEDED:
            raise CommandError(f"{name}: {job.get_state_display()}. {job.error}".strip())
        self.stdout.write(_summary(job.result or {}))


def _summary(result: jobs.Result) -> str:
    figures = [f"{name}={value}" for name, value in result.items() if name not in ("model", "model_id", "active")]
    return f"{result['model']} ({'active' if result['active'] else 'not active'}) {' '.join(figures)}"


def _show(progress: Progress, bar: TaskID, name: str, job: Job) -> None:
    waiting = "" if job.state != JobState.QUEUED else "waiting for a worker"
    progress.update(bar, description=f"{name}: {job.step or waiting}", completed=job.percent)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise CommandError(f"--set takes KEY=VALUE, not {text!r}.")
    return key, value

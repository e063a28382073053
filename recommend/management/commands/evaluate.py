"""`manage.py evaluate`: how good the algorithms are on a folder of real data."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from recommend.algorithms.base import Algorithm, EmptyDataset, InvalidConfig
from recommend.algorithms.distributed import leads
from recommend.algorithms.registry import ALGORITHMS, UnknownAlgorithm, algorithm
from recommend.datasets import FORMATS, DatasetError, open_dataset
from recommend.evaluation import Result, configured, evaluate
from recommend.management.settings_given import setting
from recommend.management.watch import Watch
from recommend.split import Split, split_of


class Command(BaseCommand):
    """Train algorithms on a folder of data and measure them on what was held back; needs no database.

    Started by `torchrun`, its processes train together, and the one that leads measures and prints.
    """

    help = (
        "Train algorithms on a folder of real data and measure them on what was held back. "
        "Needs no database. Results go to the standard output, progress and broken lines to the standard error."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="the folder of the data set")
        parser.add_argument("--format", required=True, metavar="FORMAT", help=f"one of {', '.join(FORMATS)}")
        parser.add_argument(
            "--algorithm",
            required=True,
            metavar="NAME[,NAME…]",
            help=f"one or more of {', '.join(ALGORITHMS)}, separated by commas",
        )
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            dest="assignments",
            help="a setting for those of the algorithms that have it; may be repeated",
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object per algorithm, each on its own line"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, train, measure, print. Raises `CommandError` for whatever people can put right."""
        with Watch(Console(stderr=True, quiet=not leads())) as watch:
            try:
                algorithms = _chosen(options["algorithm"], options["assignments"])
                split = _read(options["data"], options["format"], watch)
                if not leads():
                    for model in algorithms:
                        model.fit(split.interactions)
                    return
                results = [self._measured(model, split, watch, options["json"]) for model in algorithms]
            except (DatasetError, EmptyDataset, InvalidConfig, UnknownAlgorithm) as error:
                raise CommandError(str(error)) from error
            except FloatingPointError as error:
                raise CommandError(str(error)) from error
            except MemoryError as error:
                raise CommandError(f"There is not enough memory ({error}); a smaller max_items needs less.") from error
        if not options["json"]:
            Console(file=self.stdout).print(_table(results))  # type: ignore[arg-type]

    def _measured(self, model: Algorithm[Any], split: Split, watch: Watch, as_json: bool) -> Result:
        watch.subject = model.name
        result = evaluate(model, split, watch.training)
        if as_json:
            self.stdout.write(msgspec.json.encode(result).decode())
            self.stdout.flush()
        return result


def _chosen(names: str, assignments: list[str]) -> list[Algorithm[Any]]:
    chosen = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    if not chosen:
        raise CommandError(f"Name at least one algorithm of {', '.join(ALGORITHMS)}.")
    return configured([algorithm(name) for name in chosen], dict(map(setting, assignments)))


def _read(directory: Path, format_name: str, watch: Watch) -> Split:
    split = split_of(open_dataset(format_name, directory), watch.broken, watch.reading)
    watch.sum_up()
    return split


def _table(results: list[Result]) -> Table:
    first = results[0]
    title = f"{first.users:,} people, {first.items:,} items, {first.interactions:,} interactions"
    table = Table("algorithm", title=title)
    for heading in ("fit s", "people/s", "recall@10", "recall@20", "ndcg@10", "ndcg@20"):
        table.add_column(heading, justify="right")
    for result in results:
        accuracy = (result.recall_10, result.recall_20, result.ndcg_10, result.ndcg_20)
        speed = f"{result.fit_seconds:.1f}", f"{result.users_per_second:,.0f}"
        table.add_row(result.algorithm, *speed, *(f"{value:.4f}" for value in accuracy))
    return table

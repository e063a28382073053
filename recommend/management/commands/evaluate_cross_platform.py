"""`manage.py evaluate_cross_platform`: what joining platforms with the same people is worth."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from recommend.algorithms.base import EmptyDataset, InvalidConfig
from recommend.algorithms.registry import ALGORITHMS, DEFAULT, UnknownAlgorithm, algorithm
from recommend.cross_platform_evaluation import Lift, MakeAlgorithm, Measurement
from recommend.cross_platform_split import CrossPlatformSplit, cross_platform_split
from recommend.datasets import FORMATS, DatasetError, open_dataset
from recommend.evaluation import configured
from recommend.management.settings_given import setting
from recommend.management.watch import Watch


class Command(BaseCommand):
    """Measure one algorithm, trained on all platforms and on each alone; needs no database."""

    help = (
        "Measure what joining platforms with the same people is worth: NDCG@10 on each platform of one algorithm, "
        "trained on all platforms and on that platform alone, for people with a history there (full) and for people "
        "who are new there (new), with 95% intervals. Needs no database. Results go to the standard output, progress "
        "and broken lines to the standard error."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="the folder of the data set")
        formats = ", ".join(name for name, kind in FORMATS.items() if kind.several_platforms)
        parser.add_argument("--format", required=True, metavar="FORMAT", help=f"one of {formats}")
        parser.add_argument(
            "--algorithm",
            default=DEFAULT,
            metavar="NAME",
            help=f"one of {', '.join(ALGORITHMS)}; by default what is trained by default",
        )
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            dest="assignments",
            help="a setting of the algorithm; may be repeated",
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object per platform and regime, each on its own line"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, train, measure, print. Raises `CommandError` for whatever people can put right."""
        with Watch(Console(stderr=True)) as watch:
            try:
                make = _maker(options["algorithm"], options["assignments"])
                watch.subject = make().name
                data = _read(options["data"], options["format"], watch)
                lifts = self._measured(Measurement(make, watch.training), data, options["json"])
            except (DatasetError, EmptyDataset, InvalidConfig, UnknownAlgorithm, FloatingPointError) as error:
                raise CommandError(str(error)) from error
            except MemoryError as error:
                raise CommandError(f"There is not enough memory ({error}); a smaller max_items needs less.") from error
        if not options["json"]:
            Console(file=self.stdout).print(_table(lifts))  # type: ignore[arg-type]

    def _measured(self, measurement: Measurement, data: CrossPlatformSplit, as_json: bool) -> list[Lift]:
        lifts = []
        for lift in measurement.lifts(data):
            lifts.append(lift)
            if as_json:
                self.stdout.write(msgspec.json.encode(lift).decode())
                self.stdout.flush()
        return lifts


def _maker(name: str, assignments: list[str]) -> MakeAlgorithm:
    kind, settings = algorithm(name), dict(map(setting, assignments))
    configured([kind], settings)  # what is wrong with them is said before anything is read
    return lambda: configured([kind], settings)[0]


def _read(directory: Path, format_name: str, watch: Watch) -> CrossPlatformSplit:
    data = cross_platform_split(open_dataset(format_name, directory), watch.broken, watch.reading)
    watch.sum_up()
    return data


def _table(lifts: list[Lift]) -> Table:
    table = Table("target", "regime", title="NDCG@10, and what joining the platforms adds")
    for heading in ("people", "popularity", "single", "joint", "lift", "95% interval"):
        table.add_column(heading, justify="right")
    for lift in lifts:
        figures = (f"{value:.4f}" for value in (lift.popularity, lift.single, lift.joint))
        interval = f"{lift.lift_low:+.1f}% to {lift.lift_high:+.1f}%"
        table.add_row(lift.target, lift.regime, f"{lift.people:,}", *figures, f"{lift.lift:+.1f}%", interval)
    return table

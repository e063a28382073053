"""`manage.py evaluate_policy`: whether off-policy evaluation finds what two logged policies really brought."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from recommend.datasets import DatasetError
from recommend.exploration.logged import UnusableLog
from recommend.exploration.off_policy import OffPolicyConfig
from recommend.management.watch import Watch
from recommend.policy_evaluation import CLICK_RATES, PolicyEstimate, evaluate_folder


class Command(BaseCommand):
    """Estimate each of two logged policies from the other one's log; needs no database."""

    help = (
        "Estimate the click rate of each of two logged policies from the log of the other, beside what it really was. "
        "Needs no database. Results go to the standard output, progress and broken lines to the standard error."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument(
            "--data", required=True, type=Path, metavar="DIR", help="a folder of the Open Bandit Dataset's form"
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object per policy and method, each on its own line"
        )
        parser.add_argument(
            "--resamples", type=int, default=2_000, help="of the bootstrap for the intervals; 0 for asymptotic ones"
        )
        parser.add_argument("--largest-weight", type=float, help="cut importance weights at this")
        parser.add_argument("--shrinkage", type=float, help="shrink importance weights; the smaller, the more")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, estimate, print. Raises `CommandError` for whatever people can put right."""
        with Watch(Console(stderr=True)) as watch:
            try:
                config = _config(options)
                estimates = evaluate_folder(options["data"], config, watch.broken, watch.reading)
            except (DatasetError, UnusableLog, msgspec.ValidationError) as error:
                raise CommandError(str(error)) from error
            watch.sum_up()
        if options["json"]:
            for estimate in estimates:
                self.stdout.write(msgspec.json.encode(estimate).decode())
        else:
            Console(file=self.stdout).print(_table(estimates))  # type: ignore[arg-type]


def _config(options: dict[str, Any]) -> OffPolicyConfig:
    chosen = {name: options[name] for name in ("resamples", "largest_weight", "shrinkage")}
    return msgspec.convert(msgspec.structs.asdict(CLICK_RATES) | chosen, OffPolicyConfig)


def _table(estimates: list[PolicyEstimate]) -> Table:
    campaigns = ", ".join(dict.fromkeys(each.campaign for each in estimates))
    table = Table("policy", "log", "method", title=f"Clicks in 100 rounds: {campaigns}")
    for heading in ("estimate", "95% interval", "worth", "truth", "held"):
        table.add_column(heading, justify="right")
    for each in estimates:
        table.add_row(
            *(each.policy, each.log, each.method, f"{100 * each.value:.3f}"),
            *(f"{100 * each.low:.2f} – {100 * each.high:.2f}", f"{each.effective_rounds:,.0f}"),
            *(f"{100 * each.truth:.2f}", "yes" if each.contains_truth else "no"),
        )
    return table

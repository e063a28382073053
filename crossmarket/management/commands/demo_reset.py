"""`manage.py demo_reset`: throw the demo's data folder away, so that the next start makes a new one."""

import os
import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crossmarket import embedded, supervisor
from crossmarket.demo import notes

MADE_BY_RUNNING = ("postgres", "redis", "media", "demo-sites", "demo.json", "celerybeat-schedule*")
"""What a running copy keeps in the data folder. The key that signs sessions stays, and so do the static files."""


class Command(BaseCommand):
    """Start over with an empty data folder."""

    help = "Remove database, Redis data and uploaded files of the demo in the data folder (CROSSMARKET_VAR)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether data that no demo made may go as well."""
        parser.add_argument("--force", action="store_true", help="even if the data is not a demo's")

    def handle(self, *args: Any, force: bool, **options: Any) -> None:
        """Remove the data. Raises `CommandError` when somebody uses it or it is not a demo's."""
        folder = embedded.data_folder()
        for name in ("DATABASE_URL", "REDIS_URL"):
            if os.environ.get(name):
                raise CommandError(
                    f"{name} names a server of your own, which may hold more than a demo; nothing was removed. "
                    f"Empty it yourself, or unset {name} to reset the data folder {folder}."
                )
        if not folder.exists():
            raise CommandError(f"There is nothing to reset: {folder} does not exist.")
        if not (force or notes.path().exists() or not embedded.database_folder().exists()):
            raise CommandError(
                f"The data in {folder} is not a demo's; nothing was removed. To remove it all the same: "
                "make demo-reset FORCE=1"
            )
        self._remove(folder)
        self.stdout.write(f"Removed the demo data in {folder}. `make run` makes new data.")

    def _remove(self, folder: Path) -> None:
        try:
            with supervisor.only_one(folder):
                supervisor.end_leftovers(folder)
                if embedded.others_use_services():
                    raise CommandError(
                        f"A command still uses the data in {folder}; nothing was removed. Stop that command first."
                    )
                embedded.stop_services()
                for pattern in MADE_BY_RUNNING:
                    for path in folder.glob(pattern):
                        shutil.rmtree(path) if path.is_dir() else path.unlink()
        except supervisor.AlreadyRunningError as error:
            raise CommandError(f"CrossMarket is running on {folder}; nothing was removed. Stop it first.") from error

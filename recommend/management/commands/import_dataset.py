"""`manage.py import_dataset FORMAT PATH`: put a folder of real data into the database."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError
from django.utils.text import slugify
from rich.console import Console

from accounts.models import Platform
from accounts.models.platform import HOUSE_SLUG
from accounts.services.platforms import create_platform
from recommend.datasets import FORMATS, Dataset, DatasetError, Part, open_dataset
from recommend.importing import Imported, import_dataset
from recommend.management.watch import Watch

INTERRUPTED = 130


class Command(BaseCommand):
    """Imports people, items and interactions; a second run adds nothing, an interrupted one is continued."""

    help = (
        "Import a folder of real data: people, items and interactions. Platforms that do not exist yet are made. "
        "What was imported before is not imported again, so an interrupted import goes on with the same command."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("format", metavar="FORMAT", help=f"one of {', '.join(FORMATS)}")
        parser.add_argument("path", metavar="PATH", type=Path, help="the folder of the data set")
        parser.add_argument(
            "--platform",
            action="extend",
            nargs="+",
            default=[],
            metavar="SLUG",
            dest="slugs",
            help="the platforms to import into, in the order of their names in the data set; by default those names",
        )
        parser.add_argument("--with-test", action="store_true", help="import what the data set holds back, too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read and store. Raises `CommandError` for whatever people can put right."""
        started = time.monotonic()
        with Watch(Console(stderr=True)) as watch:
            try:
                dataset = open_dataset(options["format"], options["path"])
                parts = _parts(dataset, options["with_test"])
                slugs = _slugs(dataset, options["slugs"])
                platforms = [self._platform(slug) for slug in slugs]
                imported = import_dataset(dataset, platforms, parts, watch.broken, watch.reading)
            except DatasetError as error:
                raise CommandError(str(error)) from error
            except IntegrityError as error:
                raise CommandError(
                    f"Somebody else stored the same at the same moment ({error}). Run the command again: it goes on."
                ) from error
            except KeyboardInterrupt:
                raise CommandError(
                    "Stopped. What was stored stays; the same command goes on from there.", returncode=INTERRUPTED
                ) from None
            watch.sum_up()
        for each in imported:
            self.stdout.write(_told(each))
        if watch.broken_lines:
            self.stdout.write(f"{watch.broken_lines:,} broken {_plural('line', watch.broken_lines)} skipped.")
        self.stdout.write(f"Done in {time.monotonic() - started:.1f} s.")

    def _platform(self, slug: str) -> Platform:
        """The platform with this slug; a new one is made, and its keys are shown, as they cannot be later."""
        known = Platform.objects.filter(slug=slug).first()
        if known is not None:
            return known
        try:
            made = create_platform(slug)
        except ValidationError as error:
            raise CommandError(
                f"{slug!r} is no slug ({' '.join(error.messages)}). Name others with --platform."
            ) from None
        self.stdout.write(f"Made the platform {slug}. Keep its keys: {made.secret_key} {made.publishable_key}")
        return made.platform


def _parts(dataset: Dataset, with_test: bool) -> list[Part]:
    if not with_test:
        return ["train"]
    for platform in dataset.platforms:
        dataset.file(platform, "test")
    return ["train", "test"]


def _slugs(dataset: Dataset, given: list[str]) -> list[str]:
    slugs = given or [slugify(name) for name in dataset.platforms]
    if len(slugs) != len(dataset.platforms):
        raise CommandError(
            f"This data set has {len(dataset.platforms)} {_plural('platform', len(dataset.platforms))} "
            f"({', '.join(dataset.platforms)}); name as many with --platform, in this order."
        )
    if len(set(slugs)) < len(slugs):
        raise CommandError("The platforms of a data set are different ones; name each with a slug of its own.")
    if HOUSE_SLUG in slugs:
        raise CommandError(f"{HOUSE_SLUG} is CrossMarket's own site, whose accounts sign in; name another platform.")
    return slugs


def _told(imported: Imported) -> str:
    if not imported.new_events:
        return f"{imported.slug}: nothing new; all {imported.known_events:,} events were there already."
    return f"{imported.slug}: {imported.new_events:,} events stored, {imported.known_events:,} were there already."


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"

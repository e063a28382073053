"""Fill an empty database with the demo world."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from accounts.models import Platform, User
from crossmarket.demo import notes
from crossmarket.demo.addresses import SITES, Addresses
from crossmarket.demo.blemishes import add_blemishes
from crossmarket.demo.catalogue import write_site_files
from crossmarket.demo.experiment import run_experiment
from crossmarket.demo.load import load
from crossmarket.demo.logins import make_logins, personas
from crossmarket.demo.notes import DemoNotes, PlatformKeys
from crossmarket.demo.offers import make_offers
from crossmarket.demo.people import LEADING
from crossmarket.demo.replacing import empty
from crossmarket.demo.rewards import make_rewards
from crossmarket.demo.segments import make_segments
from crossmarket.demo.world import DemoWorld, generate


class Command(BaseCommand):
    """`manage.py seed_demo`."""

    help = (
        "Fills an empty database with a made-up world: three platforms, their courses, people and what they did, "
        "with logins and keys written to demo.json in the data folder. For demonstrations only: everybody knows the "
        "passwords."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The size of the world and whether it may take the place of another."""
        parser.add_argument("--users", type=int, default=2_000, help="how many people (default 2000)")
        parser.add_argument("--courses", type=int, default=1_000, help="how many courses (default 1000)")
        parser.add_argument("--seed", type=int, default=7, help="another number makes another world (default 7)")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="first remove ALL platforms, persons, events and logins of this data folder's earlier demo",
        )

    def handle(self, *args: Any, users: int, courses: int, seed: int, replace: bool, **options: Any) -> None:
        """Make the world, load it, and say how to get in."""
        self._check(users, replace)
        console = Console(stderr=True)
        with console.status("Imagining people and courses"):
            world = _world(users, courses, seed)
        with _Bars(console) as bars, transaction.atomic():
            if replace:
                empty()
            made = _fill(world, bars)
            # Inside the transaction: when the keys cannot be written down, nobody shall have them.
            write_site_files(world.courses, world.events, SITES)
            notes.write(made)
        for login in made.logins:
            self.stdout.write(f"{login.role:>9}  {login.email}  {login.password}")
        self.stdout.write(f"Keys, logins and persons are written to {notes.path()}.")

    def _check(self, users: int, replace: bool) -> None:
        if users < len(LEADING):
            raise CommandError(f"--users {users}: the demo tells of {len(LEADING)} persons at least.")
        if replace and not notes.path().exists():
            raise CommandError(
                f"--replace removes an earlier demo only, and there is no {notes.path()} from one. Nothing was changed."
            )
        present = list(Platform.objects.partners().values_list("slug", flat=True)[:4])
        if present and not replace:
            raise CommandError(
                f"The database already has platforms ({', '.join(present)}); nothing was changed. Demo data belongs "
                "into an empty database: use another data folder (CROSSMARKET_VAR), or --replace to make an earlier "
                "demo anew."
            )


def _world(users: int, courses: int, seed: int) -> DemoWorld:
    try:
        return generate(users, courses, seed)
    except ValueError as error:
        raise CommandError(str(error)) from error


def _fill(world: DemoWorld, bars: "_Bars") -> DemoNotes:
    addresses = Addresses(settings.PORT)
    loaded = load(world, addresses, bars)
    run_experiment(world, loaded)
    add_blemishes(world, loaded)
    make_segments()
    make_offers(world.seed)
    keys = [
        PlatformKeys(
            slug=made.platform.slug,
            name=made.platform.name,
            secret_key=made.secret_key,
            publishable_key=made.publishable_key,
            signing_secret=made.platform.signing_secret,
            site=addresses.site(made.platform.slug),
        )
        for made in loaded.platforms
    ]
    logins = make_logins(world, loaded)
    make_rewards(User.objects.get(email="lin@crossmarket.example"))
    return DemoNotes(addresses.port, logins, keys, personas(world))


class _Bars:
    """Shows the progress of each step as a bar."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description:<9}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console)
        self._task: TaskID | None = None

    def __enter__(self) -> "_Bars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, step: str, total: int) -> None:
        """A step begins that has so many units."""
        self._task = self._progress.add_task(step, total=total)

    def advance(self, units: int) -> None:
        """So many more units of it are done."""
        if self._task is not None:
            self._progress.advance(self._task, units)

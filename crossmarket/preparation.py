"""What has to be done before anything can run: tables, translations, static files, demo data, first models."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.management.commands.collectstatic import Command as CollectStatic
from django.core.management import call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from crossmarket import health, translations
from crossmarket.demo import notes
from crossmarket.foundation.redis import RedisError

SIGN_OF_LIFE = timedelta(seconds=30)
"""A running job that has been silent for longer went down with its worker."""

QUICK_ALGORITHMS = ("popularity", "ease")
"""What is trained at once, so that the first list is somebody's own."""
SLOW_ALGORITHMS = ("ensemble", "bilinear")
"""What a worker trains after that; the first is the default, which takes over once it is better."""


class PreparationError(Exception):
    """A step failed; the message says which, its own output is above."""


def prepare(console: Console) -> None:
    """Do every step that is not done yet, with a line or a progress bar for each. Raises `PreparationError`."""
    require_servers()
    for folder in settings.LOCALE_PATHS:
        translations.compile_stale(folder)
    migrate(console)
    make_groups()
    collect_static(console)
    if demo_is_wanted() and database_is_empty():
        console.print("[bold]Making demo data[/bold] (SEED_DEMO=0 starts empty)")
        # Logins and keys, which it prints, come with the banner.
        _run_command("seed_demo", silent=True)
    follow_demo_to_port(console)
    if needs_first_model():
        console.print("[bold]Training the first models[/bold]")
        _run_command("train", *QUICK_ALGORITHMS, "--here")
    is_demo = notes.path().exists()
    if is_demo:
        build_first_profiles_later(console)
    if is_demo or has_learned():
        train_slow_models_later(console, SLOW_ALGORITHMS if is_demo else SLOW_ALGORITHMS[:1])


def require_servers() -> None:
    """See that PostgreSQL and Redis answer. Raises `PreparationError`."""
    for setting, check in (("DATABASE_URL", health.check_database), ("REDIS_URL", health.check_redis)):
        try:
            check()
        except (DatabaseError, RedisError, OSError) as error:
            raise PreparationError(f"No answer from the server that {setting} names: {str(error).strip()}") from error


def demo_is_wanted() -> bool:
    """Whether an empty database gets demo data: unless `SEED_DEMO=0`."""
    return os.environ.get("SEED_DEMO", "1").lower() not in {"0", "false", "no", "off"}


def follow_demo_to_port(console: Console) -> None:
    """Let the demo's partner sites stand next to the port of today."""
    from crossmarket.demo.moving import follow_port

    if follow_port(settings.PORT):
        console.print(f"The demo's addresses now go with port {settings.PORT}.")


def database_is_empty() -> bool:
    """Whether no partner platform is here yet."""
    from accounts.models import Platform

    return not Platform.objects.partners().exists()


def needs_first_model() -> bool:
    """Whether there is something to learn from and nothing has been learned yet."""
    from profiles.models import Event
    from recommend.models import ModelVersion

    return ModelVersion.objects.active() is None and Event.objects.exists()


def has_learned() -> bool:
    """Whether any model answers."""
    from recommend.models import ModelVersion

    return ModelVersion.objects.active() is not None


def build_first_profiles_later(console: Console) -> None:
    """Leave the first profiles to the worker, which takes a minute."""
    from crossmarket.foundation.models import Job
    from profiles.models import ProfileModel
    from profiles.profiling.building import BUILD, enqueue_build

    if ProfileModel.objects.current() is None and not Job.objects.open().filter(kind=BUILD).exists():
        enqueue_build()
        console.print("Profiles are built in the background; watch it in the admin under Jobs.")


def train_slow_models_later(console: Console, algorithms: Sequence[str]) -> None:
    """Leave to the worker what takes minutes, so that nobody has to wait for it; also when it was cut short before."""
    from crossmarket.foundation.models import Job, JobState
    from recommend.models import ModelVersion
    from recommend.training import TRAIN, enqueue_training

    trained = set(ModelVersion.objects.values_list("algorithm", flat=True))
    waiting = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, heartbeat_at__gt=timezone.now() - SIGN_OF_LIFE)
    begun = {job.arguments["algorithm_name"] for job in Job.objects.filter(waiting, kind=TRAIN)}
    for name in (each for each in algorithms if each not in trained | begun):
        enqueue_training(name, {})
        console.print(f"{name} is trained in the background; watch it in the admin under Jobs.")


def migrate(console: Console) -> None:
    """Bring the tables up to date."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return
    with _bar(console) as bar:
        task = bar.add_task("Preparing the database", total=len(plan))

        class MigrateWithBar(Migrate):
            def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
                if action == "apply_success":
                    bar.advance(task)

        call_command(MigrateWithBar(), verbosity=0, interactive=False)


def make_groups() -> None:
    """Have the group of marketers ready for administrators to put people into."""
    from crossmarket.staff_groups import marketers

    marketers()


def collect_static(console: Console) -> None:
    """Gather, name by content and compress the static files, if any changed."""
    state, total = _state_of_static_files()
    kept = Path(settings.STATIC_ROOT) / ".collected"
    if kept.exists() and kept.read_text() == state:
        return
    with _bar(console) as bar:
        task = bar.add_task("Collecting static files", total=total)

        class CollectWithBar(CollectStatic):
            def copy_file(self, *args: Any) -> None:
                super().copy_file(*args)
                bar.advance(task)

        call_command(CollectWithBar(), verbosity=0, interactive=False)
        # Files of the same name in two places were counted twice and copied once.
        bar.update(task, completed=total)
    kept.write_text(state)


def _state_of_static_files() -> tuple[str, int]:
    """A digest of names, sizes and times of all static files, and how many there are."""
    digest, total = hashlib.sha256(), 0
    for finder in get_finders():
        for path, storage in finder.list([]):
            entry = Path(storage.path(path)).stat()
            digest.update(f"{path} {entry.st_size} {entry.st_mtime_ns}\n".encode())
            total += 1
    return digest.hexdigest(), total


def _run_command(*arguments: str, silent: bool = False) -> None:
    """Run a management command in a process of its own, which gives its memory back when it is done."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
    environment = {"LOG_LEVEL": "WARNING"} | os.environ
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL if silent else None, check=False)
    if done.returncode:
        raise PreparationError(f"`manage.py {' '.join(arguments)}` failed; see its message above.")


def _bar(console: Console) -> Progress:
    columns = (TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)

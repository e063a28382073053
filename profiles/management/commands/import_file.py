"""`manage.py import_file PLATFORM PATH`: import a file of events or items."""

from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from accounts.models import Platform
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from profiles.declared_mappings import NoMapping
from profiles.importing import preview, start_import
from profiles.ingest.files import ENCODINGS, FORMATS, FileBroken
from profiles.ingest.mapping import MappingError, read_document
from profiles.models import FileImport, FileShape, FileSubject

ROWS_SHOWN = 5


class Command(BaseCommand):
    """Imports a file; what was imported before is not imported again, so an interrupted import is run again."""

    help = (
        "Import a file of events or items: CSV with a header, JSON Lines (both also as .gz), Parquet or XLSX. The "
        "whole file is read first, and of a broken one nothing is stored. What was imported before counts once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The command line."""
        parser.add_argument("platform", metavar="PLATFORM", help="the platform's slug")
        parser.add_argument("path", metavar="PATH", type=Path, help=f"the file ({', '.join(FORMATS)})")
        parser.add_argument("--items", action="store_true", help="the rows are items, not events")
        parser.add_argument("--mapping", type=Path, metavar="FILE", help="a mapping for this file (JSON)")
        parser.add_argument("--own-names", action="store_true", help="the columns have our own names: no mapping")
        parser.add_argument("--encoding", choices=ENCODINGS, default="utf-8", help="of a text (default utf-8)")
        parser.add_argument("--rejects", type=Path, metavar="FILE", help="where to write refused rows, with reasons")
        parser.add_argument("--preview", action="store_true", help="only show the first rows and what becomes of them")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, or preview. Raises `CommandError` for whatever people can put right."""
        given = _given(options)
        try:
            with options["path"].open("rb") as file:
                if options["preview"]:
                    given.file = File(file, name=given.name)
                    self._preview(given)
                    return
                given.file.save(given.name, File(file), save=True)
        except OSError as error:
            raise CommandError(f"{options['path']} cannot be read: {error.strerror}.") from None
        try:
            job = _seen_through(start_import(given, to_worker=False))
            given.refresh_from_db()
            self._tell(given, job, options["rejects"])
        finally:
            if given.file:
                given.file.delete(save=True)

    def _preview(self, given: FileImport) -> None:
        try:
            for each in preview(given, ROWS_SHOWN):
                self.stdout.write(f"Row {each.row.number}: {each.text}")
                self.stdout.write(f"  {each.trial.refusal or 'would be taken'}: {each.trial.mapped}")
        except (FileBroken, NoMapping) as error:
            raise CommandError(str(error)) from None

    def _tell(self, given: FileImport, job: Job, rejects: Path | None) -> None:
        if rejects is not None and given.rejects:
            with given.rejects.open("rb") as file, rejects.open("wb") as written:
                for piece in file.chunks():
                    written.write(piece)
        if job.state != JobState.SUCCEEDED:
            raise CommandError(f"{given.name}: {job.get_state_display()}. {job.error}".strip())
        self.stdout.write(
            f"{given.rows:,} rows: {given.accepted:,} taken, {given.duplicates:,} known already, "
            f"{given.rejected:,} refused."
        )
        if given.rejects and rejects is None:
            self.stdout.write("The refused rows wait in the admin (File imports), or name a file with --rejects.")


def _given(options: dict[str, Any]) -> FileImport:
    platform = Platform.objects.filter(slug=options["platform"]).first()
    if platform is None:
        raise CommandError(f"There is no platform {options['platform']!r}; make it with manage.py create_platform.")
    if options["mapping"] and options["own_names"]:
        raise CommandError("Give either --mapping or --own-names.")
    shape, document = FileShape.DECLARED, ""
    if options["own_names"]:
        shape = FileShape.OWN_NAMES
    elif options["mapping"]:
        shape, document = FileShape.GIVEN, _document(options["mapping"])
    return FileImport(
        platform=platform,
        name=options["path"].name[-200:],
        subject=FileSubject.ITEM if options["items"] else FileSubject.EVENT,
        shape=shape,
        document=document,
        encoding=options["encoding"],
    )


def _document(path: Path) -> str:
    try:
        text = path.read_text("utf-8")
        read_document(text)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}.") from None
    except MappingError as error:
        raise CommandError(f"{path} is no mapping. {error}") from None
    return text


def _seen_through(job: Job) -> Job:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=100)
        return jobs.run(job.pk, lambda seen: progress.update(bar, description=seen.step, completed=seen.percent))

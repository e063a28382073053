"""Importing files of events and items, as a job.

First the whole file is read and nothing stored, so that of a file that is broken as a whole nothing is imported. Then
it is read again, and each `ROWS_AT_ONCE` rows are one transaction. Message ids make a second run store nothing twice:
rows without one get one made of all that the row says. So an import that was stopped goes on when it is run again.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import IO, cast

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext_noop

from accounts.models import Platform
from accounts.services import tombstones
from crossmarket.foundation import jobs
from crossmarket.foundation.batches import LONGEST_ENTRY
from crossmarket.foundation.jobs import JobFailed, Reporter, job_kind
from crossmarket.foundation.models import Job
from profiles import sent_files
from profiles.declared_mappings import NoMapping
from profiles.ingest.events import WHY_ERASED, Taken, erased_among, parse_events, store_entries
from profiles.ingest.files import FileBroken, Row, read_rows
from profiles.ingest.items import parse_items, store_items
from profiles.ingest.mapping import OWN_NAMES_WITHOUT_ID, Subject, mapper_for
from profiles.ingest.raw import parse_mapped
from profiles.mapping_trials import Trial, trial_of
from profiles.models import FileImport, FileShape
from profiles.models.rejected_event import ERASED

IMPORT_JOB = gettext_noop("profiles.import_file")
CHECKING = gettext_noop("reading the whole file")
IMPORTING = gettext_noop("importing rows")
ROWS_AT_ONCE = 2_000
BYTES_AT_ONCE = 4 * 1024 * 1024
ROWS_BETWEEN_REPORTS = 5_000
NEEDED = {"event": ("type", "user_id", "timestamp"), "item": ("item_id", "title")}
UNREADABLE = "unreadable_row"


@dataclass
class Counts:
    """What has become of a file's rows so far."""

    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class Previewed:
    """A row and what would become of it."""

    row: Row
    trial: Trial

    @property
    def text(self) -> str:
        """The row as it came."""
        return self.row.payload[:2_000].decode(errors="replace")


def start_import(file_import: FileImport, to_worker: bool = True) -> Job:
    """Let a worker import a file that was given."""
    file_import.job = jobs.enqueue(IMPORT_JOB, {"file_import_id": file_import.pk}, to_worker)
    file_import.save(update_fields=["job"])
    return file_import.job


def preview(file_import: FileImport, most: int) -> list[Previewed]:
    """The first rows of a file and what would become of them. Raises `FileBroken` and `NoMapping`."""
    with file_import.file.open("rb") as file:
        reading = _Reading(file_import, file)
        found: list[Previewed] = []
        for row in reading.rows():
            trial = Trial(None, row.fault) if row.fault else trial_of(row.payload, reading.subject, reading.mapper)
            found.append(Previewed(row, trial))
            if len(found) >= most:
                break
        return found


@job_kind(IMPORT_JOB)
def import_file(reporter: Reporter, /, file_import_id: int) -> dict[str, int]:
    """The job: read all, then store all, in chunks."""
    file_import = FileImport.objects.select_related("platform").filter(pk=file_import_id).first()
    if file_import is None or not file_import.file:
        raise JobFailed(
            "The file was taken away once all its rows were imported, or because somebody in it was erased. "
            "Give it again to import it again."
        )
    try:
        with file_import.file.open("rb") as file:
            total = _count(reporter, _Reading(file_import, file))
            counts = _import(reporter, file_import, file, total)
    except (FileBroken, NoMapping) as error:
        raise JobFailed(str(error)) from None
    file_import.file.delete(save=True)
    return asdict(counts)


class _Reading:
    """One pass over a file; the mapping is chosen when the columns are known."""

    def __init__(self, file_import: FileImport, file: IO[bytes]) -> None:
        self.subject = cast("Subject", str(file_import.subject))
        self.mapper = sent_files.mapper_of(file_import)
        self._file_import, self._file = file_import, file

    def rows(self) -> Iterator[Row]:
        """The rows. Raises `FileBroken`."""
        return read_rows(self._file, self._file_import.name, self._file_import.encoding, self._take_columns)

    def _take_columns(self, columns: Sequence[str]) -> None:
        is_own = self._file_import.shape == FileShape.OWN_NAMES
        if is_own and self.subject == "event" and "message_id" not in columns:
            self.mapper = mapper_for(OWN_NAMES_WITHOUT_ID, self.subject, self._file_import.platform.timezone)
        for field in NEEDED[self.subject]:
            wanted = self.mapper.columns_of(field)
            if wanted and not wanted & set(columns):
                shown = ", ".join(columns[:20]) + (", …" if len(columns) > 20 else "")
                raise FileBroken(
                    f"The first row names no column {' or '.join(sorted(wanted))}, from which {field} is taken. "
                    f"It names: {shown[:600]}. Correct it, or the mapping."
                )


def _count(reporter: Reporter, reading: _Reading) -> int:
    """How many rows there are, once the file is known to be whole."""
    total = 0
    for row in reading.rows():
        total += 1
        if total % ROWS_BETWEEN_REPORTS == 0:
            reporter(CHECKING, 0, 0, {"rows": total})
        del row
    reporter(CHECKING, total, total, {"rows": total})
    return total


def _import(reporter: Reporter, file_import: FileImport, file: IO[bytes], total: int) -> Counts:
    counts = Counts()
    with tempfile.TemporaryFile() as rejects:
        try:
            reading = _Reading(file_import, file)
            for chunk in _chunks(reading.rows()):
                _store(file_import.platform, reading, chunk, counts, rejects)
                figures = {name: float(count) for name, count in asdict(counts).items()}
                reporter(IMPORTING, counts.rows, total, figures)
        finally:
            _write_down(file_import, counts, rejects)
    return counts


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    held = 0
    for row in rows:
        chunk.append(row)
        held += len(row.payload)
        if len(chunk) >= ROWS_AT_ONCE or held >= BYTES_AT_ONCE:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk


def _store(platform: Platform, reading: _Reading, chunk: list[Row], counts: Counts, rejects: IO[bytes]) -> None:
    good = [row for row in chunk if not row.fault]
    payloads = [row.payload for row in good]
    with transaction.atomic():
        if reading.subject == "event":
            events = parse_mapped(reading.mapper, payloads, parse_events)
            taken = store_entries(platform, events)
        else:
            items = parse_mapped(reading.mapper, payloads, parse_items)
            new = store_items(platform, items.entries)
            taken = Taken(new, len(items.entries) - new, items.rejected)
    refused = [(row, UNREADABLE, row.fault) for row in chunk if row.fault]
    refused += [(good[each.index], each.code, each.detail) for each in taken.rejected]
    _keep_refused(platform, reading, sorted(refused, key=lambda each: each[0].number), rejects)
    counts.rows += len(chunk)
    counts.accepted += taken.accepted
    counts.duplicates += taken.duplicates
    counts.rejected += len(refused)


def _keep_refused(
    platform: Platform, reading: "_Reading", refused: list[tuple[Row, str, str]], rejects: IO[bytes]
) -> None:
    """Write refused rows down with their reasons; of rows about somebody erased, only that they came."""
    payloads = [row.payload for row, _code, _reason in refused]
    gone = erased_among(platform, payloads, reading.mapper) if reading.subject == "event" else set()
    for place, (row, code, reason) in enumerate(refused):
        is_gone = place in gone or code == ERASED
        shown = row.payload[:LONGEST_ENTRY].decode(errors="replace")
        rejects.write(_refusal(row, ERASED, WHY_ERASED, "") if is_gone else _refusal(row, code, reason, shown))


def _refusal(row: Row, code: str, reason: str, shown: str) -> bytes:
    """A line of the file of refused rows."""
    told = {"row": row.number, "code": code, "reason": reason, "content": shown}
    return json.dumps(told, ensure_ascii=False).encode(errors="replace") + b"\n"


def _write_down(file_import: FileImport, counts: Counts, rejects: IO[bytes]) -> None:
    for name, count in asdict(counts).items():
        setattr(file_import, name, count)
    if file_import.rejects:
        file_import.rejects.delete(save=False)
    if counts.rejected:
        rejects.seek(0)
        name = f"{PurePath(file_import.name).name}.refused.jsonl"
        file_import.rejects.save(name, File(rejects), save=False)
    file_import.save(update_fields=["rows", "accepted", "duplicates", "rejected", "rejects"])
    started = file_import.job.started_at if file_import.job else None
    if counts.rejected and started and tombstones.any_since(file_import.platform_id, started):
        sent_files.forget_erased(file_import)

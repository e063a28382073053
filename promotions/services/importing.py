"""Taking codes that were made elsewhere into a batch, from a file, as a job."""

import re
from collections.abc import Iterator
from typing import IO, cast
from uuid import UUID

import msgspec
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext_noop

from crossmarket.foundation import audit, jobs
from crossmarket.foundation.audit import Actor
from crossmarket.foundation.jobs import JobFailed, Reporter, Result, job_kind
from crossmarket.foundation.models import Job
from profiles.ingest.files import FileBroken, Row, read_rows
from promotions import codes
from promotions.models import BatchState, CodeKind, Coupon, CouponBatch
from promotions.services import generating

IMPORT = gettext_noop("promotions.import_codes")
ORDERED = gettext_noop("ordered codes to be imported")
IMPORTED = gettext_noop("codes were imported")
IMPORTING = gettext_noop("importing codes")
COLUMN = "code"
FORMATS = (".csv", ".xlsx")
WELL_FORMED = re.compile(r"[0-9A-Z]{6,40}")
AT_ONCE = 5_000
MOST_TOLD = 200
"""Rows that were refused are told one by one up to so many; all are counted."""


@transaction.atomic
def enqueue(batch: CouponBatch, file: File, actor: Actor) -> Job:
    """Have a worker take the codes of a file with a column `code`. Raises ValueError for other kinds of files."""
    name = (file.name or "").lower()
    ending = next((each for each in FORMATS if name.endswith(each)), None)
    if ending is None:
        raise ValueError(f"The name of the file ends with one of: {', '.join(FORMATS)}")
    kept = default_storage.save(f"imports/codes{ending}", file)
    audit.record_about(batch, actor, ORDERED)
    return jobs.enqueue(IMPORT, {"batch_id": str(batch.pk), "file": kept})


@job_kind(IMPORT)
def import_codes(reporter: Reporter, /, batch_id: str, file: str) -> Result:
    """`AT_ONCE` in a transaction; codes that there are already, in the file or anywhere, are told and left out."""
    open_batches = CouponBatch.objects.filter(code_kind=CodeKind.UNIQUE).exclude(state=BatchState.ENDED)
    batch = open_batches.filter(pk=UUID(batch_id)).first()
    if batch is None:
        raise JobFailed("The batch has ended, is gone, or has one code for everybody.")
    if not default_storage.exists(file):
        raise JobFailed("The file was taken away once its codes were imported. Give it again.")
    taking = _Taking(reporter, batch)
    try:
        with default_storage.open(file) as stored:
            for rows in _chunks(read_rows(cast("IO[bytes]", stored), file)):
                taking.take(rows)
    except FileBroken as error:
        raise JobFailed(str(error)) from None
    finally:
        audit.record_about(batch, None, IMPORTED, {"coupons": [None, taking.imported]})
    default_storage.delete(file)
    return {"imported": taking.imported, "duplicates": taking.duplicates, "refused": taking.refused}


class _Taking:
    """What became of a file's rows so far."""

    def __init__(self, reporter: Reporter, batch: CouponBatch) -> None:
        self.imported = self.duplicates = self.refused = self.told = 0
        self._reporter, self._batch = reporter, batch

    def take(self, rows: list[Row]) -> None:
        """Store the new codes of some rows."""
        new: dict[str, int] = {}
        for row in rows:
            code = _code_of(row)
            if not WELL_FORMED.fullmatch(code):
                self.refused += 1
                self._tell(row.number, row.fault or "no code of 6 to 40 letters and digits in the column “code”")
            elif code in new:
                self._is_known(row.number)
            else:
                new[code] = row.number
        with transaction.atomic():
            known = set(map(str, Coupon.objects.filter(code__in=new).values_list("code", flat=True)))
            known |= set(CouponBatch.objects.filter(shared_code__in=new).values_list("shared_code", flat=True))
            made = [code for code in new if code not in known]
            stored = generating.store(self._batch.pk, made)
        for code in known:
            self._is_known(new[code])
        self.imported += stored
        self.duplicates += len(made) - stored
        done = self.imported + self.duplicates + self.refused
        figures = {"imported": self.imported, "duplicates": self.duplicates, "refused": self.refused}
        self._reporter(IMPORTING, done, done + 1, {name: float(count) for name, count in figures.items()})

    def _is_known(self, row: int) -> None:
        self.duplicates += 1
        self._tell(row, "this code is there already")

    def _tell(self, row: int, why: str) -> None:
        self.told += 1
        if self.told <= MOST_TOLD:
            self._reporter.log(f"{row}: {why}")


def _code_of(row: Row) -> str:
    entry = {} if row.fault else msgspec.json.decode(row.payload)
    value = entry.get(COLUMN) if isinstance(entry, dict) else None
    return codes.normal(str(value)) if isinstance(value, str | int) else ""


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) >= AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk

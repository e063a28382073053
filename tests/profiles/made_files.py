"""Files as platforms give them, good and malicious, made in memory."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

SHEET = "xl/worksheets/sheet1.xml"


def xlsx(rows: Iterable[Sequence[Any]]) -> bytes:
    """A workbook with one sheet of these rows."""
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(list(row))
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()


def xlsx_with(part: str, content: bytes) -> bytes:
    """A workbook of which one part is this."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx([["a"], [1]]))) as good, zipfile.ZipFile(written, "w", 8) as made:
        for each in good.namelist():
            if each != part:
                made.writestr(each, good.read(each))
        made.writestr(part, content)
    return written.getvalue()


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    """A Parquet file of these columns."""
    written = io.BytesIO()
    pq.write_table(pa.table(columns), written, **options)
    return written.getvalue()


class Endless(io.RawIOBase):
    """A gigabyte of one letter, made as it is read; it counts how much was."""

    SIZE = 2**30

    def __init__(self, start: bytes = b"", letter: bytes = b"x") -> None:
        super().__init__()
        self.given = 0
        self._start, self._letter = start, letter

    def seek(self, offset: int, whence: int = 0) -> int:
        """Only to the beginning."""
        self.given = 0
        return 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        assert size > 0, "nothing may read the whole file at once"
        size = min(size, self.SIZE - self.given)
        found = (self._start[self.given :] + self._letter * size)[:size]
        self.given += size
        return found

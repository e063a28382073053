"""Rows of the first sheet of a workbook."""

import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from profiles.ingest.files.rows import CheckColumns, FileBroken, Row, named_columns, row_of
from profiles.ingest.files.xlsx_check import NO_WORKBOOK, check_workbook

MOST_ROWS = 1_048_576
"""So many a sheet can have; a row number beyond would be counted up to forever."""
BROKEN = (KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError, EOFError, NotImplementedError,
          OSError, ParseError, zipfile.BadZipFile, zlib.error)  # fmt: skip


def xlsx_rows(file: IO[bytes], check_columns: CheckColumns) -> Iterator[Row]:
    """The rows after the header, numbered as in the sheet; formulas are what they gave. Raises `FileBroken`."""
    check_workbook(file)
    file.seek(0)
    try:
        yield from _rows(file, check_columns)
    except BROKEN as error:
        raise FileBroken(f"{NO_WORKBOOK}: {type(error).__name__} {str(error)[:200]}.") from None


def _rows(file: IO[bytes], check_columns: CheckColumns) -> Iterator[Row]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        workbook = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except InvalidFileException as error:
        raise FileBroken(f"{NO_WORKBOOK}: {error}.") from None
    try:
        if not workbook.worksheets:
            raise FileBroken("The workbook has no sheet.")
        sheet: Any = workbook.worksheets[0]
        sheet.reset_dimensions()  # what a file says of its size need not be true
        rows = sheet.iter_rows(values_only=True)
        names = named_columns(next(rows, ()))
        check_columns(names)
        for number, cells in enumerate(rows, start=2):
            if number > MOST_ROWS:
                raise FileBroken(f"The sheet names rows beyond {MOST_ROWS}, which no sheet has.")
            if any(cell is not None for cell in cells):
                yield row_of(number, names, [_plain(cell) for cell in cells])
    finally:
        workbook.close()


def _plain(cell: Any) -> Any:
    """Numbers of sheets are fractions even where they are whole."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53 else cell

"""Rows of CSV: with a header, and commas, semicolons, tabs or bars between."""

import csv
from collections.abc import Iterator
from itertools import chain
from typing import Any

from profiles.ingest.files.rows import CheckColumns, FileBroken, Row, named_columns, row_of

DELIMITERS = ",;\t|"


def csv_rows(lines: Iterator[str], check_columns: CheckColumns) -> Iterator[Row]:
    """The rows after the header. Raises `FileBroken`."""
    first = next(lines, "")
    if not first.strip():
        raise FileBroken("The first line is empty; it must have the names of the columns.")
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    try:
        names = named_columns(next(reader))
        check_columns(names)
        yield from _rows(reader, names)
    except csv.Error as error:
        raise FileBroken(f"Line {reader.line_num} is no CSV: {error}. Is a quotation mark not closed?") from None


def _rows(reader: Any, names: list[str]) -> Iterator[Row]:
    begins = reader.line_num + 1
    for cells in reader:
        if cells:
            row = row_of(begins, names, cells)
            more = [cell for cell in cells[len(names) :] if cell]
            if more:
                fault = f"The row has {len(cells)} cells, the header has {len(names)}."
                row = Row(row.number, row.payload, fault)
            yield row
        begins = reader.line_num + 1

"""Which reader a file needs: told by how its name ends."""

import codecs
from collections.abc import Iterator, Sequence
from typing import IO

from profiles.ingest.files.csv_rows import csv_rows
from profiles.ingest.files.jsonl_rows import jsonl_rows
from profiles.ingest.files.lines import lines
from profiles.ingest.files.parquet_rows import parquet_rows
from profiles.ingest.files.rows import CheckColumns, FileBroken, Row
from profiles.ingest.files.xlsx_rows import xlsx_rows

FORMATS = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".parquet", ".xlsx")
ENCODINGS = ("utf-8", "gb18030", "big5", "latin-1")


def any_columns(columns: Sequence[str]) -> None:
    """Take whatever columns there are."""


def read_rows(
    file: IO[bytes], name: str, encoding: str = "utf-8", check_columns: CheckColumns = any_columns
) -> Iterator[Row]:
    """The rows of a file from its beginning, one at a time. Raises `FileBroken`, sooner or later."""
    ending = name.lower()
    if not ending.endswith(FORMATS):
        raise FileBroken(f"{name} is of no kind that can be read; its name ends with {', '.join(FORMATS)}.")
    file.seek(0)
    if ending.endswith(".parquet"):
        return parquet_rows(file, check_columns)
    if ending.endswith(".xlsx"):
        return xlsx_rows(file, check_columns)
    text = lines(file, codecs.lookup(encoding).name, ending.endswith(".gz"))
    return csv_rows(text, check_columns) if ".csv" in ending[-7:] else jsonl_rows(text)

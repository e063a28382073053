"""Lines of text files, plain or gzip-compressed, one at a time and with their numbers."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from recommend.datasets.records import DatasetError, OnProgress

LONGEST_LINE = 1 << 24
"""Bytes; what is longer is no data set of this kind, and is not to be read into memory."""

LINES_PER_REPORT = 2_000


def existing(directory: Path, name: str) -> Path | None:
    """The file of this name or of this name with `.gz`, whichever is there; the compressed one before the plain one."""
    for path in (directory / f"{name}.gz", directory / name):
        if path.is_file():
            return path
    return None


def numbered_lines(path: Path, on_progress: OnProgress) -> Iterator[tuple[int, bytes]]:
    """Each line that is not blank, without its end, and its number counted from 1.

    Raises `DatasetError`, naming the line, when the file cannot be read or is damaged there.
    """
    number = 0
    try:
        size = path.stat().st_size
        with path.open("rb") as raw:
            lines = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if path.suffix == ".gz" else raw
            while line := lines.readline(LONGEST_LINE):
                number += 1
                if len(line) == LONGEST_LINE:
                    raise DatasetError(f"{path}, line {number}: the line is longer than {LONGEST_LINE} bytes.")
                if number % LINES_PER_REPORT == 0:
                    on_progress(path.name, raw.tell(), size)
                if line := line.strip():
                    yield number, line
        on_progress(path.name, size, size)
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path} cannot be read after line {number} ({error}); fetch the file again.") from error

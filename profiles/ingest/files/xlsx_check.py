"""Whether a workbook can be opened without harm: looked at piece by piece, before anything builds a tree of it."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from profiles.ingest.files.lines import CHUNK, LONGEST_LINE, MOST_TIMES
from profiles.ingest.files.rows import FileBroken

MOST_PARTS = 2_000
LARGEST = 512 * 1024 * 1024
"""Unpacked bytes of all parts."""
SMALL = 1024 * 1024
SHARED_TEXTS = "xl/sharedStrings.xml"
LARGEST_SHARED = 32 * 1024 * 1024
"""The texts that all sheets share are held in memory as a whole."""
LARGEST_ROW = 8 * 1024 * 1024
MOST_OUTSIDE = 200_000
"""Elements outside rows, such as columns and merged cells: they are all held, too."""
ROW = re.compile(rb"<(/?)(?:[\w.-]{1,40}:)?row(?=[\s/>])[^>]*?(/?)>")
NO_WORKBOOK = "The file is no whole XLSX workbook"


def check_workbook(file: IO[bytes]) -> None:
    """Raise `FileBroken` for what is no workbook, or one made to fill a machine."""
    try:
        with zipfile.ZipFile(file) as archive:
            _check_sizes(archive.infolist())
            for part in archive.infolist():
                with archive.open(part) as content:
                    _check_part(part.filename, content)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise FileBroken(f"{NO_WORKBOOK}: {str(error)[:200]}.") from None


def _check_sizes(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > MOST_PARTS:
        raise FileBroken(f"The workbook has {len(parts)} parts; {MOST_PARTS} may be.")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > LARGEST:
        raise FileBroken(f"The workbook unpacks to {unpacked} bytes; {LARGEST} may be. Save it as CSV, or in parts.")
    for part in parts:
        if part.file_size > max(SMALL, part.compress_size * MOST_TIMES):
            raise FileBroken(f"{part.filename} unpacks to more than {MOST_TIMES} times its size; it was not read.")
        if part.filename == SHARED_TEXTS and part.file_size > LARGEST_SHARED:
            raise FileBroken(f"The workbook has more than {LARGEST_SHARED} bytes of texts. Save it as CSV.")


def _check_part(name: str, content: IO[bytes]) -> None:
    outside = in_row = 0
    is_in_row = False
    for piece in _pieces(name, content):
        if b"<!" in piece and name.endswith((".xml", ".rels")):
            raise FileBroken(f"{name} has declarations of its own, which no spreadsheet program writes.")
        at = 0
        for mark in ROW.finditer(piece):
            outside += 0 if is_in_row else piece.count(b"<", at, mark.start())
            is_in_row = not (mark[1] or mark[2])
            at, in_row = mark.end(), 0
        in_row += len(piece) - at if is_in_row else 0
        outside += 0 if is_in_row else piece.count(b"<", at)
        if in_row > LARGEST_ROW:
            raise FileBroken(f"{name} has a row of more than {LARGEST_ROW} bytes.")
        if outside > MOST_OUTSIDE and name != SHARED_TEXTS:
            raise FileBroken(f"{name} has more than {MOST_OUTSIDE} elements that are no rows. Save it as CSV.")


def _pieces(name: str, content: IO[bytes]) -> Iterator[bytes]:
    """The part in pieces that end before a `<`, so that no tag is cut."""
    rest = b""
    while chunk := content.read(CHUNK):
        rest += chunk
        cut = rest.rfind(b"<", 1)
        if cut > 0:
            yield rest[:cut]
            rest = rest[cut:]
        elif len(rest) > LONGEST_LINE:
            raise FileBroken(f"{name} has a cell or a tag of more than {LONGEST_LINE} bytes.")
    yield rest

"""Writing what is held about somebody into one archive, in bounded memory."""

import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import IO

import msgspec
from django.utils import translation
from django.utils.translation import gettext

from crossmarket.foundation.holdings import Part, Row

LANGUAGES = ("zh-hans", "en")
ROWS_BETWEEN_REPORTS = 1_000
ENCODER = msgspec.json.Encoder()

Report = Callable[[int], None]
"""What is told how many rows are written so far."""


@dataclass(frozen=True)
class Written:
    """A file of the archive: where it stands, what it is, and how many rows it has; None for one object."""

    path: str
    part: Part
    rows: int | None


def write(target: IO[bytes], folders: Mapping[str, Iterable[Part]], at: datetime, report: Report) -> int:
    """Write an archive of these folders with a README in both languages; returns how many rows it has."""
    written: list[Written] = []
    total = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, parts in folders.items():
            for part in parts:
                path = f"{folder}/{part.name}.json"
                rows = _write_part(archive, path, part, partial(_report_more, report, total))
                written.append(Written(path, part, rows))
                total += rows or 1
        for language in LANGUAGES:
            name = f"README.{language}.txt"
            archive.writestr(_entry(name), _readme(language, written, at))
    return total


def _write_part(archive: zipfile.ZipFile, path: str, part: Part, report: Report) -> int | None:
    with archive.open(_entry(path), "w", force_zip64=True) as file:
        if isinstance(part.content, Mapping):
            file.write(msgspec.json.format(ENCODER.encode(part.content), indent=2))
            return None
        count = 0
        for line in _lines(part.content):
            file.write(line)
            count += 1
            if count % ROWS_BETWEEN_REPORTS == 0:
                report(count)
        file.write(b"\n]\n" if count else b"[]\n")
        return count


def _report_more(report: Report, before: int, count: int) -> None:
    report(before + count)


def _lines(rows: Iterable[Row]) -> Iterator[bytes]:
    """A JSON list with a row in each line."""
    before = b"[\n"
    for row in rows:
        yield before + ENCODER.encode(row)
        before = b",\n"


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, time.localtime()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _readme(language: str, written: Iterable[Written], at: datetime) -> str:
    with translation.override(language):
        lines = [
            gettext("What CrossMarket holds about you"),
            "",
            gettext("As of %(time)s (UTC). All times are ISO 8601; amounts are in minor units, such as fen.")
            % {"time": f"{at:%Y-%m-%d %H:%M}"},
            gettext("The files are JSON: any editor, browser or spreadsheet opens them. Each folder is a platform."),
            "",
        ]
        for each in written:
            counted = "" if each.rows is None else gettext("%(count)d entries") % {"count": each.rows}
            lines += [each.path, f"    {each.part.words}" + (f" ({counted})" if counted else "")]
        lines += [
            "",
            gettext("Passwords, and contact addresses told by platforms, are kept as digests that nobody can read."),
        ]
        return "\n".join(lines) + "\n"

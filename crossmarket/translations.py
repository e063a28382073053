"""Compile the translations of `locale/` for gettext; the compiled files are not kept in the repository."""

import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_stale(folder: Path) -> list[Path]:
    """Compile each `LANGUAGE/LC_MESSAGES/NAME.po` under `folder` that is newer than its `.mo`; returns those compiled.

    A file is written aside and renamed, so that copies running side by side never read half of one.
    """
    stale = [source for source in sorted(folder.glob("*/LC_MESSAGES/*.po")) if _is_stale(source)]
    for source in stale:
        _compile(source)
    return stale


def _is_stale(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime


def _compile(source: Path) -> None:
    with source.open("rb") as file:
        catalog = read_po(file, locale=source.parent.parent.name, abort_invalid=True)
    content = io.BytesIO()
    write_mo(content, catalog)
    aside = source.with_suffix(".mo.new")
    aside.write_bytes(content.getvalue())
    aside.replace(source.with_suffix(".mo"))

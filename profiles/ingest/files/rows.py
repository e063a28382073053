"""Rows of a file, and how a file can be broken."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

MOST_COLUMNS = 1_000
LONGEST_NAME = 200

CheckColumns = Callable[[Sequence[str]], None]
"""What is told the columns of a file before its first row; it raises `FileBroken` when they do not serve."""


class FileBroken(Exception):
    """A file that cannot be taken at all; the message says where, why, and what to do."""


@dataclass(frozen=True)
class Row:
    """One row: its number as people count (a line of a text, a row of a sheet, from 1), and its content as JSON.

    `fault` says why it cannot be read; `payload` is then what there is of it.
    """

    number: int
    payload: bytes
    fault: str = ""


def named_columns(cells: Iterable[Any]) -> list[str]:
    """The names in a header. Raises `FileBroken` when it is none."""
    names = [str(cell).strip() if cell is not None else "" for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not any(names):
        raise FileBroken("The first row is empty; it must have the names of the columns.")
    if len(names) > MOST_COLUMNS:
        raise FileBroken(f"The first row has {len(names)} columns; {MOST_COLUMNS} may be. Is it the right delimiter?")
    if "" in names:
        raise FileBroken(f"Column {names.index('') + 1} has no name in the first row.")
    if too_long := next((name for name in names if len(name) > LONGEST_NAME), None):
        raise FileBroken(f"The first row has no names of columns but long texts, such as {too_long[:60]!r}….")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise FileBroken(f"The column {twice!r} is there twice; columns need different names.")
    return names


def row_of(number: int, names: Sequence[str], cells: Sequence[Any]) -> Row:
    """A row of cells under their names; empty cells say nothing and are left out."""
    entry = {name: cell for name, cell in zip(names, cells) if cell is not None and cell != ""}
    return encoded(number, entry)


def encoded(number: int, entry: Any) -> Row:
    """A row of any values: times without offset stay so, decimals become texts."""
    try:
        return Row(number, msgspec.json.encode(entry))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        return Row(number, b"{}", f"The row has a value that JSON cannot hold: {error}.")

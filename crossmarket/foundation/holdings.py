"""What a room holds about somebody, as parts of an archive."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

Row = Mapping[str, Any]
"""Names that people can read, and values that are JSON, times, decimals or UUIDs."""


@dataclass(frozen=True)
class Part:
    """One file of an archive: its name without ending, what it is in words, and one object or any number of rows.

    Rows may be made while they are read, so that however many take no memory.
    """

    name: str
    words: Promise | str
    content: Row | Iterable[Row]

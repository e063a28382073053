"""What the readers of data set folders hand out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

Part = Literal["train", "test"]
"""Which part of a published split a file holds; formats without a split have only `train`."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """One interaction of one person with one item.

    platform: where it happened: `book` or `music`, `sport` or `phone`; in formats of one platform, the folder's name.
    user: the person's number, 0 or more; the same number is the same person on every platform of the folder.
    item: the item's number on that platform, 0 or more.
    order: 0, 1, 2, ... in the order in which the person came to the items; None where the order is not known.
    rating: 1 to 5; None where people did not rate.
    """

    platform: str
    user: int
    item: int
    order: int | None = None
    rating: float | None = None


class BrokenLine(msgspec.Struct, frozen=True):
    """A line that was skipped: its file, its number counted from 1, and what is wrong with it."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


OnBroken = Callable[[BrokenLine], None]
OnProgress = Callable[[str, int, int], None]
"""Called as on_progress(file name, bytes read, bytes in the file) now and then; it may raise to stop the reading."""


class DatasetError(ValueError):
    """A folder or file is missing, unreadable or holds nothing; the message says which and what was expected."""

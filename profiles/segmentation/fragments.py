"""Pieces of SQL with their parameters beside them, so that no value is ever written into a statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sql:
    """A piece of SQL, and the values of its `%s` in their order."""

    text: str
    values: tuple[Any, ...] = ()

    def __add__(self, other: "Sql | str") -> "Sql":
        """Both, one after the other."""
        if isinstance(other, str):
            return Sql(self.text + other, self.values)
        return Sql(self.text + other.text, self.values + other.values)

    def __radd__(self, other: str) -> "Sql":
        """A text before this."""
        return Sql(other + self.text, self.values)


def sql(text: str, *values: Any) -> Sql:
    """A piece of SQL with these values."""
    return Sql(text, values)


def together(between: str, pieces: Iterable[Sql]) -> Sql:
    """Pieces with a text between each two."""
    found = list(pieces)
    values = tuple(value for piece in found for value in piece.values)
    return Sql(between.join(piece.text for piece in found), values)

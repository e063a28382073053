"""Statements of our own that are run many times a second: planned once a connection, their rows read with no detour.

Where connections are pooled by transaction nothing can be prepared on them, and each statement is planned anew. Django
calls that `DISABLE_SERVER_SIDE_CURSORS`, which such databases need anyway.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.models import Model

Row = TypeVar("Row", bound=Model)
Reader = Callable[[Any, Any, Any], Any]

_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
"""By connection of the driver, the names of what is prepared on it; that outlives transactions, undone ones too."""


class Statement:
    """A statement with values by name, such as `%(code)s`; types: of each value, as PostgreSQL calls it."""

    def __init__(self, name: str, types: Mapping[str, str], text: str) -> None:
        numbers = {value: f"${number}" for number, value in enumerate(types, start=1)}
        numbered = re.sub(r"%\((\w+)\)s", lambda place: numbers[place[1]], text)
        self.name, self.text = name, text
        self._prepare = f"PREPARE {name} ({', '.join(types.values())}) AS {numbered}"
        self._execute = f"EXECUTE {name} ({', '.join(f'%({value})s' for value in types)})"

    def run(self, **values: Any) -> int:
        """Run it; returns how many rows it changed."""
        with connection.cursor() as cursor:
            cursor.execute(self._ready(cursor), values)
            return int(cursor.rowcount)

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """The rows that it gives."""
        with connection.cursor() as cursor:
            cursor.execute(self._ready(cursor), values)
            return list(cursor.fetchall())

    def _ready(self, cursor: Any) -> str:
        """What to run: what was prepared on this connection, else the text itself."""
        if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
            return self.text
        known = _prepared.setdefault(connection.connection, set())
        if self.name not in known:
            cursor.execute(self._prepare)
            known.add(self.name)
        return self._execute


class Rows(Generic[Row]):
    """How rows of a model are read; `columns` is what to select of it, under the name that the statement gives it."""

    def __init__(self, model: type[Row], name: str) -> None:
        fields = model._meta.concrete_fields  # noqa: SLF001 Django's own public name
        self.model = model
        self.columns = ", ".join(f"{name}.{field.column}" for field in fields)
        self.width = len(fields)
        self._names = [field.attname for field in fields]
        self._readers: list[tuple[int, Reader]] = [
            (place, field.from_db_value) for place, field in enumerate(fields) if hasattr(field, "from_db_value")
        ]

    def row(self, values: Sequence[Any]) -> Row:
        """A row of what was selected: values beyond the columns are left out."""
        read = list(values[: self.width])
        for place, reader in self._readers:
            read[place] = reader(read[place], None, connection)
        return self.model.from_db(connection.alias, self._names, read)

"""Many rows of numbers out of the database at once, by PostgreSQL's binary COPY: no Python object is made of a row."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

HEADER = 19
"""Bytes before the first row: a signature, flags, and the length of an extension that is empty."""
TRAILER = 2
NUMBERS = {"i2", "i4", "i8", "f4", "f8"}
"""What can be read: whole numbers and floating ones, each of a fixed width."""


class ColumnsDiffer(ValueError):
    """The database sends other columns than were expected: another number, another width, or nulls."""


def copied(query: QuerySet[Any, Any], dtype: npt.DTypeLike) -> npt.NDArray[np.void]:
    """The rows of a `values_list` of numbers as a structured array, which has one field for each column, in order.

    No column may be null, and each must come as wide as its field: `bigint` is `i8`, `integer` `i4`, `smallint` `i2`,
    `double precision` `f8`, `real` `f4`. Raises `ColumnsDiffer` where they do not.
    """
    fields = np.dtype(dtype)
    try:
        sql, parameters = query.query.sql_with_params()
    except EmptyResultSet:
        return np.zeros(0, dtype=fields)
    received = io.BytesIO()
    with connection.cursor() as cursor:
        statement = cursor.mogrify(sql, parameters).decode()
        cursor.copy_expert(f"COPY ({statement}) TO STDOUT (FORMAT binary)", received)
    return _parsed(received.getbuffer(), fields)


def _parsed(received: memoryview, fields: np.dtype[np.void]) -> npt.NDArray[np.void]:
    sent = _as_sent(fields)
    body = len(received) - HEADER - TRAILER
    if body % sent.itemsize:
        raise ColumnsDiffer(f"Rows of {sent.itemsize} bytes were expected for {fields}; {body} bytes came.")
    rows = np.frombuffer(received, sent, body // sent.itemsize, HEADER)
    names = fields.names or ()
    if (rows["fields"] != len(names)).any():
        raise ColumnsDiffer(f"{len(names)} columns were expected for {fields}.")
    parsed = np.empty(len(rows), dtype=fields)
    for name in names:
        if (rows[f"width of {name}"] != fields[name].itemsize).any():
            raise ColumnsDiffer(f"Column {name!r} has nulls, or another width than {fields[name].itemsize} bytes.")
        parsed[name] = rows[name]
    return parsed


def _as_sent(fields: np.dtype[np.void]) -> np.dtype[np.void]:
    """A row as it is sent: how many fields follow, then each with its width before it, the highest byte first."""
    columns: list[tuple[str, str]] = [("fields", ">i2")]
    for name in fields.names or ():
        code = fields[name].str[1:]
        if code not in NUMBERS:
            raise ColumnsDiffer(f"Column {name!r} cannot be copied as {fields[name]}.")
        columns += [(f"width of {name}", ">i4"), (name, f">{code}")]
    return np.dtype(columns)

"""Looking for marks in everything there is: all tables, all of Redis, all stored files."""

import io
import struct
import zipfile
from collections.abc import Collection, Iterator

from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import connection

from crossmarket.foundation.redis import client


def all_tables() -> list[str]:
    """Every table of the database, whoever made it."""
    return connection.introspection.table_names()


def tables_with(marks: Collection[str]) -> set[str]:
    """The tables in which one of the marks stands anywhere."""
    found = {table for table in all_tables() if _rows_with(table, marks)}
    if any(mark in str(session.get_decoded()) for session in Session.objects.all() for mark in marks):
        found.add("django_session")
    return found


def keys_with(marks: Collection[str]) -> set[str]:
    """The keys of Redis that have one of the marks in their names or values."""
    sought = [*(mark.encode() for mark in marks), *(_packed(int(mark)) for mark in marks if mark.isdecimal())]
    return {
        key.decode(errors="replace")
        for key in client().scan_iter(count=1_000)
        if any(each in part for part in (key, *_values(key)) for each in sought)
    }


def files_with(marks: Collection[str]) -> set[str]:
    """The stored files that have one of the marks inside, also packed ones."""
    sought = [mark.encode() for mark in marks]
    return {name for name in _files("") if any(each in part for part in _parts(name) for each in sought)}


def _rows_with(table: str, marks: Collection[str]) -> bool:
    with connection.cursor() as cursor:
        patterns = [f"%{mark}%" for mark in marks]
        cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}" AS each WHERE each::text LIKE ANY(%s))', [patterns])
        return bool(cursor.fetchone()[0])


def _packed(number: int) -> bytes:
    """A number as msgpack writes it."""
    return struct.pack(">Q", number)


def _values(key: bytes) -> Iterator[bytes]:
    redis = client()
    match redis.type(key):
        case b"string":
            yield redis.get(key) or b""
        case b"list":
            yield from redis.lrange(key, 0, -1)
        case b"set":
            yield from redis.smembers(key)
        case b"zset":
            yield from redis.zrange(key, 0, -1)
        case b"hash":
            yield from (part for pair in redis.hgetall(key).items() for part in pair)


def _files(folder: str) -> Iterator[str]:
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}".lstrip("/") for name in names)
    for inner in folders:
        yield from _files(f"{folder}/{inner}".lstrip("/"))


def _parts(name: str) -> Iterator[bytes]:
    yield name.encode()
    with default_storage.open(name) as file:
        content = file.read()
    yield content
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from (archive.read(member) for member in archive.namelist())

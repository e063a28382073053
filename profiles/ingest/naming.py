"""Whom an entry names that was not taken: of those that cannot be read as an event, everything in it is looked at."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from crossmarket.foundation.bodies import NO_JSON
from profiles.ingest.mapping import Mapper, Unmappable


class _Named(msgspec.Struct):
    user_id: str
    timestamp: Any = None


def named_user(payload: bytes, mapper: Mapper | None = None) -> tuple[str, str] | None:
    """The user id, and the time as far as it is told, of an entry in our shape, or in the one that the mapper reads.

    None where the entry does not say whose it is.
    """
    try:
        if mapper is None:
            named = msgspec.json.decode(payload, type=_Named)
            return named.user_id, str(named.timestamp)
        entry = msgspec.json.decode(payload)
    except NO_JSON:
        return None
    user_id = _mapped(mapper, "user_id", entry)
    return None if user_id is None else (str(user_id), str(_mapped(mapper, "timestamp", entry)))


def _mapped(mapper: Mapper, field: str, entry: Any) -> Any:
    """What the mapping gives for one field of ours, whatever is wrong with the others."""
    alone = Mapper(mapper.subject, tuple(target for target in mapper.targets if target.name == field))
    try:
        return alone.map(entry).get(field)
    except (Unmappable, TypeError, ValueError, OverflowError):
        return None


def names(payload: bytes, external_id: str, mapper: Mapper | None = None) -> bool:
    """Whether an entry is about this user.

    One whose user id cannot be read is, when the id stands anywhere in it: rather too much is forgotten than too
    little.
    """
    named = named_user(payload, mapper)
    if named is not None:
        return named[0] == external_id
    try:
        return external_id in _texts(json.loads(payload))
    except (ValueError, RecursionError):
        return bool(re.search(rf"(?<!\w){re.escape(external_id)}(?!\w)", payload.decode(errors="replace")))


def _texts(value: Any) -> Iterator[str]:
    """All names, texts and numbers in a JSON value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)

"""What kind of value each field of ours has, and how theirs becomes one without guessing."""

import math
import re
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

from profiles.ingest.mapping.faults import Inconvertible
from profiles.ingest.mapping.units import number, plain, shown

YES = frozenset({"true", "yes", "y", "1", "on", "是"})
NO = frozenset({"false", "no", "n", "0", "off", "否"})
BETWEEN = re.compile(r"[,;|，；、]")


class Kind(Enum):
    """The kinds of values of our fields."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole number"
    BOOLEAN = "yes or no"
    LIST = "list of texts"
    TIME = "time"
    OBJECT = "object"
    ANY = "anything"


def text(value: Any) -> str:
    """A text; whole numbers, as many ids are, are written out. Raises `Inconvertible`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Inconvertible(f"{shown(value)} is no text")
    if isinstance(value, float) and not (math.isfinite(value) and value == int(value)):
        raise Inconvertible(f"{shown(value)} is a broken number, not a text")
    return str(plain(number(value)))


def boolean(value: Any) -> bool:
    """Yes or no, also from a word. Raises `Inconvertible`."""
    word = str(value).strip().lower() if isinstance(value, str | int | float) else ""
    if word in YES or word in NO:
        return word in YES
    raise Inconvertible(f"{shown(value)} is neither true nor false")


def whole(value: Any) -> int:
    """A whole number. Raises `Inconvertible`."""
    found = number(value)
    if found != found.to_integral_value():
        raise Inconvertible(f"{shown(value)} is no whole number")
    return int(found)


def texts(value: Any) -> list[str]:
    """A list of texts, also from one text with commas, semicolons or bars between. Raises `Inconvertible`."""
    if isinstance(value, str):
        return [part.strip() for part in BETWEEN.split(value) if part.strip()]
    if not isinstance(value, list):
        raise Inconvertible(f"{shown(value)} is no list")
    return [text(member) for member in value if member is not None]


def members(value: Any) -> dict[str, Any]:
    """An object, also from a text that holds one as JSON. Raises `Inconvertible`."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            raise Inconvertible(f"{shown(value)} is no object of JSON") from None
    if not isinstance(value, dict):
        raise Inconvertible(f"{shown(value)} is no object")
    return value


def anything(value: Any) -> Any:
    """The value as it is, if JSON can hold it. Raises `Inconvertible`."""
    if isinstance(value, float) and not math.isfinite(value):
        raise Inconvertible(f"{shown(value)} is a number that JSON does not know")
    return plain(value) if isinstance(value, Decimal) else value


def _number(value: Any) -> int | float:
    return plain(number(value))


CONVERTERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: text,
    Kind.NUMBER: _number,
    Kind.WHOLE: whole,
    Kind.BOOLEAN: boolean,
    Kind.LIST: texts,
    Kind.OBJECT: members,
    Kind.ANY: anything,
}

"""Units: what a platform counts in, and what we do. Decimal arithmetic, so that 99.9 yuan are 9990 fen exactly."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from profiles.ingest.mapping.faults import Inconvertible

LARGEST = Decimal(10) ** 18
NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?")


@dataclass(frozen=True)
class Unit:
    """How one unit becomes another: a factor, and whether the result must be a whole number."""

    factor: Decimal
    is_whole: bool = False


UNITS = {
    "yuan->fen": Unit(Decimal(100), is_whole=True),
    "jiao->fen": Unit(Decimal(10), is_whole=True),
    "dollars->cents": Unit(Decimal(100), is_whole=True),
    "major->minor": Unit(Decimal(100), is_whole=True),
    "percent->share": Unit(Decimal("0.01")),
    "permille->share": Unit(Decimal("0.001")),
    "ten_points->stars": Unit(Decimal("0.5")),
    "hundred_points->stars": Unit(Decimal("0.05")),
    "milliseconds->seconds": Unit(Decimal("0.001")),
    "minutes->seconds": Unit(Decimal(60)),
    "hours->seconds": Unit(Decimal(3600)),
}


def number(value: Any) -> Decimal:
    """A number, also from a text such as "99.90". Raises `Inconvertible`."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise Inconvertible(f"{shown(value)} is no number")
    text = value.strip() if isinstance(value, str) else repr(value) if isinstance(value, float) else ""
    if isinstance(value, str) and not NUMBER.fullmatch(text):
        raise Inconvertible(f"{shown(value)} is no number; write it like 99.90")
    found = Decimal(text) if text else Decimal(value)
    if not found.is_finite() or abs(found) > LARGEST:
        raise Inconvertible(f"{shown(value)} is too large a number")
    return found


def converted(value: Any, name: str) -> int | float:
    """A number in the unit after the arrow. Raises `Inconvertible`."""
    unit = UNITS[name]
    found = number(value) * unit.factor
    if unit.is_whole and found != found.to_integral_value():
        before, _, after = name.partition("->")
        raise Inconvertible(f"{shown(value)} {before} are no whole number of {after}")
    return plain(found)


def plain(value: Decimal) -> int | float:
    """The number as JSON writes it: whole where it is whole."""
    return int(value) if value == value.to_integral_value() else float(value)


def shown(value: Any) -> str:
    """A value in a message: short, however long it is."""
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object of {len(value)} members"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    text = repr(value) if isinstance(value, str) else _digits(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _digits(value: Any) -> str:
    return "a very long number" if isinstance(value, int) and value.bit_length() > 400 else str(value)

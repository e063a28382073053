"""What a search may try: ranges of settings, from the types, bounds and defaults of an algorithm's configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from recommend.algorithms.base import AlgorithmConfig

FIXED = {"seed", "device", "compact", "max_items", "max_epochs", "patience", "validation_share", "batch_size"}
"""What changes no taste: chance, machines, memory, and when to stop."""
FARTHEST = 8.0
"""A number is tried from an eighth of its default up to eight times as much, within its bounds."""
SHARES_END = 1.0
"""A number that is 0 by default is tried up to this."""

INSIDE = 0.1
"""How far inside a bound that is not allowed itself the numbers end: a tenth of the way to the default."""


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included, on a logarithmic scale or not."""

    name: str
    low: float
    high: float
    is_whole: bool
    is_logarithmic: bool


@dataclass(frozen=True)
class Choice:
    """One of some values."""

    name: str
    values: tuple[Any, ...]


def space_of(config: type[AlgorithmConfig]) -> list[Range | Choice]:
    """The settings worth trying, in the order of the configuration; empty where there is nothing to try."""
    info = msgspec.inspect.type_info(config)
    if not isinstance(info, msgspec.inspect.StructType):
        raise TypeError(f"{config} is no structure of settings.")
    return [each for field in info.fields if field.name not in FIXED for each in _of(field)]


def _of(field: msgspec.inspect.Field) -> Iterator[Range | Choice]:
    kind = field.type.type if isinstance(field.type, msgspec.inspect.Metadata) else field.type
    match kind:
        case msgspec.inspect.LiteralType(values=values):
            yield Choice(field.name, tuple(values))
        case msgspec.inspect.BoolType():
            yield Choice(field.name, (False, True))
        case msgspec.inspect.IntType() | msgspec.inspect.FloatType():
            found = _range(field.name, float(field.default), kind)
            if found.low < found.high:
                yield found


def _range(name: str, default: float, kind: msgspec.inspect.IntType | msgspec.inspect.FloatType) -> Range:
    is_whole = isinstance(kind, msgspec.inspect.IntType)
    lowest, highest = _bounds(default, kind, is_whole)
    if default <= 0:
        return Range(name, lowest, min(highest, SHARES_END), is_whole, is_logarithmic=False)
    low, high = max(default / FARTHEST, lowest), min(default * FARTHEST, highest)
    if is_whole:
        low, high = max(1.0, round(low)), round(high)
    return Range(name, low, high, is_whole, is_logarithmic=low > 0)


def _bounds(
    default: float, kind: msgspec.inspect.IntType | msgspec.inspect.FloatType, is_whole: bool
) -> tuple[float, float]:
    """The lowest and highest value allowed; of a bound that is not itself allowed, a little inside."""
    lowest, highest = 0.0, float("inf")
    if kind.ge is not None:
        lowest = float(kind.ge)
    elif kind.gt is not None:
        lowest = kind.gt + (1 if is_whole else INSIDE * (default - kind.gt))
    if kind.le is not None:
        highest = float(kind.le)
    elif kind.lt is not None:
        highest = kind.lt - (1 if is_whole else INSIDE * (kind.lt - default))
    return lowest, highest

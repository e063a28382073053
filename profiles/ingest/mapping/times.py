"""Times: seconds and milliseconds since 1970, the local time of a platform, and ISO 8601, made into moments."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from profiles.ingest.mapping.faults import Inconvertible
from profiles.ingest.mapping.units import number, shown

TimeFormat = Literal["iso", "local", "seconds", "milliseconds", "microseconds"]

IN_A_SECOND = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST = 64
"""Characters of a time."""


def moment(value: Any, time_format: TimeFormat, zone: ZoneInfo, pattern: str | None = None) -> datetime:
    """The moment that a platform means; `pattern` is `strptime`'s, for local times. Raises `Inconvertible`.

    A local time that the clocks show twice is taken to be the first; one that they leap over is none.
    """
    if time_format in IN_A_SECOND:
        return _since_1970(value, IN_A_SECOND[time_format])
    if not isinstance(value, str) or len(value) > LONGEST:
        raise Inconvertible(f"{shown(value)} is no time in words; declare seconds or milliseconds for a number")
    found = _read(value.strip(), pattern)
    if found.tzinfo is not None:
        return found
    if time_format == "iso":
        raise Inconvertible(f"{shown(value)} has no offset; declare the time as local")
    return _of_zone(found, zone)


def check_pattern(pattern: str) -> str | None:
    """Why this is no pattern of `strptime` that tells day and time; None when it is one."""
    sample = datetime(2021, 11, 23, 14, 0)  # noqa: DTZ001 local times have no zone
    try:
        read = datetime.strptime(sample.strftime(pattern), pattern)  # noqa: DTZ007
    except (ValueError, TypeError) as error:
        return f"This is no pattern of a time: {error}."
    return None if read.date() == sample.date() else "The pattern must tell year, month and day."


def _since_1970(value: Any, in_a_second: int) -> datetime:
    try:
        microseconds = int(number(value) * Decimal(1_000_000) / in_a_second)
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        raise Inconvertible(f"{shown(value)} lies beyond all years; is the unit right?") from None


def _read(text: str, pattern: str | None) -> datetime:
    try:
        return datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        like = f"of the pattern {pattern}" if pattern else "as ISO 8601 writes it, such as 2026-03-01T20:15:00"
        raise Inconvertible(f"{shown(text)} is no time {like}") from None


def _of_zone(local: datetime, zone: ZoneInfo) -> datetime:
    try:
        found = local.replace(tzinfo=zone).astimezone(UTC)
        back = found.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        raise Inconvertible(f"{local.isoformat()} lies beyond all years") from None
    if back != local:
        raise Inconvertible(f"{local.isoformat()} never was in {zone.key}: the clocks leapt over it")
    return found

"""Hours of the week during which a batch is open, in its own time zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec


class HoursBroken(ValueError):
    """The document is none; the message says where."""


TimeOfDay = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""Hours and minutes, 00:00 to 23:59."""


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From one time of day until before another, on some days (0 is Monday).

    Where `until` is not later than `since` it is a time of the next day.
    """

    days: tuple[int, ...]
    since: TimeOfDay = "00:00"
    until: TimeOfDay = "00:00"

    def is_open(self, moment: datetime) -> bool:
        """Whether a moment (in the time zone of the window) lies in it."""
        at, day = f"{moment:%H:%M}", moment.weekday()
        if self.since < self.until:
            return day in self.days and self.since <= at < self.until
        return (day in self.days and at >= self.since) or ((day - 1) % 7 in self.days and at < self.until)


def read(document: Sequence[Any]) -> tuple[Window, ...]:
    """The windows of a document; without any it is always open. Raises `HoursBroken`."""
    try:
        windows = msgspec.convert(list(document), tuple[Window, ...])
    except msgspec.ValidationError as error:
        raise HoursBroken(str(error)) from None
    for window in windows:
        if not all(0 <= day <= 6 for day in window.days):
            raise HoursBroken("A day is from 0 (Monday) to 6 (Sunday).")
    return windows


def is_open(document: Sequence[Any], timezone: str, moment: datetime) -> bool:
    """Whether any of the windows is open at this moment; always, where there is none."""
    windows = read(document)
    local = moment.astimezone(ZoneInfo(timezone))
    return not windows or any(window.is_open(local) for window in windows)

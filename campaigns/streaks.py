"""Days in a row. Days are days of a calendar, so that neither clocks that change nor ends of months matter here."""

from collections.abc import Iterable
from datetime import date, timedelta

DAY = timedelta(days=1)


def current(days: Iterable[date], today: date) -> int:
    """How many days in a row up to today; one that is not over yet, and so may still come, breaks nothing."""
    known = set(days)
    last = today if today in known else today - DAY
    return _back_from(last, known)


def longest(days: Iterable[date]) -> int:
    """The most days in a row that there ever were."""
    known = set(days)
    return max((_back_from(day, known) for day in known if day + DAY not in known), default=0)


def reached(days: Iterable[date], wanted: int) -> bool:
    """Whether there were ever so many days in a row."""
    return longest(days) >= wanted


def missed(days: Iterable[date], since: date, today: date) -> list[date]:
    """The days from `since` until yesterday that are missing, the earliest first."""
    known = set(days)
    span = (today - since).days
    return [day for day in (since + n * DAY for n in range(span)) if day not in known]


def _back_from(last: date, known: set[date]) -> int:
    length = 0
    while last in known:
        length += 1
        last -= DAY
    return length

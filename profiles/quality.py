"""The report of data quality: what the steps did with the events of some days, as people read it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum

from profiles.cleaning.steps import FILLING_IN, LEAVING_OUT
from profiles.models import QualityDay
from profiles.models.quality_day import REFUSED, SEEN


@dataclass(frozen=True)
class Quality:
    """What became of the events of a time. left_out, filled_in: by step, in the order of `steps`.

    seen: events taken in. refused: those turned away at the door.
    """

    seen: int
    left_out: list[int]
    filled_in: list[int]
    refused: int

    @property
    def came(self) -> int:
        """All that was sent."""
        return self.seen + self.refused

    @property
    def kept(self) -> int:
        """What everything learns from."""
        return self.seen - sum(self.left_out)

    @property
    def kept_percent(self) -> str | None:
        """Of all that was sent, written out; None where nothing was."""
        return f"{self.kept / self.came:.1%}" if self.came else None


@dataclass(frozen=True)
class Report:
    """Of each day, the earliest first, and of all of them together."""

    days: list[tuple[date, Quality]]
    together: Quality


def report(last: date, number_of_days: int, platform_id: int | None = None) -> Report:
    """The quality of so many days up to `last`, of one platform or of all."""
    first = last - timedelta(days=number_of_days - 1)
    rows = QualityDay.objects.filter(day__gte=first, day__lte=last)
    if platform_id is not None:
        rows = rows.filter(platform=platform_id)
    counts = {
        (day, step): events for day, step, events in rows.order_by().values_list("day", "step").annotate(Sum("events"))
    }
    days = [first + timedelta(days=number) for number in range(number_of_days)]
    found = [(day, _quality(counts, [day])) for day in days]
    return Report(found, _quality(counts, days))


def _quality(counts: dict[tuple[date, str], int], days: Sequence[date]) -> Quality:
    def total(step: str) -> int:
        return sum(counts.get((day, step), 0) for day in days)

    def totals(steps: Iterable[str]) -> list[int]:
        return [total(step) for step in steps]

    return Quality(
        seen=total(SEEN),
        left_out=totals(step.name for step in LEAVING_OUT),
        filled_in=totals(step.name for step in FILLING_IN),
        refused=total(REFUSED),
    )

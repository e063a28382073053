"""Building all profiles at several sizes, against one plain SQL aggregate over the same table.

The members and their events are made by PostgreSQL (`benchmarks.made_members`). The building is the product's own
command in a process of its own, whose greatest memory is told; the limit is what a single statement that counts and
adds up each account's events takes, `GROUP BY account_id`, which makes no profile of anybody.
"""

import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import report
from benchmarks.growth_chart import Line, growth_chart
from benchmarks.made_members import COURSES, Size, fill
from benchmarks.scratch import scratch_system

MUCH, LITTLE = 50, 10
"""Events for each person, on average."""
SIZES = ((10_000, MUCH), (100_000, MUCH), (10_000, LITTLE), (100_000, LITTLE), (1_000_000, LITTLE))
QUICK_SIZES = ((100, MUCH), (200, MUCH), (100, LITTLE))
QUICK_COURSES = 60
AGGREGATE = """
SELECT count(*) FROM (
    SELECT account_id, count(*), sum(value), min("timestamp"), max("timestamp") FROM profiles_event GROUP BY account_id
) each
"""
TITLE = "Building all profiles, by the number of persons"


@dataclass(frozen=True)
class Built:
    """A building: seconds of the clock and of the processor (the building process alone), memory in MB, and the
    seconds of the aggregate.
    """

    persons: int
    each: int
    seconds: float
    processor: float
    megabytes: float
    aggregate: float

    @property
    def events(self) -> int:
        """How many events were there."""
        return self.persons * self.each


def measure(sizes: Sequence[tuple[int, int]], courses: int, rounds: int) -> list[Built]:
    """Build profiles at each of these sizes (persons, events for each) and print the table."""
    found = []
    for persons, each in sizes:
        fill(Size(persons, persons * each, courses))
        aggregate = median(_aggregate_seconds() for _round in range(rounds))
        found.append(_built(persons, each, aggregate))
        report.console.print(f"{report.machine()}: {found[-1]}", highlight=False)
    rows = [
        [
            f"{one.persons:,} x {one.each}",
            f"{one.events:,}",
            f"{one.seconds:,.0f} ({one.processor:,.0f})",
            f"{one.events / one.seconds:,.0f}",
            f"{one.events / one.aggregate:,.0f}",
            report.percent(one.aggregate / one.seconds),
            f"{one.megabytes:,.0f}",
        ]
        for one in found
    ]
    headings = ["persons", "events", "s (processor)", "events/s", "aggregate", "of it", "MB at most"]
    note = f"The aggregate is the median of {rounds} rounds; from the start of the command to its end."
    report.show("Building profiles", headings, rows, note)
    return found


def chart(found: Sequence[Built]) -> str:
    """What was measured as an SVG."""
    lines = []
    for each in (MUCH, LITTLE):
        points = [(float(one.persons), one.seconds) for one in found if one.each == each]
        lines.append(Line(f"{each} events each", points))
    return growth_chart(TITLE, lines)


def _built(persons: int, each: int, aggregate: float) -> Built:
    command = [sys.executable, "manage.py", "build_profiles", "--here"]
    started = time.perf_counter()
    building = subprocess.Popen(command, cwd=Path(__file__).resolve().parent.parent)
    _pid, status, used = os.wait4(building.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise SystemExit("Building the profiles failed; what it said is above.")
    return Built(persons, each, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1_000, aggregate)


def _aggregate_seconds() -> float:
    from django.db import connection

    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(AGGREGATE)
    return time.perf_counter() - started


def _main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small and once, to see that it runs")
    parser.add_argument("--most", type=int, default=1_000_000, help="leave out sizes of more persons than this")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw growth into this SVG file")
    given = parser.parse_args()
    sizes = [size for size in (QUICK_SIZES if given.quick else SIZES) if size[0] <= given.most]
    with scratch_system():
        found = measure(sizes, *((QUICK_COURSES, 1) if given.quick else (COURSES, 3)))
    if given.chart:
        given.chart.write_text(chart(found))


if __name__ == "__main__":
    _main()

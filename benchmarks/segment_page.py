"""Opening the page of a segment in the admin, with up to a million persons in it.

Persons, profiles and members are made by PostgreSQL itself: profiles are copies of some that were really built. Then
the figures that the page shows are summed up, as they are every night, and the page is opened over HTTP by a signed-in
operator, and after it the sample of members that the page fetches. The limit is a second for both together.
"""

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import report
from benchmarks.made_members import Size, fill
from benchmarks.made_segments import rules
from benchmarks.options import Options, read
from benchmarks.planted import build
from benchmarks.scratch import scratch_system, web_server

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

    from profiles.models import Segment

PATTERNS, QUICK_PATTERNS = Size(1_000, 30_000, 500), Size(100, 2_000, 60)
PERSONS, QUICK_PERSONS = 1_000_000, 2_000
SHARES = {"everybody": 1, "every-second": 2, "every-tenth": 10, "every-thousandth": 1_000}
"""Segments, and how many persons there are for each one who belongs."""
DAYS = 90
LIMIT = 1.0
OPENINGS = 20

KEEP_PATTERNS = (
    "CREATE TABLE benchmark_traits AS SELECT row_number() OVER () AS n, traits, vector FROM profiles_profile"
)
PROFILES = """
INSERT INTO profiles_profile (account_id, account_ids, traits, vector, tastes, model_id, fresh_at)
SELECT a.lead, a.account_ids, b.traits, b.vector, '{}', %(model)s, now()
FROM (SELECT min(id) AS lead, array_agg(id ORDER BY id) AS account_ids FROM accounts_linkedaccount GROUP BY person_id) a
JOIN benchmark_traits b ON b.n = 1 + a.lead %% (SELECT count(*) FROM benchmark_traits)
"""
BELONG = """
INSERT INTO profiles_segmentmember (segment_id, account_id, leads, accounts, entered_at)
SELECT %(segment)s, each, each = p.account_id, cardinality(account_ids), now() - interval '1 day' * (p.account_id %% 60)
FROM profiles_profile p, unnest(p.account_ids) each WHERE p.account_id %% %(every)s = 0
"""
TREND = """
INSERT INTO profiles_segmentday (segment_id, day, size, entered, "left")
SELECT %(segment)s, current_date - n, greatest(%(size)s - 7 * n, 0), 20 + n %% 9, 13 + n %% 9
FROM generate_series(0, %(days)s) n
"""


@dataclass(frozen=True)
class Opened:
    """Seconds: of the page, and of the page with its sample of members; in the middle and at most."""

    page: float
    whole: float
    slowest: float


def measure(options: Options) -> None:
    """Make everybody, open pages, print the table."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    persons = QUICK_PERSONS if options.quick else PERSONS
    segments = _made(QUICK_PATTERNS if options.quick else PATTERNS, persons)
    started = time.perf_counter()
    _sum_up(segments)
    summing = time.perf_counter() - started
    rows = []
    with web_server() as port, operator(port) as browser:
        first = _seconds(browser, segments[0])
        for segment in segments:
            opened = _opened(browser, segment, 3 if options.quick else OPENINGS)
            times = [f"{1000 * seconds:,.0f}" for seconds in (opened.page, opened.whole, opened.slowest)]
            rows.append([segment.name, f"{segment.size:,}", *times, report.percent(opened.slowest / LIMIT)])
        listed = median(browser.seconds("/admin/profiles/segment/") for _ in range(5))
        rows.append(["the list of segments", f"{len(rules()) + len(segments)} segments", f"{1000 * listed:,.0f}"])
    rows = [row + [""] * (6 - len(row)) for row in rows]
    note = (
        f"{persons:,} persons; the limit is {LIMIT:g} s. The very first opening took {1000 * sum(first):,.0f} ms; "
        f"summing up {len(segments)} segments, which happens before, {summing:.0f} s."
    )
    headings = ["segment", "persons", "page ms", "with sample", "at most", "of the limit"]
    report.show("Opening a segment", headings, rows, note)


class Browser:
    """A signed-in operator's browser, over one lasting connection."""

    def __init__(self, port: int, cookie: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Cookie": cookie}

    def seconds(self, path: str) -> float:
        """How long a page takes to come. Raises `RuntimeError` when it is not that page."""
        started = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path} was answered with {answer.status}: {body.decode()[:300]}")
        return time.perf_counter() - started


@contextmanager
def operator(port: int) -> Iterator[Browser]:
    """Somebody who may do everything, signed in."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    user = get_user_model().objects.create_superuser("operator", "operator@example.org")
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    yield Browser(port, f"{name}={client.cookies[name].value}")


def _opened(browser: Browser, segment: "Segment", times: int) -> Opened:
    taken = [_seconds(browser, segment) for _time in range(times)]
    whole = [page + sample for page, sample in taken]
    return Opened(median(page for page, _sample in taken), median(whole), max(whole))


def _seconds(browser: Browser, segment: "Segment") -> tuple[float, float]:
    address = f"/admin/profiles/segment/{segment.pk}/"
    return browser.seconds(f"{address}change/"), browser.seconds(f"{address}sample/")


def _made(patterns: Size, persons: int) -> "list[Segment]":
    """Persons with profiles, fifty segments without members, and the segments that are opened."""
    from django.db import connection

    from profiles.models import ProfileModel, Segment

    fill(patterns)
    build()
    with connection.cursor() as cursor:
        cursor.execute(KEEP_PATTERNS)
    fill(Size(persons, 0, patterns.courses))
    model = ProfileModel.objects.create(number=1, persons=patterns.persons, courses=patterns.courses)
    for key, rule in rules().items():
        Segment.objects.create(key=key, name=key, rule=rule)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(PROFILES, {"model": model.pk})
        segments = [_belonging(cursor, key, every, persons // every) for key, every in SHARES.items()]
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
    return segments


def _belonging(cursor: "CursorWrapper", key: str, every: int, size: int) -> "Segment":
    from profiles.models import Segment

    rule = {"trait": "events", "op": ">=", "value": 0}
    segment = Segment.objects.create(key=key, name=key.replace("-", " "), rule=rule, size=size)
    given = {"segment": segment.pk, "every": every, "size": size, "days": DAYS}
    cursor.execute(BELONG, given)
    cursor.execute(TREND, given)
    return segment


def _sum_up(segments: "list[Segment]") -> None:
    from crossmarket.foundation import jobs
    from crossmarket.foundation.models import JobState
    from profiles.segmentation.summaries import enqueue_summary

    for segment in segments:
        job = jobs.run(enqueue_summary(segment, to_worker=False).pk)
        if job.state != JobState.SUCCEEDED:
            raise RuntimeError(f"Segment {segment.key} was not summed up: {job.error}")


if __name__ == "__main__":
    given = read(__doc__)
    with scratch_system():
        measure(given)

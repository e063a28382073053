"""How soon an event changes who belongs to segments: from `POST /events` to the membership in the database.

One hundred thousand persons and fifty segments with rules stand in the database; web server and the worker for live
things run as they do in the product. An event is sent that makes its person enter one of the segments, and the table of
members is looked at every two milliseconds. The time counts from the answer that the event was accepted, and, in
the second column, from the moment it was sent. Once nothing else happens; once other people do two hundred things a
second.
"""

import http.client
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks import report
from benchmarks.load import quantile
from benchmarks.made_members import Size, fill
from benchmarks.made_segments import NUMBER, WATCHED, make
from benchmarks.options import Options, read
from benchmarks.planted import build
from benchmarks.scratch import scratch_system, web_server

if TYPE_CHECKING:
    from accounts.models import Platform

SIZE, QUICK_SIZE = Size(100_000, 2_000_000), Size(300, 6_000, 60)
EVENTS, QUICK_EVENTS = 300, 5
LOOK_EVERY = 0.002
PATIENCE = 60.0
OTHERS_AT_ONCE, OTHERS_EVERY = 20, 0.1
SEEN = """
SELECT count(*) FROM profiles_segmentmember m JOIN profiles_segment s ON s.id = m.segment_id
WHERE s.key = %s AND m.account_id = %s
"""


@dataclass
class Delays:
    """Seconds until a membership was there, since its event was accepted and since it was sent."""

    accepted: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)


class Sender:
    """A platform's server that reports what its users did, over one lasting connection."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._number = 0

    def send(self, users: list[str], event_type: str, name: str) -> None:
        """Send an event of each of these users. Raises `RuntimeError` unless all are accepted."""
        moment = datetime.now(UTC).isoformat()
        batch = []
        for user in users:
            self._number += 1
            item = f"item-{3 * random.randrange(1, 20)}"
            batch.append({"message_id": f"{name}-{self._number}", "type": event_type, "user_id": user, "item_id": item,
                          "timestamp": moment})  # fmt: skip
        self._connection.request("POST", "/api/v1/events", msgspec.json.encode({"batch": batch}), self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.client.ACCEPTED:
            raise RuntimeError(f"Events were answered with {answer.status}: {body.decode()[:300]}")


def measure(options: Options) -> None:
    """Measure both cases and print the table."""
    from accounts.models import KeyKind, Platform
    from accounts.services.keys import issue_key

    fill(QUICK_SIZE if options.quick else SIZE)
    build()
    started = time.perf_counter()
    make()
    making = time.perf_counter() - started
    platform = Platform.objects.get(slug="made-0")
    key = issue_key(platform, KeyKind.SECRET).token
    count = QUICK_EVENTS if options.quick else EVENTS
    users = _users(platform, 2 * count)
    rows = []
    with web_server() as port, live_worker():
        _delays(port, key, users[:3])  # the first of all, when processes have yet to read everything
        rows.append(_row("nothing else happens", _delays(port, key, users[3:count])))
        with others(port, key, platform):
            name = f"{OTHERS_AT_ONCE / OTHERS_EVERY:.0f} other events a second"
            rows.append(_row(name, _delays(port, key, users[count:])))
    size = QUICK_SIZE if options.quick else SIZE
    note = (
        f"{size.persons:,} persons, {size.events:,} events, {NUMBER} segments with rules, whose members were found in "
        f"{making:.0f} s; {count} events each, one after the other."
    )
    headings = ["until the membership is there", "p50 ms", "p99 ms", "since sent: p50", "p99"]
    report.show("Live segments", headings, rows, note)


@contextmanager
def live_worker() -> Iterator[None]:
    """The product's own worker for what follows within seconds."""
    from crossmarket.management.commands.serve import children

    command = next(child.command for child in children({}) if child.name == "live")
    worker = subprocess.Popen(command, cwd=Path(__file__).resolve().parent.parent, stdout=sys.stderr)
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(PATIENCE)


@contextmanager
def others(port: int, key: str, platform: "Platform") -> Iterator[None]:
    """Other people of the platform look at things all the while."""
    users, ended = _users(platform, 5_000, from_end=True), threading.Event()

    def send() -> None:
        sender = Sender(port, key)
        while not ended.wait(OTHERS_EVERY):
            sender.send(random.sample(users, min(OTHERS_AT_ONCE, len(users))), "view", "other")

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _delays(port: int, key: str, users: list[str]) -> Delays:
    from accounts.models import LinkedAccount

    sender, delays = Sender(port, key), Delays()
    account_of = dict(LinkedAccount.objects.filter(external_id__in=users).values_list("external_id", "pk"))
    for user in users:
        time.sleep(random.random() / 20)
        sent = time.perf_counter()
        sender.send([user], "share", f"watched-{user}")
        accepted = time.perf_counter()
        seen = _seen(account_of[user])
        delays.accepted.append(max(seen - accepted, 0.0))
        delays.sent.append(seen - sent)
    return delays


def _seen(account_id: int) -> float:
    """When the account was first seen to belong. Raises `RuntimeError` when that takes a minute."""
    from django.db import connection

    deadline = time.perf_counter() + PATIENCE
    with connection.cursor() as cursor:
        while time.perf_counter() < deadline:
            cursor.execute(SEEN, [WATCHED, account_id])
            if cursor.fetchone()[0]:
                return time.perf_counter()
            time.sleep(LOOK_EVERY)
    raise RuntimeError(f"Account {account_id} does not belong to {WATCHED} a minute after its event was accepted.")


def _users(platform: "Platform", number: int, from_end: bool = False) -> list[str]:
    """Users of persons chosen evenly among all; each person once, so that each of them enters."""
    from accounts.models import LinkedAccount

    accounts = LinkedAccount.objects.filter(platform=platform).order_by("-pk" if from_end else "pk")
    ids = list(accounts.values_list("external_id", flat=True)[: 20 * number])
    return ids[:: max(len(ids) // number, 1)][:number]


def _row(name: str, delays: Delays) -> list[str]:
    shown = [quantile(times, share) for times in (delays.accepted, delays.sent) for share in (0.5, 0.99)]
    return [name, *(f"{milliseconds:,.0f}" for milliseconds in shown)]


if __name__ == "__main__":
    given = read(__doc__)
    with scratch_system():
        measure(given)

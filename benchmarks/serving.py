"""What an answer costs by the size of the catalogue, against the matrix product behind it and against an empty view.

    python -m benchmarks.serving

A platform of the demo with 5,000 and with 40,000 courses: its own, and made ones that somebody has met once. First
within one process, by the time of the processor, which other programs on the machine disturb little: what has to be
computed at the very least (the model's scores of all courses, and the best ten of them), and a whole answer, made anew
and remembered, with the sources' order and with the ranker putting 1,000 candidates in order. Then over HTTP, by the
clock.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from benchmarks import report
from benchmarks.load import quantile, request, send
from benchmarks.options import Options, read
from benchmarks.recommendations import EMPTY, one_event_each
from benchmarks.scratch import scratch_system, web_server
from benchmarks.silent import Silent

PEOPLE, COURSES, SIZES = 500, 1_000, (5_000, 40_000)
QUICK_PEOPLE, QUICK_COURSES, QUICK_SIZES = 60, 60, (200, 400)
ASKED_FOR, QUICK_ASKED_FOR = 300, 20
RANKED = 1_000
CONNECTIONS = 4


@dataclass(frozen=True)
class _World:
    """A platform with users that have a history, and its items."""

    platform: Any
    key: str
    users: list[str]
    items: list[str]


def measure(options: Options) -> None:
    """Print both tables."""
    inside: list[list[str]] = []
    outside: list[list[str]] = []
    medians: list[dict[str, float]] = []
    world = _made_world(options.quick)
    for courses in QUICK_SIZES if options.quick else SIZES:
        _grow(world, courses)
        _trained()
        found = _inside(world)
        medians.append({name: quantile(each, 0.5) for name, each in found.items()})
        inside += [
            [f"{courses:,}", name, *(f"{quantile(each, share):.2f}" for share in (0.5, 0.99))]
            for name, each in found.items()
        ]
        print(f"{courses:,} courses:", medians[-1], file=sys.stderr)
        outside += [[f"{courses:,}", *row] for row in _outside(world, options.rounds)]
    sizes = QUICK_SIZES if options.quick else SIZES
    growth = ", ".join(f"{name} {medians[-1][name] / medians[0][name]:.1f} x" for name in medians[0])
    headings = ["courses", "", "p50 ms", "p99 ms"]
    note = f"From the smaller to the larger catalogue ({sizes[1] / sizes[0]:.0f} x): {growth}."
    report.show("An answer within one process, by the processor's time", headings, inside, note)
    headings = ["courses", "", "requests/s", "p50 ms", "p99 ms", "of the limit"]
    report.show(f"Over HTTP, {CONNECTIONS} connections, median of {options.rounds} rounds", headings, outside)


def _made_world(quick: bool) -> _World:
    """The demo's largest platform."""
    from crossmarket.demo.addresses import Addresses
    from crossmarket.demo.load import load
    from crossmarket.demo.world import generate
    from profiles.models import Course

    sizes = (QUICK_PEOPLE, QUICK_COURSES) if quick else (PEOPLE, COURSES)
    loaded = load(generate(*sizes), Addresses(8000), Silent())
    made = max(loaded.platforms, key=lambda each: each.platform.accounts.count())
    accounts = made.platform.accounts.filter(events__isnull=False).order_by("pk").distinct()
    users = list(accounts.values_list("external_id", flat=True)[: QUICK_ASKED_FOR if quick else ASKED_FOR])
    items = list(Course.objects.filter(platform=made.platform).order_by("pk").values_list("item_id", flat=True))
    return _World(made.platform, made.secret_key, users, items)


def _grow(world: _World, courses: int) -> None:
    """Give the platform so many courses: like its own, each met once by somebody."""
    from datetime import UTC, datetime, timedelta

    from crossmarket.foundation import generations
    from profiles.models import Course, Event

    own = list(Course.objects.filter(platform=world.platform).order_by("pk")[: len(world.items)])
    begin = Course.objects.filter(platform=world.platform).count()
    made = [
        Course(
            platform=world.platform,
            item_id=f"made-{number}",
            title=f"{own[number % len(own)].title} {number}",
            kind=own[number % len(own)].kind,
            category=own[number % len(own)].category,
            teacher=f"{own[number % len(own)].teacher} {number // 50}",
            price=own[number % len(own)].price,
            published_at=own[number % len(own)].published_at,
        )
        for number in range(begin, courses)
    ]
    Course.objects.bulk_create(made, batch_size=5_000)
    people = list(world.platform.accounts.order_by("pk").values_list("pk", flat=True))
    now = datetime.now(UTC) - timedelta(days=60)
    met = [
        Event(
            platform=world.platform,
            account_id=people[number % len(people)],
            course=course,
            message_id=f"met-{course.item_id}",
            type="view",
            timestamp=now + timedelta(seconds=number),
        )
        for number, course in enumerate(made)
    ]
    Event.objects.bulk_create(met, batch_size=5_000)
    generations.renew_on_commit(generations.CATALOGUE)


def _trained() -> None:
    """A model that scores all courses at once, whatever their number."""
    from crossmarket.foundation import jobs
    from recommend.training import Activation, enqueue_training

    job = jobs.run(enqueue_training("bilinear", {"max_epochs": 1}, Activation.ALWAYS, to_worker=False).pk)
    if not job.result:
        raise RuntimeError(f"The model could not be trained: {job.error}")


def _ranker_trained() -> None:
    from crossmarket.foundation import jobs
    from recommend.ranker_training import enqueue_ranker_training
    from recommend.training import Activation

    job = jobs.run(enqueue_ranker_training({}, Activation.ALWAYS, to_worker=False).pk)
    if not job.result:
        raise RuntimeError(f"The ranker could not be trained: {job.error}")


def _inside(world: _World) -> dict[str, list[float]]:
    """Seconds of the processor for each user, by what was done."""
    from recommend import serving
    from recommend.models import ModelVersion, Role
    from recommend.serving import catalogue, gathering
    from recommend.serving.candidates import known_history
    from recommend.serving.situation import look

    situations = [look(world.platform, user) for user in world.users]
    model = situations[0].model
    if model is None:
        raise RuntimeError("No model is active.")
    known = [
        known_history(model, each.history.course_ids, each.history.weights, each.history.times).histories
        for each in situations
    ]

    def plain(number: int) -> None:
        scores = model.model.scores(known[number])[0]
        best = np.argpartition(scores, -10)[-10:]
        best[np.argsort(-scores[best])]

    def answered(number: int) -> None:
        serving.recommend(world.platform, world.users[number], "home")

    def forget() -> None:
        if catalogue._Held.catalogue is not None:  # noqa: SLF001 - to make every list anew
            catalogue._Held.catalogue.lists.clear()  # noqa: SLF001

    found = {"scores of all courses and the best ten": _timed(plain, len(known))}
    _timed(answered, len(known))
    forget()
    found["an answer made anew"] = _timed(answered, len(known))
    found["the same answer again"] = _timed(answered, len(known))
    _ranker_trained()
    gathering.BY_MODEL, usual = RANKED, gathering.BY_MODEL
    _timed(answered, len(known))
    forget()
    found[f"made anew, {RANKED:,} candidates ranked"] = _timed(answered, len(known))
    found["the same ranked answer again"] = _timed(answered, len(known))
    gathering.BY_MODEL = usual
    ModelVersion.objects.filter(role=Role.RANKER).update(is_active=False)
    return found


def _timed(work: Callable[[int], None], times: int) -> list[float]:
    seconds = []
    for number in range(times):
        begun = time.thread_time()
        work(number)
        seconds.append(time.thread_time() - begun)
    return seconds


def _outside(world: _World, rounds: int) -> list[list[str]]:
    """Rows over HTTP: the empty view, people without news, and people with a new event before each request."""
    asking = [request("GET", f"/api/v1/recommendations?user_id={user}", world.key) for user in world.users]
    rates: dict[str, list[tuple[float, float, float]]] = {}
    with web_server() as port:
        send(port, asking * 3, CONNECTIONS)
        for _round in range(rounds):
            for name, requests in (
                (EMPTY, [request("GET", "/api/v1/empty", world.key)] * len(asking)),
                ("a person without news", asking),
                ("a person with a new event before each request", asking),
            ):
                if "new event" in name:
                    send(port, one_event_each(world.users, world.items, world.key), 1).require(202)
                outcome = send(port, requests, CONNECTIONS).require(200)
                told = outcome.per_second, outcome.quantile(0.5), outcome.quantile(0.99)
                rates.setdefault(name, []).append(told)
    limit = median(each[0] for each in rates[EMPTY])
    rows = []
    for name, found in rates.items():
        per_second, half, most = (median(column) for column in zip(*found, strict=True))
        rows.append([name, f"{per_second:,.0f}", f"{half:.1f}", f"{most:.1f}", report.percent(per_second / limit)])
    return rows


if __name__ == "__main__":
    given = read(__doc__)
    with scratch_system():
        measure(given)

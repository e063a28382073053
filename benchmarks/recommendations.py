"""Recommendations a second, against a view that does nothing, on the same server behind the same middleware.

The demo world at its larger size, and a platform's server asking for many different people of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import msgspec

from benchmarks import report
from benchmarks.load import Outcome, request, send
from benchmarks.options import Options, read
from benchmarks.scratch import scratch_system, web_server
from benchmarks.silent import Silent

PEOPLE, COURSES = 3_000, 5_000
QUICK_PEOPLE, QUICK_COURSES = 100, 60
ASKED_FOR, QUICK_ASKED_FOR = 2_000, 40
CONNECTIONS = 4
EMPTY = "empty view (the limit)"


@dataclass(frozen=True)
class _World:
    """Whom to ask for, on which platform, with which models."""

    key: str
    users: list[str]
    items: list[str]
    models: dict[str, object]


@dataclass(frozen=True)
class _Row:
    """A thing to measure: with which model, what to send and, before the clock runs, what to do."""

    model: str
    requests: list[bytes]
    before: Callable[[int], object] = lambda port: None


def measure(options: Options) -> None:
    """Measure every row in turns and print the table."""
    world = _made_world(options.quick)
    rows = _rows(world)
    outcomes: dict[str, list[Outcome]] = {name: [] for name in rows}
    active = ""
    with web_server() as port:
        for _round in range(options.rounds):
            for name, row in rows.items():
                if row.model != active:
                    _activate(world, row.model)
                    active = row.model
                row.before(port)
                outcomes[name].append(send(port, row.requests, CONNECTIONS).require(200))
    _tell(outcomes, options.quick)


def _rows(world: _World) -> dict[str, _Row]:
    asking = [request("GET", f"/api/v1/recommendations?user_id={user}", world.key) for user in world.users]
    empty = [request("GET", "/api/v1/empty", world.key)] * len(asking)
    anonymous = [request("GET", "/api/v1/recommendations", world.key)] * len(asking)

    def asked_before(port: int) -> None:
        # Three times, so that most likely each of two server processes has met each person.
        send(port, asking * 3, CONNECTIONS)

    def new_events(port: int) -> None:
        send(port, one_event_each(world.users, world.items, world.key), 1).require(202)

    return {
        EMPTY: _Row("ease", empty),
        "EASE, a person without news": _Row("ease", asking, asked_before),
        "EASE, a person with a new event before each request": _Row("ease", asking, new_events),
        "EASE, an anonymous visitor": _Row("ease", anonymous),
        "bilinear, a person without news": _Row("bilinear", asking, asked_before),
        "bilinear, a person with a new event before each request": _Row("bilinear", asking, new_events),
    }


def _tell(outcomes: dict[str, list[Outcome]], quick: bool) -> None:
    rates = {name: median(each.per_second for each in found) for name, found in outcomes.items()}
    rows = [
        [
            name,
            f"{rates[name]:,.0f}",
            f"{median(each.quantile(0.5) for each in found):.1f}",
            f"{median(each.quantile(0.99) for each in found):.1f}",
            report.percent(rates[name] / rates[EMPTY]),
        ]
        for name, found in outcomes.items()
    ]
    note = (
        f"{QUICK_COURSES if quick else COURSES:,} courses; each round asks once for each of "
        f"{len(outcomes[EMPTY][0].latencies):,} people over {CONNECTIONS} connections; median of "
        f"{len(outcomes[EMPTY])} rounds in turns; the sender shares the machine. Aim: 60%."
    )
    report.show("Recommendations", ["", "requests/s", "p50 ms", "p99 ms", "of the limit"], rows, note)


def _made_world(quick: bool) -> _World:
    """The demo's largest platform with people who have a history, and both models trained on all platforms."""
    from accounts.models import LinkedAccount
    from crossmarket.demo.addresses import Addresses
    from crossmarket.demo.load import load
    from crossmarket.demo.world import generate
    from profiles.models import Course

    people, courses = (QUICK_PEOPLE, QUICK_COURSES) if quick else (PEOPLE, COURSES)
    loaded = load(generate(people, courses), Addresses(8000), Silent())
    made = max(loaded.platforms, key=lambda each: each.platform.accounts.count())
    accounts = LinkedAccount.objects.filter(platform=made.platform, events__isnull=False).order_by("pk").distinct()
    users = list(accounts.values_list("external_id", flat=True)[: QUICK_ASKED_FOR if quick else ASKED_FOR])
    items = list(Course.objects.filter(platform=made.platform).order_by("pk").values_list("item_id", flat=True))
    models = {"ease": _trained("ease", {}), "bilinear": _trained("bilinear", {"max_epochs": 1})}
    return _World(made.secret_key, users, items, models)


def one_event_each(users: list[str], items: list[str], key: str) -> list[bytes]:
    """A call that tells of one new event of every person."""
    import uuid
    from datetime import UTC, datetime

    batch = [
        {
            "message_id": str(uuid.uuid4()),
            "type": "view",
            "user_id": user,
            "item_id": items[number % len(items)],
            "timestamp": datetime.now(UTC),
        }
        for number, user in enumerate(users)
    ]
    return [request("POST", "/api/v1/events", key, msgspec.json.encode({"batch": batch}))]


def _trained(algorithm: str, settings: dict[str, object]) -> object:
    """The version that comes of training here and now."""
    from crossmarket.foundation import jobs
    from recommend.models import ModelVersion
    from recommend.training import Activation, enqueue_training

    job = jobs.run(enqueue_training(algorithm, settings, Activation.NEVER, to_worker=False).pk)
    if not job.result:
        raise RuntimeError(f"{algorithm} could not be trained: {job.error}")
    return ModelVersion.objects.get(pk=job.result["model_id"])


def _activate(world: _World, name: str) -> None:
    from recommend import versions

    versions.activate(world.models[name])  # type: ignore[arg-type]


if __name__ == "__main__":
    given = read(__doc__)
    with scratch_system():
        measure(given)

"""How often a running system recommends what learners really did next, asked over HTTP as a platform would ask.

Import a folder of sequences without its test part, train and activate a model, then:

    python -m benchmarks.held_back --data DIR --key sk_... [--address http://127.0.0.1:8000] [--people 5000]

Each learner of a random sample is asked for once; a hit is the held-back course among the first 10 or 20.
"""

import http.client
import random
import time
from argparse import ArgumentParser
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import msgspec

from benchmarks import report
from benchmarks.load import quantile
from recommend.datasets import open_dataset

CUTOFFS = (10, 20)


class Item(msgspec.Struct):
    """What matters here of a recommended item."""

    item_id: str


class List(msgspec.Struct):
    """An answer of `GET /recommendations`."""

    items: list[Item]


@dataclass(frozen=True)
class Asked:
    """One learner's list and how long it took (seconds)."""

    user: int
    items: list[int]
    seconds: float


def main() -> None:
    """Ask, compare, and print the table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder of sequences")
    parser.add_argument("--key", required=True, help="the platform's secret key")
    parser.add_argument("--address", default="http://127.0.0.1:8000", help="of the running system")
    parser.add_argument("--people", type=int, default=5_000, help="how many learners to ask for")
    given = parser.parse_args()
    answers = _answers_of(given.data)
    people = random.Random(0).sample(sorted(answers), min(given.people, len(answers)))
    connection = http.client.HTTPConnection(urlsplit(given.address).netloc, timeout=30)
    _tell([_ask(connection, given.key, user) for user in people], answers)


def _answers_of(folder: Path) -> dict[int, set[int]]:
    answers: dict[int, set[int]] = defaultdict(set)
    for record in open_dataset("sequences", folder).records("test"):
        answers[record.user].add(record.item)
    return answers


def _ask(connection: http.client.HTTPConnection, key: str, user: int) -> Asked:
    query = urlencode({"user_id": user, "limit": max(CUTOFFS)})
    started = time.perf_counter()
    connection.request("GET", f"/api/v1/recommendations?{query}", headers={"Authorization": f"Bearer {key}"})
    response = connection.getresponse()
    body = response.read()
    seconds = time.perf_counter() - started
    if response.status != http.client.OK:
        raise SystemExit(f"The system answered {response.status}: {body.decode()[:300]}")
    return Asked(user, [int(item.item_id) for item in msgspec.json.decode(body, type=List).items], seconds)


def _tell(asked: list[Asked], answers: dict[int, set[int]]) -> None:
    recall = {
        k: sum(len(answers[each.user] & set(each.items[:k])) / len(answers[each.user]) for each in asked) / len(asked)
        for k in CUTOFFS
    }
    times = [each.seconds for each in asked]
    row = [
        f"{len(asked):,} learners, one after the other",
        *(f"{recall[k]:.4f}" for k in CUTOFFS),
        f"{quantile(times, 0.5):.1f}",
        f"{quantile(times, 0.99):.1f}",
    ]
    report.show("Held-back courses over HTTP", ["", "recall@10", "recall@20", "p50 ms", "p99 ms"], [row], "")


if __name__ == "__main__":
    main()

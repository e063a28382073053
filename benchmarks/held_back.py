"""How often a running system recommends what learners really did next, asked over HTTP as a platform would ask.

Import a folder of sequences without its test part, train and activate a model, then:

    python -m benchmarks.held_back --data DIR --key sk_... [--address http://127.0.0.1:8000] [--people 5000]

Each learner of a random sample is asked for once; a hit is the held-back course among the first 10 or 20.
"""

import random
from argparse import ArgumentParser
from collections import defaultdict
from pathlib import Path

from benchmarks import report
from benchmarks.calls import Caller
from benchmarks.load import quantile
from recommend.datasets import open_dataset

CUTOFFS = (10, 20)


def main() -> None:
    """Ask, compare, and print the table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder of sequences")
    parser.add_argument("--key", required=True, help="the platform's secret key")
    parser.add_argument("--address", default="http://127.0.0.1:8000", help="of the running system")
    parser.add_argument("--people", type=int, default=5_000, help="how many learners to ask for")
    given = parser.parse_args()
    answers: dict[int, set[int]] = defaultdict(set)
    for record in open_dataset("sequences", given.data).records("test"):
        answers[record.user].add(record.item)
    caller = Caller(given.address, given.key)
    people = random.Random(0).sample(sorted(answers), min(given.people, len(answers)))
    lists = {user: caller.items_for(user, max(CUTOFFS)) for user in people}
    recalls = [_recall(lists, answers, k) for k in CUTOFFS]
    row = [
        f"{len(people):,} learners, one after the other",
        *(f"{recall:.4f}" for recall in recalls),
        f"{quantile(caller.seconds, 0.5):.1f}",
        f"{quantile(caller.seconds, 0.99):.1f}",
    ]
    report.show("Held-back courses over HTTP", ["", "recall@10", "recall@20", "p50 ms", "p99 ms"], [row])


def _recall(lists: dict[int, list[int]], answers: dict[int, set[int]], k: int) -> float:
    """The mean share of the held-back courses among the first k."""
    shares = [len(answers[user] & set(items[:k])) / len(answers[user]) for user, items in lists.items()]
    return sum(shares) / len(shares)


if __name__ == "__main__":
    main()

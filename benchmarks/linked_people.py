"""How much a person's doings on one platform change the list on another, asked over HTTP as the platforms would ask.

Import a folder of ratings of the same people on two platforms, train and activate a model, then:

    python -m benchmarks.linked_people --data DIR --key book=sk_... --key music=sk_... [--people 400]

The first platform is asked for a person's list as things stand; then the other one states that the person does not
agree to joining, and the list is asked for again; then the consent is stated as before, and so must the list be.
"""

import random
from argparse import ArgumentParser
from pathlib import Path

from benchmarks import report
from benchmarks.calls import Caller
from benchmarks.load import quantile
from recommend.datasets import Dataset, open_dataset

LENGTH = 10


def main() -> None:
    """Ask, compare, and print the table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder of ratings")
    parser.add_argument("--key", action="append", required=True, metavar="PLATFORM=KEY", help="of each platform")
    parser.add_argument("--address", default="http://127.0.0.1:8000", help="of the running system")
    parser.add_argument("--people", type=int, default=400, help="how many people to ask for")
    given = parser.parse_args()
    names = [each.partition("=")[0] for each in given.key]
    asking, other = (Caller(given.address, each.partition("=")[2]) for each in given.key)
    people = _people_on_both(open_dataset("ratings", given.data))
    sample = random.Random(0).sample(people, min(given.people, len(people)))
    changed = [_changed(asking, other, user) for user in sample]
    row = [
        f"{len(sample):,} of {len(people):,} people on both",
        f"{sum(changed) / len(changed):.1f}",
        report.percent(sum(each > 0 for each in changed) / len(changed)),
        f"{quantile(asking.seconds, 0.5):.1f}",
        f"{quantile(asking.seconds, 0.99):.1f}",
    ]
    headings = ["", f"items of {LENGTH} that differ", "lists that differ", "p50 ms", "p99 ms"]
    report.show(f"Lists on {names[0]} with and without what people did on {names[1]}", headings, [row])


def _people_on_both(dataset: Dataset) -> list[int]:
    people: dict[str, set[int]] = {name: set() for name in dataset.platforms}
    for record in dataset.records():
        people[record.platform].add(record.user)
    return sorted(set.intersection(*people.values()))


def _changed(asking: Caller, other: Caller, user: int) -> int:
    """How many items of the list are there only because of what the person did on the other platform."""
    joined = asking.items_for(user, LENGTH)
    other.state_joining(user, agrees=False)
    apart = asking.items_for(user, LENGTH)
    other.state_joining(user, agrees=True)
    if asking.items_for(user, LENGTH) != joined:
        raise SystemExit(f"The list of user {user} is not as before after the consent was stated again.")
    return len(set(joined) - set(apart))


if __name__ == "__main__":
    main()

"""The mathematics of experiments on a real one: Hillstrom's e-mails, sent at random to people who had bought before.

    python -m benchmarks.experiments --data DIR

DIR holds `hillstrom.csv.gz`. Persons come in random order, and after every one of them the results are looked at. Then
arms are made up among those who got no e-mail, where nothing differs: every alarm is a false one.
"""

import csv
import gzip
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import report
from profiles.experimentation.bounds import for_any_look, for_one_look
from profiles.experimentation.comparison import FEWEST_DIFFERENT, FEWEST_PERSONS, Comparison, compare
from profiles.experimentation.moments import Moments, estimate
from profiles.experimentation.sample_ratio import sample_ratio_p

ARMS = ("No E-Mail", "Mens E-Mail", "Womens E-Mail")
OUTCOMES = ("visit", "conversion", "spend")
ALPHA = 0.05
TRIALS = 300


@dataclass(frozen=True)
class People:
    """The persons in random order: arm (int, index into ARMS), history ($ in the year before), outcomes by name."""

    arm: np.ndarray
    history: np.ndarray
    outcomes: dict[str, np.ndarray]


def main() -> None:
    """Read, compare, and print the tables."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder with hillstrom.csv.gz")
    people = _read(parser.parse_args().data / "hillstrom.csv.gz")
    p = sample_ratio_p(np.bincount(people.arm).tolist(), [1] * len(ARMS))
    headings = ["", "difference", "one look: 95 %", "any look: 95 %", "lift, any look", "told after", "less variance"]
    rows = [_compared(people, outcome, arm) for outcome in OUTCOMES for arm in (1, 2)]
    report.show(f"{len(people.arm):,} persons in three arms", headings, rows, f"Sample ratio p = {p:.2f}.")
    alarms = [_false_alarms(people, outcome) for outcome in OUTCOMES]
    headings = ["a look after every person", "any look", "ordinary interval"]
    report.show(f"False alarms among those without an e-mail, {TRIALS} made-up experiments", headings, alarms)


def _read(path: Path) -> People:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    order = np.random.default_rng(0).permutation(len(rows))
    columns = {name: np.array([float(row[name]) for row in rows])[order] for name in ("history", *OUTCOMES)}
    arm = np.array([ARMS.index(row["segment"]) for row in rows])[order]
    return People(arm, columns.pop("history"), columns)


def _compared(people: People, outcome: str, arm: int) -> list[str]:
    y, pair = people.outcomes[outcome], [0, arm]
    looks = _looks(people.arm, len(ARMS), y, people.history)
    estimates = estimate(looks)
    persons = estimates.persons[pair].sum(axis=0)
    once = compare(estimates, 0, arm, for_one_look(ALPHA))
    always = compare(estimates, 0, arm, for_any_look(np.maximum(persons, 1), ALPHA, float(persons[-1])))
    told = np.flatnonzero((always.low > 0) & _is_enough(people.arm, pair, y))
    return [
        f"{outcome}, {ARMS[arm]}",
        f"{once.difference[-1]:.4f}",
        f"{once.low[-1]:.4f} to {once.high[-1]:.4f}",
        f"{always.low[-1]:.4f} to {always.high[-1]:.4f}",
        f"{always.lift_low[-1]:.0%} to {always.lift_high[-1]:.0%}",
        f"{persons[told[0]]:,.0f} of {persons[-1]:,.0f}" if told.size else "never",
        f"{estimates.reduction[-1]:.1%}",
    ]


def _false_alarms(people: People, outcome: str) -> list[str]:
    generator = np.random.default_rng(1)
    y = people.outcomes[outcome][people.arm == 0]
    honest = naive = 0
    for _trial in range(TRIALS):
        arm, y = generator.integers(0, 2, len(y)), generator.permutation(y)
        estimates = estimate(_looks(arm, 2, y, np.zeros_like(y)))
        is_enough = _is_enough(arm, (0, 1), y)
        reach = for_any_look(estimates.persons.sum(axis=0), ALPHA, len(y))
        honest += _alarms(compare(estimates, 0, 1, reach), is_enough)
        naive += _alarms(compare(estimates, 0, 1, for_one_look(ALPHA)), is_enough)
    return [outcome, report.percent(honest / TRIALS), report.percent(naive / TRIALS)]


def _alarms(answer: Comparison, is_enough: np.ndarray) -> bool:
    return bool((((answer.low > 0) | (answer.high < 0)) & is_enough).any())


def _looks(arm: np.ndarray, arms: int, y: np.ndarray, x: np.ndarray) -> Moments:
    """What is known after every person."""
    columns = (np.ones_like(y), y, y * y, x, x * x, x * y)
    return Moments(*(np.stack([np.cumsum(column * (arm == each)) for each in range(arms)]) for column in columns))


def _is_enough(arm: np.ndarray, pair: Sequence[int], y: np.ndarray) -> np.ndarray:
    """By the product's own rule: persons, and those among them who did anything, in both arms."""
    persons = np.min([np.cumsum(arm == each) for each in pair], axis=0)
    doers = np.min([np.cumsum((arm == each) & (y != 0)) for each in pair], axis=0)
    enough: np.ndarray = (persons >= FEWEST_PERSONS) & (doers >= FEWEST_DIFFERENT)
    return enough


if __name__ == "__main__":
    main()

"""Who is still there: by week of joining, and by days in a row."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Cohort:
    """Those who began in one week. shares: of them, how many were active so many weeks later, from week 0 on; only
    weeks that are over.
    """

    week: int
    people: int
    shares: list[float]


def cohorts(began: np.ndarray, person: np.ndarray, week: np.ndarray, this_week: int) -> list[Cohort]:
    """The retention table.

    began: int (people,), the week in which each person began. person, week: int (n,), weeks in which somebody was
    active, persons being indexes into `began`. this_week: not over yet, and so left out.
    """
    found = []
    for first in np.unique(began):
        members = np.flatnonzero(began == first)
        known = np.isin(person, members)
        later = week[known] - first
        shares = [
            len(np.unique(person[known][later == after])) / len(members) for after in range(max(0, this_week - first))
        ]
        found.append(Cohort(int(first), len(members), shares))
    return found


def curve(table: list[Cohort]) -> list[float]:
    """The share of all that was active so many weeks after they began, over the cohorts that are as old."""
    longest = max((len(cohort.shares) for cohort in table), default=0)
    points = []
    for after in range(longest):
        old = [cohort for cohort in table if len(cohort.shares) > after]
        points.append(sum(c.shares[after] * c.people for c in old) / sum(c.people for c in old))
    return points


def survival(longest: np.ndarray) -> list[float]:
    """Of those who ever checked in, the share whose longest run has at least 1, 2, 3 … days."""
    if not len(longest):
        return []
    return [float((longest >= days).mean()) for days in range(1, int(longest.max()) + 1)]

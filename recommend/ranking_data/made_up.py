"""Lists that nobody saw: where few were noted yet, what people came to by themselves stands for what they choose."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from recommend.algorithms.interactions import Int64Array
from recommend.ranking.courses import DAY, Courses
from recommend.ranking.examples import NOWHERE
from recommend.ranking_data.deeds import Deeds
from recommend.ranking_data.lists import Shown, outcomes
from recommend.ranking_data.people import People

OTHERS = 30
"""So many courses that could have been recommended as well stand beside what somebody came to."""
MOST = 12_000


def read(
    people: People, deeds: Deeds, courses: Courses, clocks: dict[int, str], since: float, until: float
) -> list[Shown]:
    """A list for each day on which an account met courses of its platform for the first time, at most `MOST`.

    clocks: the time zone of each platform. From `since` to `until` (epoch seconds).
    """
    days = list(_days(people, deeds, courses, since))
    if len(days) > MOST:
        kept = np.random.default_rng(0).permutation(len(days))[:MOST]
        days = [days[row] for row in np.sort(kept)]
    lists = []
    for account, moment, met in days:
        platform = people.platform_of[account]
        came, is_known = outcomes(deeds, people.group_of[account], met, np.ones(len(met), bool), moment, until)
        local = datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(clocks[platform]))
        places = np.full(len(met), NOWHERE, np.int32)
        lists.append(
            Shown(account, platform, "", "", local.hour, local.weekday(), moment, met, places, came, is_known, OTHERS)
        )
    return lists


def _days(people: People, deeds: Deeds, courses: Courses, since: float) -> Iterator[tuple[int, float, Int64Array]]:
    """Account, moment just before, and the rows of the courses met for the first time on that day."""
    tells = np.flatnonzero(deeds.weights > 0)
    pairs = deeds.groups[tells] * max(len(courses), 1) + deeds.courses[tells]
    first = tells[np.sort(np.unique(pairs, return_index=True)[1])]  # groups and, in them, times ascend
    first = first[deeds.times[first] >= since]
    keys = np.stack([deeds.accounts[first], (deeds.times[first] // DAY).astype(np.int64)])
    _days, number = np.unique(keys, axis=1, return_inverse=True)
    order = np.argsort(number, kind="stable")
    for rows in np.split(first[order], np.flatnonzero(np.diff(number[order])) + 1):
        if len(rows):
            yield int(deeds.accounts[rows[0]]), float(deeds.times[rows].min()), np.unique(deeds.courses[rows])

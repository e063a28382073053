"""What the members are asked, to learn whom to trust: courses that some people chose, hidden from the training.

Where the order is known, the course that a person met last is hidden; where it is not, a fifth of the person's courses
on each platform, of those that weigh most. Everybody is asked about with the whole history that remains. Some are asked
about once more with only a few events on the platform, and all that was done elsewhere. Of some people of several
platforms, all that they did on one is hidden, and asked about: they stand for those who are new there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recommend.algorithms.interactions import Float32Array, Histories, Int32Array, Int64Array, Interactions

HIDDEN_SHARE = 0.2
FEWEST = 10
"""With fewer people to ask about, the answers would be chance."""

NEWCOMERS = 0.2
"""The share of the people of several platforms who are made newcomers to one."""

SHORT = np.array([1, 1, 2, 3, 5, 8])
"""How many events on the platform those have who are asked about once more; one of these at random.

None is not among them: the members were trained on what these people did, and would foretell it too well.
"""


@dataclass(frozen=True)
class Questions:
    """Courses of which platform would each person choose?

    histories: of the people, one for each question; platforms: int32 (questions,);
    answers: int32 (m,), those of question q from offsets[q] to offsets[q + 1]; is_short: bool (questions,), whether
    only a part of the history is shown.
    """

    histories: Histories
    platforms: Int32Array
    answers: Int32Array
    offsets: Int64Array
    is_short: np.ndarray

    def __len__(self) -> int:
        return len(self.platforms)

    def some(self, rows: Int64Array) -> Questions:
        """Only these questions, in this order."""
        histories = self.histories
        events, event_offsets = _rows_of(histories.offsets, rows)
        answers, offsets = _rows_of(self.offsets, rows)
        chosen = Histories(histories.items[events], histories.weights[events], histories.times[events], event_offsets)
        return Questions(chosen, self.platforms[rows], self.answers[answers], offsets, self.is_short[rows])


def questions_of(interactions: Interactions, most: int, seed: int) -> tuple[np.ndarray, Questions] | None:
    """Which interactions remain for training, bool (n,), and what to ask about `most` people at most.

    None where too few people have two courses.
    """
    random = np.random.default_rng(seed)
    pairs = interactions.users.astype(np.int64) * interactions.n_items + interactions.items
    first_met = _first_meetings(interactions, pairs)
    courses = np.bincount(interactions.users[first_met], minlength=interactions.n_users)
    able = np.flatnonzero(courses >= 2)
    if len(able) < FEWEST:
        return None
    first_days = _first_days(interactions, first_met, most // 2, random)
    newcomers = np.unique(interactions.users[first_days])
    people = np.sort(random.permutation(np.setdiff1d(able, newcomers))[:most])
    meetings = first_met[np.isin(interactions.users[first_met], people)]
    hidden = _hidden(interactions, meetings, random)
    kept = ~np.isin(pairs, pairs[np.concatenate([hidden, first_days])])
    known = interactions.where(kept)
    asked = _asked(known, interactions.platforms, interactions.users[hidden], interactions.items[hidden])
    asked = _with_short_histories(asked, interactions.platforms, random)
    if not len(first_days):
        return kept, asked
    new = _asked(known, interactions.platforms, interactions.users[first_days], interactions.items[first_days])
    return kept, _joined(asked, replace(new, is_short=np.ones(len(new), bool)))


def _first_days(interactions: Interactions, meetings: Int64Array, most: int, random: np.random.Generator) -> Int64Array:
    """All rows of `most` people at most on one of their platforms each, for those who did something on several."""
    n_platforms = int(interactions.platforms.max(initial=0)) + 1
    groups = interactions.users[meetings].astype(np.int64) * n_platforms
    groups += interactions.platforms[interactions.items[meetings]]
    present = np.unique(groups)
    people, counts = np.unique(present // n_platforms, return_counts=True)
    several = people[counts > 1]
    if len(several) < FEWEST:
        return meetings[:0]
    chosen = random.permutation(several)[: min(most, round(NEWCOMERS * len(several)))]
    present = random.permutation(present[np.isin(present // n_platforms, chosen)])
    lost = present[np.unique(present // n_platforms, return_index=True)[1]]
    return meetings[np.isin(groups, lost)]


def _first_meetings(interactions: Interactions, pairs: Int64Array) -> Int64Array:
    """The row where each person met each course for the first time, sorted by person and time."""
    order = np.lexsort((interactions.times, interactions.users))
    return order[np.sort(np.unique(pairs[order], return_index=True)[1])]


def _hidden(interactions: Interactions, meetings: Int64Array, random: np.random.Generator) -> Int64Array:
    """The rows to hide, of rows sorted by person and time."""
    users, times = interactions.users[meetings], interactions.times[meetings]
    is_last = np.append(users[1:] != users[:-1], True)
    is_later = np.append(False, (users[1:] == users[:-1]) & (times[1:] > times[:-1]))
    latest = meetings[is_last & is_later]
    unordered = meetings[~np.isin(users, interactions.users[latest])]
    groups = interactions.users[unordered].astype(np.int64) * (int(interactions.platforms.max(initial=0)) + 1)
    groups += interactions.platforms[interactions.items[unordered]]
    return np.concatenate([latest, _liked_best(unordered, groups, interactions.weights[unordered], random)])


def _liked_best(rows: Int64Array, groups: Int64Array, weights: Float32Array, random: np.random.Generator) -> Int64Array:
    """A fifth of the rows of each group of two or more, at random of that half which weighs most."""
    order = np.lexsort((random.random(len(rows)), -weights, groups))
    rows, groups, weights = rows[order], groups[order], weights[order]
    starts = np.flatnonzero(np.append(True, groups[1:] != groups[:-1])[: len(groups)])
    sizes = np.diff(np.append(starts, len(groups)))
    median = np.repeat(weights[starts + (sizes - 1) // 2], sizes)
    order = np.lexsort((random.random(len(rows)), weights < median, groups))
    place = np.arange(len(rows)) - np.repeat(starts, sizes)
    size = np.repeat(sizes, sizes)
    return rows[order][(place < np.maximum(1, np.round(HIDDEN_SHARE * size))) & (size >= 2)]


def _asked(known: Interactions, platforms: Int32Array, users: Int32Array, items: Int32Array) -> Questions:
    """One question for each person and platform with hidden courses."""
    order = np.lexsort((platforms[items], users))
    users, items = users[order], items[order]
    is_new = np.append(True, (users[1:] != users[:-1]) | (platforms[items][1:] != platforms[items][:-1]))
    starts = np.flatnonzero(is_new)
    offsets = np.append(starts, len(items)).astype(np.int64)
    histories = known.histories(users[starts])
    return Questions(histories, platforms[items[starts]], items, offsets, np.zeros(len(starts), bool))


def _with_short_histories(asked: Questions, platforms: Int32Array, random: np.random.Generator) -> Questions:
    """The questions, and half of them once more with the latest few events on the platform asked about."""
    rows = np.sort(random.permutation(len(asked))[: len(asked) // 2])
    again = asked.some(rows)
    histories = again.histories
    own = platforms[histories.items] == again.platforms[histories.people]
    people = histories.people
    total = np.bincount(people[own], minlength=len(again))
    place = np.cumsum(own) - own - (np.cumsum(total) - total)[people]  # events on the platform before this one
    few = random.choice(SHORT, len(again))
    kept = ~own | (place >= (total - few)[people])
    offsets = np.concatenate([[0], np.cumsum(np.bincount(people[kept], minlength=len(again)))])
    short = Histories(histories.items[kept], histories.weights[kept], histories.times[kept], offsets)
    return _joined(asked, Questions(short, again.platforms, again.answers, again.offsets, np.ones(len(again), bool)))


def _joined(first: Questions, second: Questions) -> Questions:
    one, other = first.histories, second.histories
    return Questions(
        Histories(
            np.concatenate([one.items, other.items]),
            np.concatenate([one.weights, other.weights]),
            np.concatenate([one.times, other.times]),
            np.concatenate([one.offsets, other.offsets[1:] + one.offsets[-1]]),
        ),
        np.concatenate([first.platforms, second.platforms]),
        np.concatenate([first.answers, second.answers]),
        np.concatenate([first.offsets, second.offsets[1:] + first.offsets[-1]]),
        np.concatenate([first.is_short, second.is_short]),
    )


def _rows_of(offsets: Int64Array, rows: Int64Array) -> tuple[Int64Array, Int64Array]:
    """The places of these ragged rows one after the other, and where each begins."""
    counts = offsets[rows + 1] - offsets[rows]
    starts = np.concatenate([[0], np.cumsum(counts)])
    return np.arange(starts[-1]) + np.repeat(offsets[rows] - starts[:-1], counts), starts

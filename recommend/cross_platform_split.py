"""A data set of several platforms with the same people, split so that joining the platforms can be measured.

pairs     the given split, everybody.
ratings   a fifth of each person's ratings on each platform, drawn with a fixed seed whatever the order of the lines, is
          asked about; but only of people who keep `FEWEST_KNOWN` or more on every platform. All else is trained on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recommend.algorithms.interactions import EmptyDataset, Int64Array
from recommend.datasets import Dataset, DatasetError, OnBroken, OnProgress
from recommend.split import Columns, Split, numbered, split_of

FEWEST_KNOWN = 5
TEST_SHARE = 0.2
SEED = 0

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CrossPlatformSplit:
    """The split, the names of its platforms by number, and the rows of the people whom it is about, int64 (people,)."""

    split: Split
    platforms: tuple[str, ...]
    people: Int64Array


def cross_platform_split(dataset: Dataset, on_broken: OnBroken, on_progress: OnProgress) -> CrossPlatformSplit:
    """Read the folder and split it.

    Raises `DatasetError`, also for a folder of one platform, and `EmptyDataset` when there is nothing to ask.
    """
    if len(dataset.platforms) < 2:
        raise DatasetError(
            f"{dataset.directory} is read as one platform; two or more are needed, in the format pairs or ratings."
        )
    if dataset.format.has_test:
        split = split_of(dataset, on_broken, on_progress)
        return CrossPlatformSplit(split, dataset.platforms, np.arange(split.interactions.n_users))
    rated = Columns(dataset.platforms)
    for record in dataset.records("train", on_broken, on_progress):
        rated.add(record)
    is_test = _fifth_of_each(rated)
    if is_test.any():
        split = numbered(rated.where(~is_test), rated.where(is_test))
        know_enough = _know_enough(split)
        split = questions_where(split, know_enough[split.people])
        if len(split):
            return CrossPlatformSplit(split, dataset.platforms, np.flatnonzero(know_enough))
    raise EmptyDataset(
        f"Nobody in {dataset.directory} has {FEWEST_KNOWN} ratings to learn from on each of its platforms."
    )


def questions_where(split: Split, kept: BoolArray) -> Split:
    """Only the questions marked in `kept`, bool (questions,)."""
    sizes = np.diff(split.offsets)
    return replace(
        split,
        people=split.people[kept],
        platforms=split.platforms[kept],
        items=split.items[np.repeat(kept, sizes)],
        offsets=np.concatenate([[0], np.cumsum(sizes[kept])]),
    )


def of_one_platform(split: Split, platform: int) -> Split:
    """The split as somebody sees it who has this platform alone: its items, its interactions, its questions."""
    columns = np.flatnonzero(split.interactions.platforms == platform)
    numbers = np.full(split.interactions.n_items, -1, dtype=np.int32)
    numbers[columns] = np.arange(len(columns))
    own = split.interactions.where(numbers[split.interactions.items] >= 0)
    interactions = replace(own, items=numbers[own.items], n_items=len(columns), platform_of_item=None)
    asked = questions_where(split, split.platforms == platform)
    return replace(
        asked, interactions=interactions, platforms=np.zeros_like(asked.platforms), items=numbers[asked.items]
    )


def _fifth_of_each(rated: Columns) -> BoolArray:
    """Which rows are asked about, bool (rows,): of n ratings of a person on a platform, n / 5 to the nearest."""
    platforms, users, items = (np.array(column) for column in (rated.platforms, rated.users, rated.items))
    by_number = np.lexsort((items, users, platforms))
    drawn = np.empty(len(users))
    drawn[by_number] = np.random.default_rng(SEED).random(len(users))
    order = np.lexsort((drawn, users, platforms))
    groups = _groups(platforms[order], users[order])
    sizes = np.bincount(groups)
    ranks = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    is_test = np.empty(len(order), dtype=bool)
    is_test[order] = ranks < np.floor(sizes * TEST_SHARE + 0.5)[groups]
    return is_test


def _groups(platforms: Int64Array, users: Int64Array) -> Int64Array:
    """The number of each sorted row's platform and user, counted from 0."""
    is_new = np.append(True, (platforms[1:] != platforms[:-1]) | (users[1:] != users[:-1]))[: len(users)]
    return np.cumsum(is_new) - 1


def _know_enough(split: Split) -> BoolArray:
    """Whether each person has enough to learn from on every platform, bool (n_users,)."""
    interactions = split.interactions
    n_platforms = int(interactions.platforms.max()) + 1
    counts = np.zeros((interactions.n_users, n_platforms), dtype=np.int64)
    np.add.at(counts, (interactions.users, interactions.platforms[interactions.items]), 1)
    return np.all(counts >= FEWEST_KNOWN, axis=1)

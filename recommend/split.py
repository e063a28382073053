"""A data set's folder as something to train on and something to be right about.

sequences, interactions, pairs   trained on the part `train`, asked about the part `test`, as published.
ratings                          no split is published, so it is made from the data alone, the same every time: of the
                                 ratings of 4 or 5, those whose hash of platform, user and item falls into one of
                                 `HELD_OUT_IN` equal parts are asked about; everything else is trained on.

Folders of several platforms are trained on jointly: the same number is the same person, and what somebody did on one
platform helps on the other. A person is asked about once for each platform with a test item, and only that platform's
items are ranked, for a platform is only ever recommended its own.
"""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommend.algorithms.interactions import EmptyDataset, Int32Array, Int64Array, Interactions
from recommend.datasets import Dataset, OnBroken, OnProgress, Record

LIKED = 4.0
HIGHEST_RATING = 5.0
HELD_OUT_IN = 5


@dataclass(frozen=True)
class Split:
    """What to train on, and what trained models are asked.

    interactions: the training part. Its times are the order within a person, never a clock's; all 0 where no order is
        known.
    people: int64 (questions,), the row of the person asked about.
    platforms: int32 (questions,), the platform for which items are ranked.
    items: int32 (m,), offsets: int64 (questions + 1,): question q is answered by `items[offsets[q]:offsets[q + 1]]`,
        each item once.
    """

    interactions: Interactions
    people: Int64Array
    platforms: Int32Array
    items: Int32Array
    offsets: Int64Array

    def __len__(self) -> int:
        return len(self.people)


class Columns:
    """Records as growing columns of numbers: platform, user, item, order (0 where none is known) and weight."""

    def __init__(self, platforms: tuple[str, ...]) -> None:
        self._platform_numbers = {name: number for number, name in enumerate(platforms)}
        self.platforms, self.users, self.items = array("l"), array("q"), array("q")
        self.orders, self.weights = array("d"), array("f")

    def add(self, record: Record) -> None:
        """One more row."""
        self.platforms.append(self._platform_numbers[record.platform])
        self.users.append(record.user)
        self.items.append(record.item)
        self.orders.append(0 if record.order is None else record.order)
        self.weights.append(1.0 if record.rating is None else record.rating / HIGHEST_RATING)

    def where(self, kept: npt.NDArray[np.bool_]) -> Columns:
        """Only the rows marked in `kept`, bool (rows,)."""
        chosen = Columns(tuple(self._platform_numbers))
        for name in ("platforms", "users", "items", "orders", "weights"):
            column: array = getattr(self, name)
            setattr(chosen, name, array(column.typecode, np.array(column)[kept].tolist()))
        return chosen


def split_of(dataset: Dataset, on_broken: OnBroken, on_progress: OnProgress) -> Split:
    """Read the folder and split it.

    Raises `DatasetError`, and `EmptyDataset` when there is nothing to train on or nothing to ask.
    """
    known, asked = Columns(dataset.platforms), Columns(dataset.platforms)
    for record in dataset.records("train", on_broken, on_progress):
        (asked if is_held_out(record) else known).add(record)
    if dataset.format.has_test:
        for record in dataset.records("test", on_broken, on_progress):
            asked.add(record)
    if not len(known.users):
        raise EmptyDataset(f"{dataset.directory} has no interactions to train on.")
    if not len(asked.users):
        raise EmptyDataset(f"{dataset.directory} has no interactions to test on.")
    return numbered(known, asked)


def is_held_out(record: Record) -> bool:
    """Whether a rating is asked about instead of trained on; records without a rating never are."""
    if record.rating is None or record.rating < LIKED:
        return False
    identity = f"{record.platform}:{record.user}:{record.item}".encode()
    return int.from_bytes(hashlib.blake2b(identity, digest_size=8).digest()) % HELD_OUT_IN == 0


def numbered(known: Columns, asked: Columns) -> Split:
    """People and items become rows and columns, in the order of platform and number.

    What is `known` is trained on, what is `asked` is asked about.
    """
    size = len(known.users)
    all_users, users = np.unique(_joined(known.users, asked.users), return_inverse=True)
    platforms = _joined(known.platforms, asked.platforms).astype(np.int32)
    platform_of_item, items = _item_columns(platforms, _joined(known.items, asked.items))
    interactions = Interactions(
        users[:size].astype(np.int32),
        items[:size],
        np.array(known.weights, dtype=np.float32),
        np.array(known.orders, dtype=np.float64),
        len(all_users),
        len(platform_of_item),
        platform_of_item,
    )
    questions = np.unique(np.stack([users[size:], platforms[size:], items[size:]], axis=1), axis=0)
    starts = np.flatnonzero(np.append(True, np.any(questions[1:, :2] != questions[:-1, :2], axis=1)))
    return Split(
        interactions,
        questions[starts, 0].astype(np.int64),
        questions[starts, 1].astype(np.int32),
        questions[:, 2].astype(np.int32),
        np.append(starts, len(questions)),
    )


def _joined(known: array, asked: array) -> Int64Array:
    return np.concatenate([np.array(known, dtype=np.int64), np.array(asked, dtype=np.int64)])


def _item_columns(platforms: Int32Array, items: Int64Array) -> tuple[Int32Array, npt.NDArray[np.int32]]:
    """The platform of each column, and the column of each row."""
    columns = np.empty(len(items), dtype=np.int32)
    sizes: list[int] = []
    for platform in range(platforms.max() + 1):
        of_platform = platforms == platform
        distinct, numbers = np.unique(items[of_platform], return_inverse=True)
        columns[of_platform] = numbers + sum(sizes)
        sizes.append(len(distinct))
    return np.repeat(np.arange(len(sizes), dtype=np.int32), sizes), columns

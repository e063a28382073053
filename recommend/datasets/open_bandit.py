"""Logged choices of the Open Bandit Dataset (Saito et al., NeurIPS Datasets and Benchmarks 2021).

A folder has `random_<campaign>.csv` and `bts_<campaign>.csv` (or with `.gz`), one for each policy. The first line names
columns, of which `item_id`, `position` (from 1), `click` (0 or 1), `propensity_score` and `user_feature_0` … are read.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from recommend.datasets.files import existing, numbered_lines
from recommend.datasets.records import BrokenLine, DatasetError, OnBroken, OnProgress

Policy = Literal["random", "bts"]
POLICIES: tuple[Policy, ...] = ("random", "bts")
NEEDED = ("item_id", "position", "click", "propensity_score")
FEATURE = "user_feature_"
MOST_ITEMS = 100_000


@dataclass(frozen=True)
class BanditLog:
    """One policy's rounds of a campaign.

    items: int64 (n,). positions: int64 (n,), from 0. clicks: float64 (n,), 0 or 1. propensities: float64 (n,), above 0.
    features: n tuples of what was known of the person, as words.
    """

    campaign: str
    policy: Policy
    items: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]
    clicks: npt.NDArray[np.float64]
    propensities: npt.NDArray[np.float64]
    features: list[tuple[str, ...]]


def campaigns(directory: Path) -> list[str]:
    """The campaigns of which a folder has both logs. Raises `DatasetError` when there is none."""
    try:
        names = {path.name.removesuffix(".gz").removesuffix(".csv") for path in directory.iterdir()}
    except OSError as error:
        raise DatasetError(f"The folder {directory} cannot be read ({error}).") from error
    found = sorted(
        campaign
        for name in names
        if (campaign := name.removeprefix("random_")) != name
        and f"bts_{campaign}" in names
        and not campaign.endswith("context")
    )
    if not found:
        raise DatasetError(
            f"{directory} has no campaign; a folder of logged choices has random_<campaign>.csv and bts_<campaign>.csv."
        )
    return found


def read_log(
    directory: Path,
    policy: Policy,
    campaign: str,
    on_broken: OnBroken = lambda broken: None,
    on_progress: OnProgress = lambda file, done, total: None,
) -> BanditLog:
    """All rounds of a log; a line that cannot be understood is skipped and told to `on_broken`.

    Raises `DatasetError` for a file that is missing, damaged, without the columns needed or without rounds.
    """
    path = existing(directory, f"{policy}_{campaign}.csv")
    if path is None:
        raise DatasetError(f"{directory} has no file {policy}_{campaign}.csv.gz or {policy}_{campaign}.csv.")
    rounds = list(_rounds(path, on_broken, on_progress))
    if not rounds:
        raise DatasetError(f"{path} holds no rounds.")
    items, positions, clicks, propensities, features = zip(*rounds, strict=True)
    return BanditLog(
        campaign,
        policy,
        np.array(items, np.int64),
        np.array(positions, np.int64) - 1,
        np.array(clicks, np.float64),
        np.array(propensities, np.float64),
        list(features),
    )


_Round = tuple[int, int, int, float, tuple[str, ...]]


def _rounds(path: Path, on_broken: OnBroken, on_progress: OnProgress) -> Iterator[_Round]:
    lines = numbered_lines(path, on_progress)
    first = next(lines, None)
    header = next(csv.reader([first[1].decode("utf-8", "replace")])) if first else []
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise DatasetError(f"{path} has no column {', '.join(missing)} in its first line.")
    needed = [header.index(name) for name in NEEDED]
    features = [place for place, name in enumerate(header) if name.startswith(FEATURE)]
    for number, line in lines:
        try:
            yield _round(next(csv.reader([line.decode()])), len(header), needed, features)
        except (ValueError, csv.Error) as error:
            on_broken(BrokenLine(path.name, number, str(error)))


def _round(fields: list[str], columns: int, needed: list[int], features: list[int]) -> _Round:
    if len(fields) != columns:
        raise ValueError(f"expected {columns} columns, found {len(fields)}")
    item, position, click, propensity = (fields[place] for place in needed)
    parsed = int(item), int(position), int(click), float(propensity)
    if not 0 <= parsed[0] < MOST_ITEMS:
        raise ValueError(f"the item {item} is not a number from 0 to {MOST_ITEMS - 1}")
    if not 1 <= parsed[1] <= 100:
        raise ValueError(f"the position {position} is not a number from 1 to 100")
    if parsed[2] not in (0, 1):
        raise ValueError(f"the click {click} is neither 0 nor 1")
    if not 0 < parsed[3] <= 1:
        raise ValueError(f"the propensity {propensity} is not above 0 and at most 1")
    return (*parsed, tuple(fields[place] for place in features))

"""What is planted in the demo's people, and how much of it profiles find: from rows of events to traits.

The demo world is stored and its profiles are built as in any running system. Habits and tiers are then compared with
what was planted, for profiles of 20 events and more; for tiers also with the best that anybody could tell who knew the
generator (`benchmarks.best_guess`).
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import report
from benchmarks.options import Options, read
from benchmarks.scratch import scratch_system
from benchmarks.silent import Silent

if TYPE_CHECKING:
    from crossmarket.demo.world import DemoWorld

PEOPLE, COURSES = 10_000, 5_000
QUICK_PEOPLE, QUICK_COURSES = 300, 150
SEED = 7
FEWEST_EVENTS = (20, 50, 100)


@dataclass(frozen=True)
class Found:
    """Of profiles with events, a row each: how many events, and whether each thing planted was found."""

    events: np.ndarray
    hours: np.ndarray
    tier: np.ndarray
    best_tier: np.ndarray


def measure(options: Options) -> None:
    """Build the profiles of a demo world and print the table."""
    from crossmarket.demo.addresses import Addresses
    from crossmarket.demo.load import load
    from crossmarket.demo.world import generate

    world = generate(*((QUICK_PEOPLE, QUICK_COURSES) if options.quick else (PEOPLE, COURSES)), seed=SEED)
    loaded = load(world, Addresses(8000), Silent())
    seconds = build()
    found = _found(world, loaded.account_ids)
    rows = []
    for fewest in FEWEST_EVENTS:
        here = found.events >= fewest
        shares = [f"{each[here].mean():.1%}" for each in (found.hours, found.tier, found.best_tier)]
        rows.append([f"{fewest} events and more", f"{here.sum():,}", *shares])
    note = (
        f"{len(world.planted):,} people, {len(world.courses):,} courses, {len(world.events):,} events, seed {SEED}; "
        f"built in {seconds:.0f} s. Aim: 95% with 20 events and more."
    )
    report.show("What is planted", ["", "profiles", "hours", "tier", "tier, at best"], rows, note)


def build() -> float:
    """Build all profiles in this process; seconds. Raises `RuntimeError` when it failed."""
    from crossmarket.foundation import jobs
    from crossmarket.foundation.models import JobState
    from profiles.profiling.building import enqueue_build

    started = time.perf_counter()
    job = jobs.run(enqueue_build(to_worker=False).pk)
    if job.state != JobState.SUCCEEDED:
        raise RuntimeError(f"The profiles were not built: {job.error}")
    return time.perf_counter() - started


def _found(world: "DemoWorld", account_ids: np.ndarray) -> Found:
    from benchmarks.best_guess import best_guesses
    from crossmarket.demo.people import HOUR_PATTERNS, SPENDING_TIERS
    from profiles.models import Profile

    row_of = {key: row for row, key in enumerate(account_ids.tolist())}
    profiles = [each for each in Profile.objects.order_by("pk") if each.traits["events"] >= min(FEWEST_EVENTS)]
    subject = np.full(len(account_ids), -1)
    for number, profile in enumerate(profiles):
        subject[[row_of[key] for key in profile.account_ids]] = number
    person = world.accounts.person[[row_of[profile.account_id] for profile in profiles]]
    told = np.array([profile.traits["hours"]["by_hour"] for profile in profiles])
    truth = np.array([pattern.week() for pattern in HOUR_PATTERNS])
    nearest = np.abs(told[:, None, :] - truth[None, :, :]).sum(axis=2).argmin(axis=1)
    tiers = [profile.traits["spending"]["tier"] for profile in profiles]
    tier = np.array([SPENDING_TIERS.index(name) if name else -1 for name in tiers])
    planted = world.planted
    return Found(
        np.array([profile.traits["events"] for profile in profiles]),
        nearest == planted.hours[person],
        tier == planted.spending[person],
        best_guesses(world, subject) == planted.spending[person],
    )


if __name__ == "__main__":
    given = read(__doc__)
    with scratch_system():
        measure(given)

"""The tastes planted in the demo's people, and how well clusters find them: from rows of events to segments.

    python -m benchmarks.tastes

For several seeds the demo world is stored, its profiles are built and clusters are looked for as in any running system;
the number of clusters is found, not told. Beside it: k-means, told the number, on the counts of what was looked at by
category, as they are and as shares. The figure is the adjusted Rand index: 1 for the same groups, 0 for chance.
"""

import sys
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import report
from benchmarks.options import Options, read
from benchmarks.planted import build
from benchmarks.scratch import scratch_system
from benchmarks.silent import Silent

if TYPE_CHECKING:
    from crossmarket.demo.world import DemoWorld

PEOPLE, COURSES = 10_000, 5_000
QUICK_PEOPLE, QUICK_COURSES = 400, 300
SEEDS = (7, 8, 9)
FEWEST_EVENTS = 20


def measure(options: Options) -> None:
    """Print a row for each seed and algorithm."""
    from crossmarket.demo.addresses import Addresses
    from crossmarket.demo.load import load
    from crossmarket.demo.replacing import empty
    from crossmarket.demo.world import generate

    rows: list[list[str]] = []
    for seed in SEEDS[: 1 if options.quick else None]:
        world = generate(*((QUICK_PEOPLE, QUICK_COURSES) if options.quick else (PEOPLE, COURSES)), seed=seed)
        loaded = load(world, Addresses(8000), Silent())
        build()
        rows += _rows(world, loaded.account_ids)
        empty()
        print(f"seed {seed} done", file=sys.stderr)
    note = "Aim: 0.8 and more by clusters, 0.6 and less by category. Of all profiles / of those of 20 events and more."
    headings = ["seed", "profiles", "by", "clusters", "index, all", "index, 20 events"]
    report.show(f"Tastes, {PEOPLE:,} people", headings, rows, note)


def _rows(world: "DemoWorld", account_ids: np.ndarray) -> list[list[str]]:
    from sklearn.cluster import KMeans

    from crossmarket.demo.tastes import CLUSTERS
    from profiles.models import ClusterAlgorithm, Profile

    row_of = {key: row for row, key in enumerate(account_ids.tolist())}
    profiles = list(Profile.objects.order_by("pk").values_list("account_id", "account_ids", "traits__events"))
    truth = world.planted.cluster[[world.accounts.person[row_of[lead]] for lead, _all, _events in profiles]]
    told = np.array([events for _lead, _all, events in profiles]) >= FEWEST_EVENTS
    subject = np.full(len(account_ids), -1)
    for number, (_lead, accounts, _events) in enumerate(profiles):
        subject[[row_of[account] for account in accounts]] = number
    rows = []
    for algorithm in ClusterAlgorithm.values:
        found, clusters = _found(algorithm, [lead for lead, _all, _events in profiles])
        rows.append(_row(world, algorithm, truth, found, told, clusters))
    looks = _looks(world, subject, len(profiles))
    for name, counted in (("looks", looks), ("shares of looks", looks / np.maximum(looks.sum(1, keepdims=True), 1.0))):
        groups = KMeans(len(CLUSTERS), n_init=5, random_state=0).fit_predict(counted)
        rows.append(_row(world, f"{name} by category", truth, groups, told, len(CLUSTERS)))
    return rows


def _row(
    world: "DemoWorld", name: str, truth: np.ndarray, found: np.ndarray, told: np.ndarray, clusters: int
) -> list[str]:
    from sklearn.metrics import adjusted_rand_score

    known = found >= 0
    both = (known, known & told)
    indices = [f"{adjusted_rand_score(truth[chosen], found[chosen]):.3f}" for chosen in both]
    return [str(world.seed), f"{known.sum():,}", name, str(clusters), *indices]


def _found(algorithm: str, leads: list[int]) -> tuple[np.ndarray, int]:
    """The cluster of each of these profiles, -1 for none, and how many clusters were found."""
    from crossmarket.foundation import jobs
    from crossmarket.foundation.models import JobState
    from profiles.models import SegmentKind, SegmentMember
    from profiles.segmentation.clusters import Settings, enqueue_clustering

    job = jobs.run(enqueue_clustering(Settings(algorithm=algorithm), to_worker=False).pk)
    if job.state != JobState.SUCCEEDED or job.result is None:
        raise RuntimeError(f"No clusters were found: {job.error}")
    members = SegmentMember.objects.filter(segment__kind=SegmentKind.CLUSTER, leads=True)
    cluster = dict(members.values_list("account_id", "segment__cluster"))
    return np.array([cluster.get(lead, -1) for lead in leads]), job.result["clusters"]


def _looks(world: "DemoWorld", subject: np.ndarray, profiles: int) -> np.ndarray:
    from crossmarket.demo.topics import CATEGORIES

    views = world.events.of_type("view")
    rows, courses = subject[world.events.account[views]], world.events.course[views]
    looks = np.zeros((profiles, len(CATEGORIES)))
    np.add.at(looks, (rows[rows >= 0], world.courses.category[courses[rows >= 0]]), 1.0)
    return looks


if __name__ == "__main__":
    given = read(__doc__)
    with scratch_system():
        measure(given)

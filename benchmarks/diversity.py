"""How much the lists of the demo's people resemble one another, how much they show in all, and what that costs.

    python -m benchmarks.diversity

Of each account the course that it met last for the first time is held back, with all that the account did with it. The
rest is stored, a model is trained and everybody is asked for the ten next courses, as in any running system: by the
default placement, and by placements that do without its rules. The same model answers all rows.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import report
from benchmarks.options import Options, read
from benchmarks.scratch import scratch_system
from benchmarks.silent import Silent

if TYPE_CHECKING:
    from crossmarket.demo.world import DemoWorld

PEOPLE, COURSES = 2_000, 1_000
QUICK_PEOPLE, QUICK_COURSES = 150, 300
LONG = 10
PLACEMENTS: dict[str, dict[str, object]] = {
    "default placement": {},
    "without exploring": {"off": ["exploration"]},
    "without exploring, popularity and diversity rules": {"off": ["exploration", "popularity", "diversity"]},
    "what is popular alone": {
        "off": ["model", "similar", "same_category", "new", "exploration", "popularity", "diversity"]
    },
}


@dataclass(frozen=True)
class Lists:
    """The lists of all accounts, int64 (accounts, LONG) keys of courses, -1 where a list is shorter."""

    shown: np.ndarray

    @property
    def overlap(self) -> float:
        """The mean share of courses that two lists have in common."""
        _courses, counts = np.unique(self.shown[self.shown >= 0], return_counts=True)
        people = len(self.shown)
        return float((counts * (counts - 1.0)).sum() / (LONG * people * (people - 1)))

    def coverage(self, courses: int) -> float:
        """The share of so many courses that is in some list."""
        return len(np.unique(self.shown[self.shown >= 0])) / courses

    def ndcg(self, held_back: np.ndarray) -> float:
        """NDCG@10 of the one course held back of each account, int64 (accounts,); -1 where there is none."""
        places = np.arange(2, LONG + 2)
        found = (self.shown == held_back[:, None]) / np.log2(places)
        return float(found[held_back >= 0].sum(axis=1).mean())


def measure(options: Options) -> None:
    """Print a row for each placement, over all platforms and the worst of them."""
    from crossmarket.demo.addresses import Addresses
    from crossmarket.demo.load import load
    from crossmarket.demo.world import generate
    from profiles.models import Course

    sizes = (QUICK_PEOPLE, QUICK_COURSES) if options.quick else (PEOPLE, COURSES)
    whole = generate(*sizes)
    positions, held_back = hold_back(whole)
    loaded = load(_without(whole, positions), Addresses(8000), Silent())
    name = _trained()
    accounts = _accounts(loaded.account_ids)
    wanted = _keys(whole, held_back)
    listed = Course.objects.listed().count()
    rows = []
    plain = 0.0
    for title, rules in reversed(PLACEMENTS.items()):
        lists = _lists(accounts, rules)
        ndcg = lists.ndcg(wanted)
        if title.startswith("without exploring, "):
            plain = ndcg
        of_platforms = [Lists(lists.shown[accounts[:, 0] == platform]) for platform in np.unique(accounts[:, 0])]
        rows.append(
            [
                title,
                report.percent(lists.overlap),
                report.percent(max(each.overlap for each in of_platforms)),
                report.percent(lists.coverage(listed)),
                f"{ndcg:.4f}",
                report.percent(ndcg / plain - 1) if plain else "",
            ]
        )
    headings = ["", "overlap", "overlap on one platform", "catalogue shown", "NDCG@10", "of it lost"]
    note = (
        f"{len(accounts):,} accounts, {listed:,} courses, model {name}. Aims: overlap under 30%, over 40% shown, at "
        "most 2% of NDCG lost."
    )
    report.show("Ten courses for everybody", headings, rows[::-1], note)


def hold_back(world: "DemoWorld") -> tuple[np.ndarray, np.ndarray]:
    """The positions of events to leave out, bool, and the row of the course held back of each account, -1 for none."""
    events, courses = world.events, len(world.courses)
    pairs = np.where(events.course >= 0, events.account.astype(np.int64) * courses + events.course, -1)
    seen, first = np.unique(pairs, return_index=True)
    seen, first = seen[seen >= 0], first[seen >= 0]
    account = seen // courses
    latest = np.lexsort((first, account))
    is_last = np.append(account[latest][1:] != account[latest][:-1], True)
    several = np.bincount(account, minlength=len(world.accounts)) > 1
    chosen = latest[is_last & several[account[latest]]]
    held_back = np.full(len(world.accounts), -1)
    held_back[account[chosen]] = seen[chosen] % courses
    return np.isin(pairs, seen[chosen]), held_back


def _without(world: "DemoWorld", left_out: np.ndarray) -> "DemoWorld":
    kept = np.flatnonzero(~left_out)
    events = world.events
    columns = {name: getattr(events, name)[kept] for name in ("account", "course", "type", "value", "time")}
    contexts = {new: events.context[old] for new, old in enumerate(kept.tolist()) if old in events.context}
    return replace(world, events=replace(events, context=contexts, **columns))


def _trained() -> str:
    from crossmarket.foundation import jobs
    from recommend.algorithms.registry import ALGORITHMS
    from recommend.models import ModelVersion
    from recommend.training import Activation, enqueue_training

    name = "ensemble" if "ensemble" in ALGORITHMS else "ease"
    job = jobs.run(enqueue_training(name, {}, Activation.ALWAYS, to_worker=False).pk)
    if not job.result:
        raise RuntimeError(f"{name} could not be trained: {job.error}")
    return str(ModelVersion.objects.get(pk=job.result["model_id"]))


def _accounts(account_ids: np.ndarray) -> np.ndarray:
    """Platform and key of each account in the order of the world, int64 (accounts, 2)."""
    from accounts.models import LinkedAccount

    platforms = dict(LinkedAccount.objects.values_list("pk", "platform"))
    return np.array([(platforms[key], key) for key in account_ids.tolist()])


def _keys(world: "DemoWorld", held_back: np.ndarray) -> np.ndarray:
    """The key of the course held back of each account; -1 for none."""
    from profiles.models import Course

    slugs = [platform.slug for platform in world.platforms]
    known = {(slug, item): pk for slug, item, pk in Course.objects.values_list("platform__slug", "item_id", "pk")}
    courses = world.courses
    keys = [known[slugs[courses.platform[row]], courses.item_id[row]] for row in range(len(courses))]
    return np.where(held_back >= 0, np.array(keys)[held_back], -1)


def _lists(accounts: np.ndarray, rules: dict[str, object]) -> Lists:
    from accounts.models import LinkedAccount, Platform
    from recommend import serving
    from recommend.placements.keeping import describe

    describe(None, "measured", rules)
    platforms = Platform.objects.in_bulk()
    names = dict(LinkedAccount.objects.values_list("pk", "external_id"))
    shown = np.full((len(accounts), LONG), -1)
    for row, (platform, account) in enumerate(accounts.tolist()):
        items = serving.recommend(platforms[platform], names[account], "measured", LONG).items
        shown[row, : len(items)] = [item.course.id for item in items]
    return Lists(shown)


if __name__ == "__main__":
    given = read(__doc__)
    with scratch_system():
        measure(given)

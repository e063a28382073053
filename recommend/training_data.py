"""What models are trained on: consented events of all platforms, one row per person where the accounts agree to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db.models import F, FloatField
from django.db.models.functions import Cast, Extract
from django.utils import timezone

from accounts.models import LinkedAccount, Purpose
from profiles.models import Event
from recommend.algorithms.interactions import Int32Array, Int64Array, Interactions
from recommend.course_descriptions import described_with
from recommend.data_snapshot import TYPES, Snapshot
from recommend.split import Split

ROW = np.dtype([("account", "i8"), ("course", "i8"), ("weight", "f4"), ("time", "f8"), ("type", "i1")])
CHUNK = 20_000
MOST_QUESTIONS = 5_000


@dataclass(frozen=True)
class TrainingData:
    """Interactions, and what their numbers stand for.

    course_ids: int64 (n_items,), ascending, the course of each column: all listed ones, also those that nobody met yet,
    and those that were met and are listed no more. account_ids: int64 (accounts,), ascending; learners: int32
    (accounts,), the person's row of each. snapshot: what was read, in figures.
    """

    interactions: Interactions
    course_ids: Int64Array
    account_ids: Int64Array
    learners: Int32Array
    snapshot: Snapshot


def load() -> TrainingData:
    """All that may be learned from. Learners are persons where the account agrees to joining, else single accounts."""
    rows = np.fromiter(_rows(), dtype=ROW)
    courses = described_with(np.unique(rows["course"]))
    rows = rows[np.isin(rows["course"], courses.course_ids)]  # some may have been deleted meanwhile
    account_ids, account_numbers = np.unique(rows["account"], return_inverse=True)
    learners, n_learners = _learners(account_ids)
    interactions = Interactions(
        users=learners[account_numbers],
        items=np.searchsorted(courses.course_ids, rows["course"]).astype(np.int32),
        weights=rows["weight"].copy(),
        times=rows["time"].copy(),
        n_users=n_learners,
        n_items=len(courses.course_ids),
        platform_of_item=courses.platforms,
        descriptions=courses.descriptions,
    )
    snapshot = Snapshot.of(rows, courses.platforms[interactions.items], courses.course_ids)
    return TrainingData(interactions, courses.course_ids, account_ids, learners, snapshot)


def hold_out(interactions: Interactions, seed: int = 0, after: datetime | None = None) -> Split | None:
    """The same data with the latest new course of some learners asked about instead of trained on.

    after: ask only about courses met after this moment. None when nobody has (two courses and) one to ask about.
    """
    latest = _latest_first_meetings(interactions) if len(interactions) else interactions.users
    if after is not None:
        latest = latest[interactions.times[latest] > after.timestamp()]
    if not len(latest):
        return None
    random = np.random.default_rng(seed)
    asked = np.sort(random.permutation(latest)[:MOST_QUESTIONS])
    pairs = interactions.users.astype(np.int64) * interactions.n_items + interactions.items
    kept = ~np.isin(pairs, pairs[asked])
    return Split(
        interactions=interactions.where(kept),
        people=interactions.users[asked].astype(np.int64),
        platforms=interactions.platforms[interactions.items[asked]],
        items=interactions.items[asked],
        offsets=np.arange(len(asked) + 1),
    )


def _latest_first_meetings(interactions: Interactions) -> Int64Array:
    """Of each learner with two courses or more, the row where the last of the courses was met for the first time."""
    order = np.lexsort((interactions.times, interactions.users))
    pairs = interactions.users[order].astype(np.int64) * interactions.n_items + interactions.items[order]
    first = np.sort(np.unique(pairs, return_index=True)[1])
    meetings = order[first]
    users = interactions.users[meetings]
    is_last = np.append(users[1:] != users[:-1], True)
    is_first = np.append(True, users[1:] != users[:-1])
    return meetings[is_last & ~is_first]


def _rows() -> Iterator[tuple[int, int, float, float, int]]:
    events = Event.objects.consented(Purpose.RECOMMENDATION).cleaned().engaging()
    events = events.filter(timestamp__lte=timezone.now() + timedelta(days=1))
    seconds = Cast(Extract(F("timestamp"), "epoch", tzinfo=UTC), FloatField())
    columns = events.annotate(seconds=seconds).values_list("account_id", "course_id", "engagement", "seconds", "type")
    number_of = {name: number for number, name in enumerate(TYPES)}
    for account, course, engagement, time, event_type in columns.iterator(chunk_size=CHUNK):
        yield account, course, engagement, time, number_of[event_type]


def _learners(account_ids: Int64Array) -> tuple[Int32Array, int]:
    """The learner of each account, int32 (accounts,), and how many learners there are."""
    joined = LinkedAccount.objects.consenting(Purpose.CROSS_PLATFORM).values_list("pk", "person_id")
    person_of = dict(joined.iterator(chunk_size=CHUNK))
    numbers: dict[object, int] = {}
    learners = [numbers.setdefault(person_of.get(account, account), len(numbers)) for account in account_ids.tolist()]
    return np.array(learners, dtype=np.int32), len(numbers)

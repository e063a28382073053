"""Putting a data set's folder into the database, as if its platforms had sent it.

What each format means is said by `MEANINGS`. Every interaction becomes one event whose message id is made from part,
person and item, so importing twice, or going on after an interruption, adds nothing twice. The files know no clock:
the k-th item of a person happens k minutes after `FIRST_MOMENT`, where an order is known, else all at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice

import msgspec
from django.db import transaction

from accounts.models import ConsentSource, Platform, Purpose
from accounts.services.founding import found_missing
from profiles.event_store import NewEvent, store
from profiles.ingest import ingest_items
from profiles.ingest.items import ItemEntry, ensure_courses
from profiles.models import Course, EventType
from recommend.datasets import Dataset, OnBroken, OnProgress, Part, Record, fields_of_items

RECORDS_AT_ONCE = 10_000
"""So many are stored in one transaction: what an interruption can lose, and what is held in memory."""

POLICY_VERSION = "dataset"
FIRST_MOMENT = {"train": datetime(2025, 1, 1, tzinfo=UTC), "test": datetime(2025, 7, 1, tzinfo=UTC)}
"""When a person's first interaction of each part happened; what was held back came after everything else."""
STEP = timedelta(minutes=1)


@dataclass(frozen=True)
class Meaning:
    """What an interaction of a format is here: the type of its event, and the title of an item without one."""

    event_type: EventType
    title: str


MEANINGS = {
    # Where all that people do is one and the same deed, it weighs as an ordinary look, for which models are tuned.
    "sequences": Meaning(EventType.VIEW, "Course {item}"),
    "interactions": Meaning(EventType.VIEW, "{platform} {item}"),
    "pairs": Meaning(EventType.PURCHASE, "{platform} {item}"),
    "ratings": Meaning(EventType.RATING, "{platform} {item}"),
}


@dataclass
class Imported:
    """What has come of one platform."""

    slug: str
    new_events: int = 0
    known_events: int = 0


@dataclass
class _Target:
    """A platform that is being filled: whom it shares its people with, and the courses known by now."""

    platform: Platform
    siblings: list[Platform]
    name: str
    imported: Imported
    courses: dict[int, int] = field(default_factory=dict)


def import_dataset(
    dataset: Dataset,
    platforms: Sequence[Platform],
    parts: Sequence[Part] = ("train",),
    on_broken: OnBroken = lambda broken: None,
    on_progress: OnProgress = lambda file, done, total: None,
) -> list[Imported]:
    """Store the data set's people, items and events on these platforms, one for each of `dataset.platforms`.

    The same number is the same person on all of them, and agrees to joining. Each `RECORDS_AT_ONCE` interactions are
    one transaction. Raises `DatasetError`.
    """
    targets = {
        name: _Target(platform, [each for each in platforms if each != platform], name, Imported(platform.slug))
        for name, platform in zip(dataset.platforms, platforms, strict=True)
    }
    fields = fields_of_items(dataset.directory, on_broken, on_progress)
    meaning = MEANINGS[dataset.format.name]
    for part in parts:
        for records in _chunks(dataset.records(part, on_broken, on_progress)):
            for name, own in groupby(records, key=lambda record: record.platform):
                _store(targets[name], list(own), part, meaning, fields)
    return [target.imported for target in targets.values()]


def _chunks(records: Iterator[Record]) -> Iterator[list[Record]]:
    while chunk := list(islice(records, RECORDS_AT_ONCE)):
        yield chunk


@transaction.atomic
def _store(target: _Target, records: list[Record], part: Part, meaning: Meaning, fields: dict[int, int]) -> None:
    accounts = _accounts(target, {record.user for record in records})
    courses = target.courses
    if missing := {record.item for record in records} - courses.keys():
        courses |= _courses(target, missing, meaning, fields)
    start, event_type = FIRST_MOMENT[part], meaning.event_type
    events = [
        NewEvent(
            message_id=f"dataset-{part}-{record.user}-{record.item}",
            type=event_type,
            account_id=accounts[record.user],
            course_id=courses[record.item],
            value=record.rating,
            timestamp=start + (record.order or 0) * STEP,
        )
        for record in records
    ]
    new = store(target.platform.pk, events)
    target.imported.new_events += new
    target.imported.known_events += len(events) - new


def _accounts(target: _Target, users: set[int]) -> dict[int, int]:
    """The key of each person's account on the platform."""
    consents = {Purpose.CROSS_PLATFORM: True} if target.siblings else {}
    names = {str(user): user for user in sorted(users)}
    keys = found_missing(target.platform, target.siblings, names, consents, POLICY_VERSION, ConsentSource.PLATFORM)
    return {names[external_id]: key for external_id, key in keys.items()}


def _courses(target: _Target, items: Iterable[int], meaning: Meaning, fields: dict[int, int]) -> dict[int, int]:
    """The key of each item's course; those that nobody has described yet get a title."""
    names = {str(item): item for item in sorted(items)}
    described = set(
        Course.objects.filter(platform=target.platform, item_id__in=names)
        .exclude(title="")
        .values_list("item_id", flat=True)
    )
    entries = [
        ItemEntry(
            item_id=item_id,
            title=meaning.title.format(platform=target.name.capitalize(), item=item),
            category=f"Field {fields[item]}" if item in fields else "",
        )
        for item_id, item in names.items()
        if item_id not in described
    ]
    ingest_items(target.platform, [msgspec.json.encode(entry) for entry in entries])
    return {names[item_id]: key for item_id, key in ensure_courses(target.platform, names).items()}

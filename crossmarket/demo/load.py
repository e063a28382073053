"""Loading the demo world into the database, through the same verbs that partners' calls and imports go through."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import msgspec
import numpy as np
from django.db import connection

from accounts.models import ConsentSource, Purpose
from accounts.services.founding import NewAccount, found_accounts, found_persons
from accounts.services.platforms import NewPlatform, create_platform
from crossmarket.demo.addresses import Addresses
from crossmarket.demo.answers import DEVICES
from crossmarket.demo.catalogue import courses_of, described
from crossmarket.demo.events import EVENT_TYPES, NO_COURSE
from crossmarket.demo.people import PURPOSES
from crossmarket.demo.world import DemoWorld
from profiles.event_store import NewEvent, store
from profiles.ingest import ingest_items
from profiles.models import Course
from recommend.models import Recommendation

POLICY_VERSION = "demo-1"
EVENTS_AT_ONCE = 5_000
COURSES_AT_ONCE = 1_000
ANSWERS_AT_ONCE = 2_000


class Progress(Protocol):
    """Who is told how far the work is."""

    def begin(self, step: str, total: int) -> None:
        """A step begins that has so many units."""

    def advance(self, units: int) -> None:
        """So many more units of it are done."""


@dataclass(frozen=True)
class LoadedWorld:
    """What the world has become in the database: platforms with their keys in the order of PLATFORMS, and the key
    of the account of each row of `DemoWorld.accounts`.
    """

    platforms: list[NewPlatform]
    account_ids: np.ndarray


def load(world: DemoWorld, addresses: Addresses, progress: Progress) -> LoadedWorld:
    """Store the world's platforms, courses, accounts with links and consents, events, and lists that were shown.

    Raises `PlatformExists` when one of its platforms is there already.
    """
    platforms = [
        create_platform(platform.slug, platform.name, addresses.origins(platform.slug)) for platform in world.platforms
    ]
    course_ids = _load_courses(world, platforms, addresses, progress)
    account_ids = _load_accounts(world, platforms, progress)
    _load_events(world, platforms, account_ids, course_ids, progress)
    _load_answers(world, platforms, account_ids, course_ids, progress)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return LoadedWorld(platforms, account_ids)


def _load_courses(
    world: DemoWorld, platforms: Sequence[NewPlatform], addresses: Addresses, progress: Progress
) -> np.ndarray:
    """Describe all courses; returns the key of each row of `world.courses`."""
    progress.begin("courses", len(world.courses))
    course_ids = np.zeros(len(world.courses), dtype=np.int64)
    for index, made in enumerate(platforms):
        slug = made.platform.slug
        catalogue = courses_of(world.courses, index)
        for start in range(0, len(catalogue), COURSES_AT_ONCE):
            chunk = catalogue[start : start + COURSES_AT_ONCE]
            items = [described(course, addresses.course(slug, course.item_id)) for course in chunk]
            answer = ingest_items(made.platform, [msgspec.json.encode(item) for item in items])
            if answer.rejected:
                raise ValueError(f"The demo made a course that is refused: {answer.rejected[0].detail}")
            progress.advance(len(chunk))
        keys = dict(Course.objects.filter(platform=made.platform).values_list("item_id", "pk"))
        course_ids[world.courses.platform == index] = [keys[course.item_id] for course in catalogue]
    return course_ids


def _load_accounts(world: DemoWorld, platforms: Sequence[NewPlatform], progress: Progress) -> np.ndarray:
    """Make persons and accounts; returns the key of each row of `world.accounts`."""
    accounts = world.accounts
    progress.begin("accounts", len(accounts))
    persons = found_persons(int(accounts.linked.max(initial=-1)) + 1)
    account_ids = np.zeros(len(accounts), dtype=np.int64)
    for index, made in enumerate(platforms):
        rows = np.flatnonzero(accounts.platform == index)
        new = [
            NewAccount(
                external_id=accounts.external_id[row],
                person_id=persons[accounts.linked[row]],
                traits={"nickname": accounts.nickname[row]},
                consents=_stated_consents(world, int(row)),
            )
            for row in rows
        ]
        account_ids[rows] = found_accounts(made.platform, new, POLICY_VERSION, ConsentSource.PLATFORM)
        progress.advance(len(rows))
    return account_ids


def _stated_consents(world: DemoWorld, row: int) -> dict[Purpose, bool]:
    if not world.accounts.stated[row]:
        return {}
    return {Purpose(name): bool(world.accounts.consent[row, column]) for column, name in enumerate(PURPOSES)}


def _load_events(
    world: DemoWorld,
    platforms: Sequence[NewPlatform],
    account_ids: np.ndarray,
    course_ids: np.ndarray,
    progress: Progress,
) -> None:
    progress.begin("events", len(world.events))
    platform_of_event = world.accounts.platform[world.events.account]
    for index, made in enumerate(platforms):
        positions = np.flatnonzero(platform_of_event == index)
        for start in range(0, len(positions), EVENTS_AT_ONCE):
            chunk = positions[start : start + EVENTS_AT_ONCE]
            store(made.platform.pk, _events_at(world, chunk, account_ids, course_ids))
            progress.advance(len(chunk))


def _events_at(
    world: DemoWorld, positions: np.ndarray, account_ids: np.ndarray, course_ids: np.ndarray
) -> list[NewEvent]:
    events = world.events
    columns = zip(
        positions.tolist(),
        events.type[positions].tolist(),
        account_ids[events.account[positions]].tolist(),
        events.course[positions].tolist(),
        course_ids[events.course[positions]].tolist(),
        events.value[positions].tolist(),
        events.time[positions].tolist(),
        strict=True,
    )
    return [
        NewEvent(
            message_id=events.message_id(position),
            type=EVENT_TYPES[type_code],
            account_id=account_id,
            course_id=None if course == NO_COURSE else course_id,
            value=None if np.isnan(value) else value,
            timestamp=datetime.fromtimestamp(time, UTC),
            context=events.context.get(position),
        )
        for position, type_code, account_id, course, course_id, value, time in columns
    ]


def _load_answers(
    world: DemoWorld,
    platforms: Sequence[NewPlatform],
    account_ids: np.ndarray,
    course_ids: np.ndarray,
    progress: Progress,
) -> None:
    answers = world.answers
    progress.begin("lists", len(answers))
    platform_of = world.accounts.platform[answers.account]
    rows = [
        Recommendation(
            id=answers.ids[row],
            platform=platforms[platform_of[row]].platform,
            account_id=account_id,
            placement="home",
            course_ids=courses,
            source="popular",
            context={"device": DEVICES[device]},
            created_at=datetime.fromtimestamp(time, UTC),
        )
        for row, (account_id, courses, device, time) in enumerate(
            zip(
                account_ids[answers.account].tolist(),
                course_ids[answers.courses].tolist(),
                answers.device.tolist(),
                answers.time.tolist(),
                strict=True,
            )
        )
    ]
    Recommendation.objects.bulk_create(rows, batch_size=ANSWERS_AT_ONCE)
    progress.advance(len(rows))

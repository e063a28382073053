"""Blemishes in what one of the demo's platforms sends, so that there is something to see on the page of data quality."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db import connection

from crossmarket.demo.load import LoadedWorld
from crossmarket.demo.people import LEADING
from crossmarket.demo.topics import TOPICS
from crossmarket.demo.world import DemoWorld
from crossmarket.foundation import jobs
from profiles.cleaning.looking import enqueue_cleaning
from profiles.event_store import NewEvent, store
from profiles.models import Event, EventType

PLATFORM = "wenda-live"
AGAIN_EVERY, UNSET_EVERY = 40, 150
"""Of so many of its events one is sent once more, and one comes from a clock that was never set."""
ROBOT_ACTS, ROBOT_DAYS_AGO = 200, 9
NEVER_SET = datetime(1970, 1, 3, tzinfo=UTC)
RECEIVED_WHEN_DONE = """
UPDATE profiles_event SET received_at =
    CASE WHEN "timestamp" > %s THEN "timestamp" ELSE %s - interval '1 day' * (profiles_event.id %% 60) END
WHERE platform_id = ANY(%s)
"""


def add_blemishes(world: DemoWorld, loaded: LoadedWorld) -> None:
    """Add them, let all events look as if each had been received when it happened, and have them cleaned."""
    place = [platform.slug for platform in world.platforms].index(PLATFORM)
    platform = loaded.platforms[place].platform
    now = datetime.fromtimestamp(world.now, UTC)
    sent = list(Event.objects.filter(platform=platform, timestamp__lt=now - timedelta(minutes=1)).order_by("pk"))
    store(platform.pk, [*_again(sent), *_unset(sent), *_robot(world, loaded, place, now)])
    with connection.cursor() as cursor:
        platforms = [made.platform.pk for made in loaded.platforms]
        cursor.execute(RECEIVED_WHEN_DONE, [NEVER_SET, now, platforms])
    jobs.run(enqueue_cleaning(to_worker=False).pk)


def _again(sent: list[Event]) -> Iterator[NewEvent]:
    """Some events once more, a second later, under other message ids."""
    for event in sent[::AGAIN_EVERY]:
        yield NewEvent(
            message_id=f"{event.message_id}-again",
            type=event.type,
            account_id=event.account_id,
            course_id=event.course_id,
            value=None if event.value is None else float(event.value),
            timestamp=event.timestamp + timedelta(seconds=1),
            context=event.context,
        )


def _unset(sent: list[Event]) -> Iterator[NewEvent]:
    """Some views at the beginning of the epoch."""
    for event in sent[UNSET_EVERY // 2 :: UNSET_EVERY]:
        name = f"{event.message_id}-unset"
        yield NewEvent(name, EventType.VIEW, event.account_id, event.course_id, None, NEVER_SET)


def _robot(world: DemoWorld, loaded: LoadedWorld, place: int, now: datetime) -> Iterator[NewEvent]:
    """A program tries one search after another for a minute, with the account of somebody."""
    ordinary = ~np.isin(world.accounts.person, list(LEADING)) & (world.accounts.platform == place)
    if not ordinary.any():
        return
    account_id = int(loaded.account_ids[np.flatnonzero(ordinary)[-1]])
    begin = (now - timedelta(days=ROBOT_DAYS_AGO)).replace(minute=10, second=0, microsecond=0)
    for number in range(ROBOT_ACTS):
        moment = begin + timedelta(seconds=50 * number / ROBOT_ACTS)
        words = {"query": f"{TOPICS[number % len(TOPICS)].name} {number}"}
        yield NewEvent(f"demo-robot-{world.seed}-{number}", EventType.SEARCH, account_id, None, None, moment, words)

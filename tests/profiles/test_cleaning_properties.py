"""Whatever is received, in whatever order and however grouped, the same events are left out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import LinkedAccount, Platform
from profiles.cleaning import duplicates, looking, robots
from profiles.cleaning.judging import RULES, judge_accounts
from profiles.models import CleaningProgress, Course, Event, EventFlag
from tests.factories import CourseFactory, LinkedAccountFactory, PlatformFactory

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
ACCOUNTS, COURSES = 2, 2
ALL = 2**62


@dataclass(frozen=True)
class Deed:
    """Something done: so many tenths of a second after `MIDNIGHT`, told so many hours before it happened."""

    account: int
    course: int
    type: str
    value: int | None
    tenths: int
    told_early: int
    message_id: str

    @property
    def at(self) -> datetime:
        return MIDNIGHT + timedelta(seconds=self.tenths / 10)

    @property
    def received_at(self) -> datetime:
        return self.at - timedelta(hours=self.told_early)


deeds = st.builds(
    Deed,
    account=st.integers(0, ACCOUNTS - 1),
    course=st.integers(0, COURSES - 1),
    type=st.sampled_from(["view", "rating", "impression"]),
    value=st.sampled_from([None, 3, 9]),
    tenths=st.integers(-80, 80),
    told_early=st.sampled_from([-5, 0, 0, 2]),
    message_id=st.uuids().map(str),
)


@st.composite
def bursts(draw: st.DrawFn) -> list[Deed]:
    """As many acts as make a robot within a minute, or a few less or more; values tell them from one another."""
    account, begin = draw(st.integers(0, ACCOUNTS - 1)), draw(st.integers(-900, 900))
    count = robots.PER_MINUTE + draw(st.integers(-3, 3))
    name = draw(st.uuids())
    return [Deed(account, 0, "view", n, begin + n, 0, f"{name}-{n}") for n in range(count)]


worlds = st.tuples(st.lists(deeds, max_size=25), st.lists(bursts(), max_size=1)).map(
    lambda parts: parts[0] + [deed for burst in parts[1] for deed in burst]
)


def is_impossible(deed: Deed) -> bool:
    return deed.told_early > 1 or (deed.type == "rating" and (deed.value is None or not 1 <= deed.value <= 5))


def duplicates_among(possible: list[Deed]) -> Iterator[Deed]:
    def equal(deed: Deed) -> tuple[object, ...]:
        return deed.account, deed.course, deed.type, deed.value is None, deed.value or 0

    for _key, group in groupby(sorted(possible, key=lambda deed: (equal(deed), deed.tenths, deed.message_id)), equal):
        row = list(group)
        yield from (deed for before, deed in pairwise(row) if deed.tenths - before.tenths <= duplicates.SECONDS * 10)


def robot_days(left: list[Deed]) -> Iterator[tuple[int, object]]:
    acts = [deed for deed in left if deed.type != "impression"]
    for account in range(ACCOUNTS):
        own = [deed for deed in acts if deed.account == account]
        for minute in {deed.at.replace(second=0, microsecond=0) for deed in own}:
            moments = [deed.tenths for deed in own if deed.at.replace(second=0, microsecond=0) == minute]
            if sum(min(moments.count(each), robots.AT_ONE_MOMENT) for each in set(moments)) > robots.PER_MINUTE:
                yield account, minute.date()


def expected(world: list[Deed]) -> dict[str, str]:
    """The steps by message id, found one event after the other."""
    impossible = {deed for deed in world if is_impossible(deed)}
    repeated = set(duplicates_among([deed for deed in world if deed not in impossible]))
    left = [deed for deed in world if deed not in impossible | repeated]
    days = set(robot_days(left))
    return {
        **{deed.message_id: "impossible" for deed in impossible},
        **{deed.message_id: "duplicate" for deed in repeated},
        **{deed.message_id: "robot" for deed in left if (deed.account, deed.at.date()) in days},
    }


def flags() -> dict[str, str]:
    return dict(EventFlag.objects.values_list("event__message_id", "step"))


class World:
    """A platform that receives deeds."""

    def __init__(self) -> None:
        self.platform: Platform = PlatformFactory()
        self.accounts: list[LinkedAccount] = LinkedAccountFactory.create_batch(ACCOUNTS, platform=self.platform)
        self.courses: list[Course] = CourseFactory.create_batch(COURSES, platform=self.platform)

    def receive(self, deeds: list[Deed]) -> None:
        events = Event.objects.bulk_create(
            Event(
                platform=self.platform,
                account=self.accounts[deed.account],
                course=self.courses[deed.course],
                message_id=deed.message_id,
                type=deed.type,
                value=deed.value,
                timestamp=deed.at,
            )
            for deed in deeds
        )
        for event, deed in zip(events, deeds, strict=True):
            event.received_at = deed.received_at
        Event.objects.bulk_update(events, ["received_at"])


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=worlds, data=st.data())
def test_flags_depend_neither_on_the_order_of_arrival_nor_on_its_groups(world: list[Deed], data: st.DataObject) -> None:
    Event.objects.all().delete()
    CleaningProgress.objects.all().delete()
    CleaningProgress.objects.create(pk=1, rules=RULES)
    place, order = World(), data.draw(st.permutations(world))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(order)), max_size=3)))
    for begin, end in zip([0, *cuts], [*cuts, len(order)], strict=True):
        place.receive(order[begin:end])
        looking.look()
        assert flags() == expected(order[:end])
        assert Event.objects.count() == end
        assert Event.objects.cleaned().count() == end - len(flags())
    assert looking.look() == 0
    assert judge_accounts(0, ALL).changes == 0
    EventFlag.objects.all().delete()
    judge_accounts(0, ALL)
    assert flags() == expected(world)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=st.lists(deeds, min_size=1, max_size=25))
def test_cleaning_alters_no_event(world: list[Deed]) -> None:
    Event.objects.all().delete()
    World().receive(world)
    before = list(Event.objects.order_by("pk").values())
    judge_accounts(0, ALL)
    assert list(Event.objects.order_by("pk").values()) == before
    assert set(Event.objects.cleaned()) <= set(Event.objects.all())

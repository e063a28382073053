"""What the steps of cleaning leave out, and what they leave alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import LinkedAccount
from profiles.cleaning import duplicates, robots
from profiles.cleaning.judging import judge_accounts
from profiles.models import Course, Event, EventType
from tests.factories import CourseFactory, EventFactory, LinkedAccountFactory, PlatformFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
ALL = 2**62


@pytest.fixture
def account() -> LinkedAccount:
    return LinkedAccountFactory(platform=PlatformFactory())


@pytest.fixture
def course(account: LinkedAccount) -> Course:
    return CourseFactory(platform=account.platform)


def did(account: LinkedAccount, course: Course | None, after: float = 0.0, **fields: Any) -> Event:
    """Something that the account did so many seconds after noon."""
    fields = {"timestamp": NOON + timedelta(seconds=after), **fields}
    return EventFactory(account=account, platform=account.platform, course=course, **fields)


def flags() -> dict[int, str]:
    """The steps by the keys of the events that they leave out."""
    judge_accounts(0, ALL)
    return dict(Event.objects.filter(flag__isnull=False).values_list("pk", "flag__step"))


class TestImpossibleValues:
    """What cannot have happened as it was told."""

    @pytest.mark.parametrize(
        ("event_type", "value"),
        [
            (EventType.RATING, 0),
            (EventType.RATING, 6),
            (EventType.RATING, None),
            (EventType.PURCHASE, -1),
            (EventType.PURCHASE, 99.5),
            (EventType.REFUND, -500),
            (EventType.REFUND, 10**11 + 1),
            (EventType.COMPLETE, 1.5),
            (EventType.COMPLETE, -0.1),
        ],
    )
    def test_a_value_that_its_type_cannot_have(
        self, account: LinkedAccount, course: Course, event_type: EventType, value: Any
    ) -> None:
        event = did(account, course, type=event_type, value=value)
        assert flags() == {event.pk: "impossible"}

    @pytest.mark.parametrize(
        ("event_type", "value"),
        [
            (EventType.RATING, 1),
            (EventType.RATING, 4.5),
            (EventType.PURCHASE, 0),
            (EventType.PURCHASE, None),
            (EventType.REFUND, 10**11),
            (EventType.COMPLETE, 0),
            (EventType.COMPLETE, 1),
            (EventType.COMPLETE, None),
            (EventType.VIEW, -3),
        ],
    )
    def test_values_at_the_bounds_and_missing_ones_stay(
        self, account: LinkedAccount, course: Course, event_type: EventType, value: Any
    ) -> None:
        did(account, course, type=event_type, value=value)
        assert flags() == {}

    def test_a_rating_of_nothing(self, account: LinkedAccount) -> None:
        event = did(account, None, type=EventType.RATING, value=4)
        assert flags() == {event.pk: "impossible"}

    def test_times_that_had_not_come_when_the_event_was_received(self, account: LinkedAccount, course: Course) -> None:
        did(account, course, timestamp=timezone.now() + timedelta(minutes=55))
        ahead = did(account, course, timestamp=timezone.now() + timedelta(minutes=65))
        assert flags() == {ahead.pk: "impossible"}

    def test_that_time_passes_makes_them_no_truer(self, account: LinkedAccount, course: Course) -> None:
        ahead = did(account, course)
        Event.objects.filter(pk=ahead.pk).update(received_at=ahead.timestamp - timedelta(hours=2))
        assert flags() == {ahead.pk: "impossible"}

    def test_times_of_clocks_that_were_never_set(self, account: LinkedAccount, course: Course) -> None:
        unset = did(account, course, timestamp=datetime(1970, 1, 2, tzinfo=UTC))
        did(account, course, timestamp=datetime(1990, 1, 1, tzinfo=UTC))
        assert flags() == {unset.pk: "impossible"}


class TestDuplicates:
    """What was sent, or pressed, twice."""

    def test_an_equal_event_within_seconds_counts_once(self, account: LinkedAccount, course: Course) -> None:
        did(account, course)
        again = did(account, course, duplicates.SECONDS)
        assert flags() == {again.pk: "duplicate"}

    def test_a_moment_later_it_happened_again(self, account: LinkedAccount, course: Course) -> None:
        did(account, course)
        did(account, course, duplicates.SECONDS + 0.001)
        assert flags() == {}

    def test_of_a_row_of_them_the_first_counts(self, account: LinkedAccount, course: Course) -> None:
        events = [did(account, course, 2 * n) for n in range(4)]
        assert flags() == dict.fromkeys([event.pk for event in events[1:]], "duplicate")

    def test_the_first_is_the_earliest_and_not_the_first_received(self, account: LinkedAccount, course: Course) -> None:
        later = did(account, course, 2)
        did(account, course, 0)
        assert flags() == {later.pk: "duplicate"}

    def test_of_the_same_time_the_lower_message_id_counts(self, account: LinkedAccount, course: Course) -> None:
        higher = did(account, course, message_id="b")
        did(account, course, message_id="a")
        assert flags() == {higher.pk: "duplicate"}

    def test_midnight_makes_no_difference(self, account: LinkedAccount, course: Course) -> None:
        did(account, course, timestamp=MIDNIGHT - timedelta(seconds=1))
        again = did(account, course, timestamp=MIDNIGHT + timedelta(seconds=1))
        assert flags() == {again.pk: "duplicate"}

    def test_another_type_value_course_or_account_is_something_else(
        self, account: LinkedAccount, course: Course
    ) -> None:
        did(account, course)
        did(account, course, type=EventType.CLICK)
        did(account, CourseFactory(platform=account.platform))
        did(LinkedAccountFactory(platform=account.platform), course)
        did(account, course, type=EventType.RATING, value=4)
        did(account, course, type=EventType.RATING, value=5)
        assert flags() == {}

    def test_two_searches_are_equal_when_their_words_are(self, account: LinkedAccount) -> None:
        first = {"type": EventType.SEARCH, "context": {"query": "数据库"}}
        did(account, None, **first)
        did(account, None, 1, type=EventType.SEARCH, context={"query": "考研"})
        again = did(account, None, 2, **first)
        assert flags() == {again.pk: "duplicate"}

    def test_of_something_impossible_nothing_is_a_duplicate(self, account: LinkedAccount, course: Course) -> None:
        impossible = did(account, course)
        Event.objects.filter(pk=impossible.pk).update(received_at=impossible.timestamp - timedelta(hours=2))
        did(account, course, 1)
        assert flags() == {impossible.pk: "impossible"}


class TestRobots:
    """Who did more than a person can."""

    def test_more_than_a_person_does_in_a_minute(self, account: LinkedAccount, course: Course) -> None:
        self._acts(account, robots.PER_MINUTE + 1, every=0.4)
        early = did(account, course, -3_600)
        assert set(flags().values()) == {"robot"}
        assert early.pk in flags(), "all of its day is left out"

    def test_as_much_as_a_person_does(self, account: LinkedAccount) -> None:
        self._acts(account, robots.PER_MINUTE, every=0.4)
        assert flags() == {}

    def test_the_day_before_and_other_accounts_stay(self, account: LinkedAccount, course: Course) -> None:
        self._acts(account, robots.PER_MINUTE + 1, every=0.4)
        kept = {did(account, course, -86_400).pk, did(LinkedAccountFactory(platform=account.platform), course).pk}
        assert not kept & flags().keys()

    def test_more_than_a_person_does_in_an_hour(self, account: LinkedAccount) -> None:
        self._acts(account, robots.PER_HOUR + 1, every=2)
        assert set(flags().values()) == {"robot"}

    def test_more_than_a_person_does_in_a_day(self, account: LinkedAccount) -> None:
        self._acts(account, robots.PER_DAY + 1, every=6, begin=NOON.replace(hour=0))
        assert set(flags().values()) == {"robot"}

    def test_being_shown_much_is_no_act_but_is_left_out_with_the_acts(self, account: LinkedAccount) -> None:
        self._acts(account, 2 * robots.PER_MINUTE, every=0.2, type=EventType.IMPRESSION)
        assert flags() == {}
        self._acts(account, robots.PER_MINUTE + 1, every=0.4)
        assert len(flags()) == Event.objects.count()

    def test_lists_that_give_one_time_to_everything_are_no_robots(self, account: LinkedAccount) -> None:
        self._acts(account, 1_000, every=0)
        assert flags() == {}

    def _acts(self, account: LinkedAccount, count: int, every: float, begin: datetime = NOON, **fields: Any) -> None:
        """So many acts, one every so many seconds; their values tell them from one another."""
        Event.objects.bulk_create(
            Event(
                platform=account.platform,
                account=account,
                message_id=f"{fields}{n}",
                value=n,
                timestamp=begin + timedelta(seconds=every * n),
                **{"type": EventType.VIEW, **fields},
            )
            for n in range(count)
        )

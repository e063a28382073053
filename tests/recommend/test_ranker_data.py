"""What the ranker learns from: lists as they stood when they were asked for, and only what people agreed to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import LinkedAccount
from profiles.models import Course, EventType
from recommend import ranking_data
from recommend.algorithms.base import EmptyDataset, silent
from recommend.models import Recommendation
from recommend.ranking.circumstances import ASKED_FEATURES
from recommend.ranking.config import HEADS
from recommend.ranking.courses import COURSE_FEATURES
from recommend.ranking.examples import Examples
from recommend.ranking.past import PAST_FEATURES
from recommend.ranking_data import catalogue, deeds, lists, people
from recommend.ranking_data.lists import Shown
from tests.factories import (
    CourseFactory,
    EventFactory,
    LinkedAccountFactory,
    PersonFactory,
    PlatformFactory,
    RecommendationFactory,
)

NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=60)
ASKED = NOW - timedelta(days=20)
"""When the lists of these tests were asked for: what came of them is known by now."""

pytestmark = pytest.mark.django_db


class World:
    """A platform with four courses, and somebody who is shown all of them."""

    def __init__(self) -> None:
        self.platform = PlatformFactory(timezone="Asia/Shanghai")
        self.courses = [
            CourseFactory(platform=self.platform, category=f"c{number % 2}", price=9_900 if number else 0)
            for number in range(4)
        ]
        self.account = LinkedAccountFactory(platform=self.platform)
        for day in range(30):  # others, long before
            EventFactory(
                account=LinkedAccountFactory(platform=self.platform),
                course=self.courses[day % 3],
                timestamp=LONG_AGO + timedelta(days=day / 30),
            )

    def shown(self, account: LinkedAccount | None = None, at: datetime = ASKED, **fields: Any) -> Recommendation:
        return RecommendationFactory(
            account=account or self.account,
            course_ids=[course.pk for course in self.courses],
            created_at=at,
            **fields,
        )

    def did(self, course: int, after: timedelta, event: str = "view", **fields: Any) -> None:
        fields.setdefault("account", self.account)
        EventFactory(type=event, course=self.courses[course], timestamp=ASKED + after, **fields)

    def followed(
        self, answer: Recommendation, course: int, after: timedelta, event: str = "click", **fields: Any
    ) -> None:
        self.did(course, after, event, context={"recommendation_id": str(answer.pk)}, **fields)


@pytest.fixture
def world() -> World:
    return World()


def read() -> list[Shown]:
    """All lists that were shown, and what came of them."""
    everyone, described = people.read(), catalogue.read()
    done = deeds.read(everyone, described.ids)
    return lists.read(everyone, done, described.ids, LONG_AGO, NOW.timestamp())


def came(name: str) -> list[float]:
    (shown,) = read()
    return shown.came[:, HEADS.index(name)].tolist()


def is_known(name: str) -> list[bool]:
    (shown,) = read()
    return shown.is_known[:, HEADS.index(name)].tolist()


class TestWhatCame:
    def test_clicks_and_looks_that_name_the_answer(self, world: World) -> None:
        answer = world.shown()
        world.followed(answer, 1, timedelta(minutes=1))
        world.followed(answer, 2, timedelta(minutes=2), "view")
        world.did(3, timedelta(minutes=3))
        assert came("click") == [0, 1, 1, 0], "looks that name no answer are no clicks on it"

    def test_nobody_else_can_claim_to_have_followed_it(self, world: World) -> None:
        answer = world.shown()
        world.followed(answer, 1, timedelta(minutes=1), account=LinkedAccountFactory(platform=world.platform))
        assert came("click") == [0, 0, 0, 0]

    def test_what_was_merely_shown_is_no_click(self, world: World) -> None:
        world.followed(world.shown(), 1, timedelta(seconds=1), "impression")
        assert came("click") == [0, 0, 0, 0]

    def test_purchases_and_completions_of_what_was_clicked(self, world: World) -> None:
        answer = world.shown()
        for course in (1, 2):
            world.followed(answer, course, timedelta(minutes=1))
        for course in (1, 3):  # the fourth was not clicked
            world.did(course, timedelta(days=1), "purchase", value=9_900)
        world.did(1, timedelta(days=3), "complete", value=1)
        world.did(2, timedelta(days=3), "complete", value=0.3)
        assert came("purchase") == [0, 1, 0, 0]
        assert came("completion") == [0, 1, 0, 0], "a third is not completed"

    def test_a_list_that_is_loaded_again_is_one_list(self, world: World) -> None:
        world.shown()
        again = world.shown(at=ASKED + timedelta(minutes=3))
        world.followed(again, 2, timedelta(minutes=4))
        assert came("click") == [0, 0, 1, 0]
        world.shown(at=ASKED + timedelta(hours=1))
        assert len(read()) == 2

    @pytest.mark.parametrize("event", ["refund", "search", "impression"])
    def test_what_is_no_following(self, world: World, event: str) -> None:
        world.followed(world.shown(), 1, timedelta(minutes=1), event)
        assert came("click") == [0, 0, 0, 0]

    def test_clicks_of_another_day_came_otherwise(self, world: World) -> None:
        answer = world.shown()
        world.followed(answer, 1, timedelta(days=2))
        world.followed(answer, 2, -timedelta(hours=1))
        assert came("click") == [0, 0, 0, 0]

    def test_within_days(self, world: World) -> None:
        answer = world.shown()
        world.followed(answer, 1, timedelta(minutes=1))
        world.did(1, timedelta(days=15), "purchase", value=1)
        assert came("purchase") == [0, 0, 0, 0]

    def test_young_lists_tell_nothing_yet(self, world: World) -> None:
        world.shown(at=NOW - timedelta(days=3))
        assert is_known("click") == [True] * 4
        assert is_known("purchase") == [False] * 4
        Recommendation.objects.all().delete()
        world.shown(at=NOW - timedelta(hours=3))
        assert is_known("click") == [False] * 4

    def test_places_are_those_of_the_answer_though_courses_are_gone(self, world: World) -> None:
        world.shown()
        world.courses[1].delete()
        (shown,) = read()
        assert shown.places.tolist() == [0, 2, 3]


class TestConsent:
    def test_lists_of_those_who_agree_alone(self, world: World) -> None:
        world.shown()
        LinkedAccount.objects.filter(pk=world.account.pk).update(recommendation=False)
        assert read() == []

    def test_lists_of_nobody_are_left_out(self, world: World) -> None:
        RecommendationFactory(account=None, platform=world.platform, course_ids=[world.courses[0].pk], created_at=ASKED)
        assert read() == []

    def histories(self, world: World) -> list[int]:
        everyone, described = people.read(), catalogue.read()
        done = deeds.read(everyone, described.ids)
        return described.ids[done.history(everyone.group_of[world.account.pk], NOW.timestamp()).courses].tolist()

    def test_histories_are_joined_where_both_agree(self, world: World) -> None:
        person = PersonFactory()
        elsewhere = CourseFactory()
        other = LinkedAccountFactory(platform=elsewhere.platform, person=person, cross_platform=True)
        LinkedAccount.objects.filter(pk=world.account.pk).update(person=person, cross_platform=True)
        world.did(0, timedelta(0))
        EventFactory(account=other, course=elsewhere, timestamp=ASKED)
        assert set(self.histories(world)) == {world.courses[0].pk, elsewhere.pk}
        LinkedAccount.objects.filter(pk=other.pk).update(recommendation=False)
        assert self.histories(world) == [world.courses[0].pk]
        LinkedAccount.objects.filter(pk=other.pk).update(recommendation=None, cross_platform=False)
        assert self.histories(world) == [world.courses[0].pk]

    def test_profiles_are_looked_at_only_with_everybodys_consent(self, world: World) -> None:
        person = PersonFactory()
        other = LinkedAccountFactory(person=person, cross_platform=True)
        LinkedAccount.objects.filter(pk=world.account.pk).update(person=person, cross_platform=True)
        assert world.account.pk in people.read().subject_of
        LinkedAccount.objects.filter(pk=other.pk).update(recommendation=False)
        assert world.account.pk not in people.read().subject_of, "the profile was made of both"
        LinkedAccount.objects.filter(pk=other.pk).update(profiling=False)
        assert world.account.pk in people.read().subject_of
        LinkedAccount.objects.filter(pk=world.account.pk).update(profiling=False)
        assert world.account.pk not in people.read().subject_of


def examples() -> Examples:
    return ranking_data.load(silent).examples


class TestAsItStoodThen:
    """No number of a list changes by what happened after it was asked for."""

    def numbers_of_the_list(self, world: World) -> tuple[np.ndarray, np.ndarray]:
        found = examples()
        (row,) = np.flatnonzero(found.times == ASKED.timestamp())
        rows = slice(found.offsets[row], found.offsets[row + 1])
        return found.numbers[rows], found.asked[row]

    def test_later_events_change_nothing(self, world: World) -> None:
        world.shown()
        world.did(0, -timedelta(days=1))
        numbers, asked = self.numbers_of_the_list(world)
        for event, value in (("view", None), ("purchase", 100), ("rating", 1), ("complete", 1)):
            world.did(1, timedelta(minutes=1), event, value=value)
            world.did(1, timedelta(days=1), event, value=value, account=LinkedAccountFactory(platform=world.platform))
        after, asked_after = self.numbers_of_the_list(world)
        np.testing.assert_array_equal(numbers, after)
        np.testing.assert_array_equal(asked, asked_after)

    def test_earlier_ones_do(self, world: World) -> None:
        world.shown()
        before, asked = self.numbers_of_the_list(world)
        world.did(1, -timedelta(days=2))
        after, asked_after = self.numbers_of_the_list(world)
        met = len(COURSE_FEATURES) + PAST_FEATURES.index("met before")
        assert (before[:, met].tolist(), after[:, met].tolist()) == ([0, 0, 0, 0], [0, 1, 0, 0])
        popular = COURSE_FEATURES.index("log popularity")
        assert after[1, popular] > before[1, popular]
        new = ASKED_FEATURES.index("is new")
        assert (asked[new], asked_after[new]) == (1, 0)

    def test_the_hour_is_the_platforms_unless_it_was_noted(self, world: World) -> None:
        world.shown(at=datetime(2026, 1, 5, 22, 30, tzinfo=UTC))
        LinkedAccount.objects.all()
        everyone, described = people.read(), catalogue.read()
        done = deeds.read(everyone, described.ids)
        since = datetime(2026, 1, 1, tzinfo=UTC)
        (shown,) = lists.read(everyone, done, described.ids, since, NOW.timestamp())
        assert (shown.hour, shown.weekday, shown.device) == (6, 1, "")
        Recommendation.objects.update(context={"hour": 9, "weekday": 4, "device": "phone"})
        (shown,) = lists.read(everyone, done, described.ids, since, NOW.timestamp())
        assert (shown.hour, shown.weekday, shown.device) == (9, 4, "phone")


class TestMadeUpLists:
    def test_where_nothing_was_shown_yet_what_people_came_to_is_learned_from(self, world: World) -> None:
        world.did(0, -timedelta(days=1))
        world.did(3, timedelta(0))
        world.did(3, timedelta(hours=1), "purchase", value=9_900)
        found = ranking_data.load(silent)
        assert found.shown == 0
        (row,) = np.flatnonzero(found.examples.times == ASKED.timestamp())
        rows = slice(found.examples.offsets[row], found.examples.offsets[row + 1])
        assert (found.examples.places[rows] < 0).all(), "nobody saw them anywhere"
        assert found.examples.came[rows, 0].tolist() == [1, 0, 0], "the course that was met before is no question"
        assert found.examples.came[rows, 1].tolist() == [1, 0, 0]

    def test_what_is_free_cannot_be_bought(self, world: World) -> None:
        world.did(0, timedelta(0))
        found = examples()
        free = found.numbers[:, COURSE_FEATURES.index("is free")] == 1
        assert free.any()
        assert not found.is_known[free, HEADS.index("purchase")].any()

    def test_courses_that_were_not_there_yet_are_not_set_beside(self, world: World) -> None:
        Course.objects.filter(pk=world.courses[2].pk).update(published_at=NOW)
        world.did(3, timedelta(0))
        found = examples()
        (row,) = np.flatnonzero(found.times == ASKED.timestamp())
        assert np.diff(found.offsets)[row] == 3

    def test_without_any_event_it_says_so(self) -> None:
        with pytest.raises(EmptyDataset, match="import some first"):
            ranking_data.load(silent)

    def test_searches_and_impressions_make_no_list(self, world: World) -> None:
        world.did(3, timedelta(0), EventType.IMPRESSION)
        assert ASKED.timestamp() not in examples().times

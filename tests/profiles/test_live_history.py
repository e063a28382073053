"""What an account did last: quick from Redis, and the same without it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from accounts.models import LinkedAccount
from profiles import live_history, services
from profiles.models import Course, EventType
from tests.factories import CourseFactory, EventFactory, LinkedAccountFactory
from tests.outages import without_redis
from tests.partner import Partner, batch, event, item, new_partner

START = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def account(db: None) -> LinkedAccount:
    return LinkedAccountFactory()


def did(
    account: LinkedAccount, course: Course, minute: int, event_type: str = EventType.VIEW, value: object = None
) -> None:
    EventFactory(
        account=account,
        platform=account.platform,
        course=course,
        type=event_type,
        value=value,
        timestamp=START + timedelta(minutes=minute),
    )


class TestWhatItHolds:
    def test_each_course_once_the_oldest_first_weights_summed_at_the_latest_time(self, account: LinkedAccount) -> None:
        first, second = CourseFactory(), CourseFactory()
        did(account, first, 1)
        did(account, second, 2, EventType.LIKE)
        did(account, first, 3, EventType.PURCHASE, 9900)
        history = live_history.of([account.pk])
        assert history.course_ids == [second.pk, first.pk]
        assert history.weights == [3.0, 6.0]
        assert history.times == [(START + timedelta(minutes=minute)).timestamp() for minute in (2, 3)]

    def test_only_what_tells_of_liking(self, account: LinkedAccount) -> None:
        for minute, (name, value) in enumerate(
            [("impression", None), ("search", None), ("refund", 1), ("rating", 1), ("rating", 2)]
        ):
            did(account, CourseFactory(), minute, name, value)
        assert live_history.of([account.pk]) == live_history.NOTHING

    def test_ratings_and_completions_tell_by_their_value(self, account: LinkedAccount) -> None:
        courses = [CourseFactory() for _ in range(4)]
        told = [("rating", 3), ("rating", 5), ("complete", 0.5), ("complete", None)]
        for minute, (course, (name, value)) in enumerate(zip(courses, told, strict=True)):
            did(account, course, minute, name, value)
        assert live_history.of([account.pk]).weights == [2.0, 6.0, 3.0, 5.0]

    def test_the_latest_courses_and_no_more(self, account: LinkedAccount) -> None:
        courses = [CourseFactory(platform=account.platform) for _ in range(live_history.COURSES + 5)]
        for minute, course in enumerate(courses):
            did(account, course, minute)
        assert live_history.of([account.pk]).course_ids == [course.pk for course in courses[5:]]

    def test_several_accounts_together(self, account: LinkedAccount) -> None:
        other, first, second = LinkedAccountFactory(), CourseFactory(), CourseFactory()
        did(account, first, 1)
        did(other, second, 2)
        did(other, first, 3)
        history = live_history.of([account.pk, other.pk])
        assert (history.course_ids, history.weights) == ([second.pk, first.pk], [1.0, 2.0])

    def test_nobody_did_nothing(self) -> None:
        assert live_history.of([]) == live_history.NOTHING


@pytest.mark.django_db(transaction=True)
class TestLosingRedis:
    def test_an_emptied_redis_is_filled_from_the_database(self, redis_client: redis.Redis) -> None:
        account = LinkedAccountFactory()
        did(account, CourseFactory(), 1)
        before = live_history.of([account.pk])
        redis_client.flushdb()
        assert live_history.of([account.pk]) == before
        assert redis_client.exists(live_history.cache.key(account.pk))

    def test_a_redis_that_comes_back_with_something_old_was_told_first(self, redis_client: redis.Redis) -> None:
        account, course = LinkedAccountFactory(), CourseFactory()
        live_history.of([account.pk])
        services.record(account, EventType.VIEW, course)
        assert live_history.of([account.pk]).course_ids == [course.pk]

    def test_without_redis_everything_is_answered_from_the_database(self, tmp_path: Path) -> None:
        partner: Partner = new_partner()
        with without_redis(tmp_path):
            assert partner.post("/items", batch(item("c1"), item("c2"))).json()["accepted"] == 2
            assert partner.post("/events", batch(event(item_id="c1"))).json()["accepted"] == 1
            assert partner.recommended_ids("u1") == ["c2"]
            assert partner.put("/users/u1/consents", {"recommendation": False}).status_code == 200
            assert set(partner.recommended_ids("u1")) == {"c1", "c2"}
            assert partner.get("/items/c1/similar").status_code == 200
            partner.put("/items/c2", {"title": "课程", "available": False})
            assert partner.recommended_ids("u1") == ["c1"]

    def test_without_redis_pages_are_shown(self, tmp_path: Path, client: object) -> None:
        partner = new_partner()
        partner.put("/items/c1", {"title": "课程一", "category": "编程开发"})
        with without_redis(tmp_path):
            for page in ("/", "/courses/", f"/courses/{Course.objects.get().pk}/", "/accounts/login/"):
                assert client.get(page).status_code == 200, page  # type: ignore[attr-defined]

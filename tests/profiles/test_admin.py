"""The desk of what we know: courses mended, events looked up, rejected events replayed, a person's line of time."""

import json
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from profiles import replaying
from profiles.models import Course, Event, EventType, RejectedEvent
from profiles.models.rejected_event import FORGED
from tests.factories import (
    CommentFactory,
    CourseFactory,
    EventFactory,
    LinkedAccountFactory,
    RatingFactory,
    RejectedEventFactory,
)

pytestmark = pytest.mark.django_db

GOOD = {"message_id": "m-1", "type": "view", "user_id": "u1", "item_id": "c1", "timestamp": "2026-02-01T10:00:00+08:00"}
ASKED_AND_ANSWERED = {"_form_submitted": "on"}


def admin_url(name: str, *args: Any) -> str:
    return reverse(f"admin:profiles_{name}", args=args)


def words_of(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def mended(**fields: Any) -> RejectedEvent:
    """An event that was refused once and would be accepted now."""
    return RejectedEventFactory(payload=json.dumps(GOOD | fields))


class TestRejectedEvents:
    """Nothing is dropped: it waits, can be mended, and goes through once the cause is gone."""

    def test_replaying_the_selected_tells_what_became_of_them(self, admin_client: Client) -> None:
        good, bad = mended(), RejectedEventFactory()
        again = RejectedEventFactory(payload=good.payload, platform=good.platform)
        form = {"action": "replay_selected", ACTION_CHECKBOX_NAME: [good.pk, again.pk, bad.pk]}
        response = admin_client.post(admin_url("rejectedevent_changelist"), form, headers={"Accept-Language": "en"})
        assert Event.objects.get().message_id == "m-1"
        assert RejectedEvent.objects.waiting().get() == bad
        assert words_of(response) == "Replayed: 1 accepted, 1 were known already, 1 are still wrong."

    def test_replaying_all_asks_first(self, admin_client: Client) -> None:
        mended()
        admin_client.get(admin_url("rejectedevent_replay_all"))
        assert not Event.objects.exists()
        admin_client.post(admin_url("rejectedevent_replay_all"), ASKED_AND_ANSWERED)
        assert Event.objects.count() == 1
        assert not RejectedEvent.objects.waiting().exists()

    def test_events_in_another_persons_name_are_never_replayed(self, admin_client: Client) -> None:
        forged = RejectedEventFactory(payload=json.dumps(GOOD), code=FORGED)
        admin_client.post(admin_url("rejectedevent_replay_all"), ASKED_AND_ANSWERED)
        form = {"action": "replay_selected", ACTION_CHECKBOX_NAME: [forged.pk]}
        admin_client.post(admin_url("rejectedevent_changelist"), form)
        form = {"payload": json.dumps(GOOD), "profiles_rejectedevent_save_and_replay": "1"}
        admin_client.post(admin_url("rejectedevent_change", forged.pk), form)
        assert RejectedEvent.objects.waiting().get() == forged
        assert not Event.objects.exists()

    def test_many_are_replayed_by_a_job(self, admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(replaying, "AT_ONCE", 2)
        for number in range(5):
            mended(message_id=f"m-{number}")
        bad = RejectedEventFactory()
        response = admin_client.post(admin_url("rejectedevent_replay_all"), ASKED_AND_ANSWERED)
        job = Job.objects.get()
        assert response.url == reverse("admin:foundation_job_change", args=[job.pk])
        done = jobs.run(job.pk)
        assert done.state == JobState.SUCCEEDED
        assert done.result == {"accepted": 5, "duplicates": 0, "still_rejected": 1}
        assert RejectedEvent.objects.waiting().get() == bad

    def test_an_event_is_mended_and_replayed_in_one_step(self, admin_client: Client) -> None:
        bad = RejectedEventFactory()
        form = {"payload": json.dumps(GOOD), "profiles_rejectedevent_save_and_replay": "1"}
        admin_client.post(admin_url("rejectedevent_change", bad.pk), form)
        bad.refresh_from_db()
        assert bad.replayed_at
        assert Event.objects.get().message_id == "m-1"

    def test_saving_alone_replays_nothing(self, admin_client: Client) -> None:
        bad = RejectedEventFactory()
        admin_client.post(admin_url("rejectedevent_change", bad.pk), {"payload": json.dumps(GOOD), "_save": "1"})
        bad.refresh_from_db()
        assert json.loads(bad.payload) == GOOD
        assert bad.replayed_at is None

    def test_a_replayed_one_is_not_changed_any_more(self, admin_client: Client) -> None:
        good = mended()
        admin_client.post(admin_url("rejectedevent_replay_all"), ASKED_AND_ANSWERED)
        response = admin_client.post(admin_url("rejectedevent_change", good.pk), {"payload": "{}", "_save": "1"})
        assert response.status_code == 403

    def test_a_payload_that_is_no_json_is_shown_as_it_is(self, admin_client: Client) -> None:
        broken = RejectedEventFactory(payload='{"a": <script>', code="malformed_json")
        page = admin_client.get(admin_url("rejectedevent_change", broken.pk)).content.decode()
        assert "{&quot;a&quot;: &lt;script&gt;" in page


class TestEvents:
    """A list that stays quick, searched by whole ids."""

    def found(self, client: Client, **query: str) -> set[Event]:
        return set(client.get(admin_url("event_changelist"), query).context["cl"].result_list)

    def test_nothing_counts_all_events(self, admin_client: Client, django_assert_max_num_queries: Any) -> None:
        EventFactory.create_batch(3)
        with django_assert_max_num_queries(25) as queries:
            admin_client.get(admin_url("event_changelist"))
        counting = [query["sql"] for query in queries.captured_queries if "COUNT" in query["sql"]]
        assert not [sql for sql in counting if "profiles_event" in sql]

    def test_events_are_found_by_message_and_by_user(self, admin_client: Client) -> None:
        event = EventFactory()
        EventFactory()
        assert self.found(admin_client, q=event.message_id) == {event}
        assert self.found(admin_client, q=event.account.external_id) == {event}
        assert self.found(admin_client, q=event.account.external_id[:-1]) == set()

    def test_events_are_filtered_by_type_and_day(self, admin_client: Client) -> None:
        rating = RatingFactory(timestamp="2026-03-02T16:30:00Z")
        view = EventFactory(timestamp="2026-03-02T15:30:00Z")
        assert self.found(admin_client, type__exact=EventType.RATING) == {rating}
        # 16:30 in London is half past midnight of the next day at the desk, which stands in Shanghai.
        assert self.found(admin_client, timestamp_from="2026-03-03") == {rating}
        assert self.found(admin_client, timestamp_to="2026-03-02") == {view}

    def test_nobody_changes_or_deletes_events(self, admin_client: Client) -> None:
        event = EventFactory()
        assert admin_client.post(admin_url("event_change", event.pk), {"type": "like"}).status_code == 403
        assert admin_client.post(admin_url("event_delete", event.pk), {"post": "yes"}).status_code == 403
        assert admin_client.get(admin_url("event_add")).status_code == 403


class TestTimeline:
    """What a person did on all accounts, the latest first."""

    def test_it_joins_the_accounts_of_one_person(self, admin_client: Client) -> None:
        comment = CommentFactory()
        other = LinkedAccountFactory(person=comment.account.person)
        rating = RatingFactory(account=other, platform=other.platform)
        stranger = EventFactory()
        response = admin_client.get(admin_url("event_timeline", comment.account.person_id))
        assert response.context["events"] == [rating, comment]
        page = response.content.decode()
        assert "讲得很清楚" in page
        assert "★ 4" in page
        assert str(stranger.course) not in page

    def test_it_is_filtered_and_paged(self, admin_client: Client) -> None:
        account = LinkedAccountFactory()
        EventFactory.create_batch(31, account=account, platform=account.platform)
        rating = RatingFactory(account=account, platform=account.platform)
        address = admin_url("event_timeline", account.person_id)
        assert admin_client.get(address, {"type": "rating"}).context["events"] == [rating]
        first, second = (admin_client.get(address, {"page": page}).context for page in (1, 2))
        assert (len(first["events"]), first["later"], first["earlier"]) == (30, None, 2)
        assert (len(second["events"]), second["later"], second["earlier"]) == (2, 1, None)
        for page in ("0", "-1", "x", "9" * 30, "²"):
            assert admin_client.get(address, {"page": page}).status_code == 200

    def test_it_takes_few_queries(self, admin_client: Client, django_assert_max_num_queries: Any) -> None:
        account = LinkedAccountFactory()
        EventFactory.create_batch(10, account=account, platform=account.platform)
        with django_assert_max_num_queries(6):
            admin_client.get(admin_url("event_timeline", account.person_id))


class TestCourses:
    """Courses are mended under the same rules as over the API."""

    def form(self, course: Course, **changes: Any) -> dict[str, Any]:
        kept = ("title", "kind", "category", "teacher", "text", "price", "currency", "url", "cover_url")
        return {name: getattr(course, name) for name in kept} | {"tags": ["入门", "数学"], "available": "on"} | changes

    def test_changed_tags_are_found_by_searches(self, admin_client: Client) -> None:
        course = CourseFactory()
        admin_client.post(admin_url("course_change", course.pk), self.form(course, title="微积分"))
        course.refresh_from_db()
        assert course.title == "微积分"
        assert list(Course.objects.matching("数学")) == [course]

    def test_unsafe_addresses_and_odd_currencies_are_refused(self, admin_client: Client) -> None:
        course = CourseFactory()
        form = self.form(course, url="javascript:alert(1)", cover_url="data:x", currency="¥¥¥")
        response = admin_client.post(admin_url("course_change", course.pk), form)
        assert {"url", "cover_url", "currency"} == set(response.context["adminform"].form.errors)

    def test_courses_are_found_as_visitors_find_them_and_by_item_id(self, admin_client: Client) -> None:
        course, _other = CourseFactory(text="讲光的波粒二象性"), CourseFactory()
        for words in ("波粒", course.item_id):
            found = admin_client.get(admin_url("course_changelist"), {"q": words}).context["cl"].result_list
            assert list(found) == [course]

    def test_several_are_hidden_at_once(self, admin_client: Client) -> None:
        courses = CourseFactory.create_batch(3)
        form = {"action": "hide", ACTION_CHECKBOX_NAME: [course.pk for course in courses]}
        admin_client.post(admin_url("course_changelist"), form)
        assert not Course.objects.filter(available=True).exists()

    def test_courses_are_not_deleted_for_their_events_would_go_with_them(self, admin_client: Client) -> None:
        course = EventFactory().course
        assert admin_client.post(admin_url("course_delete", course.pk), {"post": "yes"}).status_code == 403

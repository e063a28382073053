"""`POST /events`: good events are kept though others are bad, each message counts once, forever."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps

from accounts.models import LinkedAccount, Person
from profiles.models import Course, Event, EventType, RejectedEvent
from tests.partner import Partner, batch, event, gzipped, new_partner, problem

pytestmark = pytest.mark.django_db

MEBIBYTE = 1024 * 1024


@pytest.fixture
def partner() -> Partner:
    return new_partner()


def send(partner: Partner, *entries: Any) -> dict[str, Any]:
    response = partner.post("/events", batch(*entries))
    assert response.status_code == 202, response.content
    answer = response.json()
    assert answer.keys() == {"accepted", "duplicates", "rejected"}
    return answer


def rows() -> dict[str, int]:
    """How many rows each table of ours has."""
    labels = ("accounts", "profiles", "recommend", "foundation")
    return {
        model.__name__: model.objects.count() for label in labels for model in apps.get_app_config(label).get_models()
    }


def refusal(partner: Partner, entry: Any) -> str:
    """The code with which one event is refused."""
    answer = send(partner, entry)
    assert answer["accepted"] == answer["duplicates"] == 0
    (rejected,) = answer["rejected"]
    assert rejected["detail"]
    return rejected["code"]


class TestWhatIsKept:
    def test_an_event_with_everything(self, partner: Partner) -> None:
        sent = event(
            message_id="m1",
            type="purchase",
            value=9900,
            timestamp="2026-02-01T10:00:00+08:00",
            context={"device": "phone", "recommendation_id": "r", "deep": {"list": [1, 2.5, None, "小鹿🦌"]}},
        )
        assert send(partner, sent) == {"accepted": 1, "duplicates": 0, "rejected": []}
        kept = Event.objects.get()
        assert (kept.platform, kept.message_id, kept.type, kept.value) == (partner.platform, "m1", "purchase", 9900)
        assert kept.timestamp == datetime(2026, 2, 1, 2, tzinfo=UTC)
        assert kept.context == sent["context"]
        assert (kept.account.external_id, kept.course.item_id) == ("u1", "c1")
        assert kept.received_at <= datetime.now(UTC)

    def test_an_event_with_the_least(self, partner: Partner) -> None:
        send(partner, event(type="search", item_id=None))
        kept = Event.objects.get()
        assert (kept.course, kept.value, kept.context) == (None, None, None)

    @pytest.mark.parametrize("name", EventType.values)
    def test_every_type_is_taken(self, partner: Partner, name: str) -> None:
        assert send(partner, event(type=name, value=4 if name == "rating" else None))["accepted"] == 1

    def test_fields_that_we_do_not_know_are_no_fault(self, partner: Partner) -> None:
        assert send(partner, {**event(), "session": "s1"})["accepted"] == 1

    def test_users_and_items_not_heard_of_before_are_made(self, partner: Partner) -> None:
        send(partner, event(user_id="小鹿", item_id="课程/1"), event(user_id="小鹿", item_id="课程/2"))
        assert LinkedAccount.objects.get().external_id == "小鹿"
        assert Person.objects.count() == 1
        assert set(Course.objects.listed()) == set(), "nothing is shown that was not described"
        assert {course.item_id for course in Course.objects.all()} == {"课程/1", "课程/2"}

    def test_ids_of_other_platforms_are_other_ids(self, partner: Partner) -> None:
        other = new_partner("other")
        assert send(partner, event(message_id="m1"))["accepted"] == 1
        assert send(other, event(message_id="m1"))["accepted"] == 1
        assert LinkedAccount.objects.count() == Course.objects.count() == 2

    def test_a_compressed_batch(self, partner: Partner) -> None:
        body = gzipped(batch(event()))
        response = partner.post("/events", body, headers={"Content-Encoding": "gzip"})
        assert response.json()["accepted"] == 1

    def test_an_empty_batch(self, partner: Partner) -> None:
        assert send(partner) == {"accepted": 0, "duplicates": 0, "rejected": []}


class TestEachMessageOnce:
    def test_within_a_batch_the_first_counts(self, partner: Partner) -> None:
        answer = send(partner, event(message_id="m", item_id="c1"), event(message_id="m", item_id="c2"), event())
        assert answer == {"accepted": 2, "duplicates": 1, "rejected": []}
        assert Event.objects.get(message_id="m").course.item_id == "c1"
        assert not Course.objects.filter(item_id="c2").exists()

    def test_across_batches_forever(self, partner: Partner) -> None:
        first = event(message_id="m", timestamp="2020-01-01T00:00:00Z")
        send(partner, first)
        assert send(partner, first, event(message_id="m", type="like")) == {
            "accepted": 0,
            "duplicates": 2,
            "rejected": [],
        }
        assert Event.objects.get().type == "view"

    def test_a_refused_message_may_be_sent_again_once_it_is_right(self, partner: Partner) -> None:
        assert refusal(partner, event(message_id="m", type="vieuw"))
        assert send(partner, event(message_id="m"))["accepted"] == 1


class TestWhatIsRefused:
    def test_good_events_are_kept_though_others_are_bad(self, partner: Partner) -> None:
        answer = send(partner, event(), event(message_id="bad", type="vieuw"), event(), 7)
        assert answer["accepted"] == 2
        told = [(each["index"], each["message_id"], each["code"]) for each in answer["rejected"]]
        assert told == [(1, "bad", "invalid_field"), (3, None, "invalid_field")]
        assert "/type" in answer["rejected"][0]["detail"]
        assert Event.objects.count() == RejectedEvent.objects.count() == 2

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"message_id": None}, "required_field"),
            ({"type": None}, "required_field"),
            ({"user_id": None}, "required_field"),
            ({"timestamp": None}, "required_field"),
            ({"message_id": ""}, "invalid_field"),
            ({"message_id": "x" * 201}, "invalid_field"),
            ({"message_id": 7}, "invalid_field"),
            ({"user_id": ""}, "invalid_field"),
            ({"user_id": "x" * 201}, "invalid_field"),
            ({"item_id": "x" * 201}, "invalid_field"),
            ({"item_id": ""}, "invalid_field"),
            ({"type": "View"}, "invalid_field"),
            ({"type": "\0"}, "invalid_character"),
            ({"value": "5"}, "invalid_field"),
            ({"context": []}, "invalid_field"),
            ({"context": "x"}, "invalid_field"),
            ({"context": {"a": "x\0y"}}, "invalid_character"),
            ({"timestamp": "yesterday"}, "invalid_field"),
            ({"timestamp": "2026-02-01T10:00:00"}, "invalid_field"),
            ({"timestamp": 1770000000}, "invalid_field"),
            ({"timestamp": "2026-02-30T10:00:00Z"}, "invalid_field"),
            ({"timestamp": "9999-12-31T23:59:59-23:59"}, "timestamp_in_future"),
            ({"timestamp": "0001-01-01T00:00:00+23:59"}, "timestamp_too_old"),
            ({"timestamp": "1970-01-01T00:00:00Z"}, "timestamp_too_old"),
            ({"type": "rating"}, "incomplete_rating"),
            ({"type": "rating", "value": 4, "item_id": None}, "incomplete_rating"),
            ({"type": "rating", "value": 0.9}, "value_out_of_range"),
            ({"type": "rating", "value": 5.1}, "value_out_of_range"),
            ({"type": "complete", "value": 1.01}, "value_out_of_range"),
            ({"type": "complete", "value": -0.1}, "value_out_of_range"),
            ({"type": "purchase", "value": -1}, "invalid_amount"),
            ({"type": "purchase", "value": 99.5}, "invalid_amount"),
            ({"type": "refund", "value": 1e12}, "invalid_amount"),
            ({"type": "view", "value": 1e12}, "value_out_of_range"),
        ],
    )
    def test_each_fault_has_its_code(self, partner: Partner, fields: dict[str, Any], code: str) -> None:
        assert refusal(partner, event(**fields)) == code
        assert not (Event.objects.exists() or LinkedAccount.objects.exists() or Course.objects.exists())  # noqa: PT018

    @pytest.mark.parametrize(
        ("entry", "code"),
        [
            (b"5", "invalid_field"),
            (b"null", "invalid_field"),
            (b"[]", "invalid_field"),
            (b'{"message_id": "\\ud800"}', "malformed_json"),
            (b'{"value": %s}' % (b"9" * 10_000), "invalid_field"),
            (b'{"context": {"a": %s}}' % (b"9" * 10_000), "invalid_field"),
            (b'{"value": 1e999}', "invalid_field"),
            (b'{"context": {"a": %s}}' % (b"[" * 500 + b"]" * 500), "too_deep"),
            (b'{"type": "\xff"}', "malformed_json"),
        ],
    )
    def test_what_no_sender_means_is_refused_alone(self, partner: Partner, entry: bytes, code: str) -> None:
        body = b'{"batch": [%s, %s]}' % (entry, json.dumps(event()).encode())
        answer = partner.post("/events", body).json()
        assert [each["code"] for each in answer["rejected"]] == [code]
        assert answer["accepted"] == 1

    def test_values_at_the_edge_are_taken(self, partner: Partner) -> None:
        edges = [("rating", 1), ("rating", 5), ("complete", 0), ("complete", 1), ("purchase", 0), ("purchase", 10**11)]
        edges += [("view", -(10**11)), ("view", 10**11)]
        assert send(partner, *(event(type=name, value=value) for name, value in edges))["accepted"] == len(edges)
        assert set(Event.objects.of_type("view").values_list("value", flat=True)) == {
            Decimal(10**11),
            Decimal(-(10**11)),
        }

    def test_clocks_may_be_a_day_ahead(self, partner: Partner) -> None:
        now = datetime.now(UTC)
        assert send(partner, event(timestamp=(now + timedelta(hours=23)).isoformat()))["accepted"] == 1
        assert refusal(partner, event(timestamp=(now + timedelta(hours=25)).isoformat())) == "timestamp_in_future"

    def test_a_time_of_any_offset_is_the_same_moment(self, partner: Partner) -> None:
        send(partner, event(timestamp="2026-02-01T23:59:00+23:59"), event(timestamp="2026-01-31T00:01:00-23:59"))
        assert set(Event.objects.values_list("timestamp", flat=True)) == {datetime(2026, 2, 1, tzinfo=UTC)}

    def test_ids_of_200_characters_of_any_kind_are_taken(self, partner: Partner) -> None:
        name = "课🦌" * 100
        assert send(partner, event(message_id=name, user_id=name, item_id=name))["accepted"] == 1
        assert Event.objects.get().account.external_id == name


class TestLimits:
    def test_2000_events_and_no_more(self, partner: Partner) -> None:
        small = [event(message_id=f"m{n}") for n in range(2_000)]
        assert send(partner, *small)["accepted"] == 2_000
        problem(partner.post("/events", batch(*small, event())), 413, "too_many_entries")

    def test_1_mib_decoded_and_no_more(self, partner: Partner) -> None:
        filled = json.dumps(batch(event())).encode()
        body = filled + b" " * (MEBIBYTE - len(filled))
        assert partner.post("/events", body).json()["accepted"] == 1
        problem(partner.post("/events", body + b" "), 413, "too_large")
        compressed = {"Content-Encoding": "gzip"}
        assert partner.post("/events", gzipped(body), headers=compressed).json()["duplicates"] == 1
        problem(partner.post("/events", gzipped(body + b" "), headers=compressed), 413, "too_large")

    def test_32_kib_each_and_no_more(self, partner: Partner) -> None:
        def of_size(size: int) -> bytes:
            bare = json.dumps(event(context={"text": ""})).encode()
            return bare.replace(b'"text": ""', b'"text": "%s"' % (b"x" * (size - len(bare))))

        fits, too_large = of_size(32 * 1024), of_size(32 * 1024 + 1)
        answer = partner.post("/events", b'{"batch": [%s, %s]}' % (fits, too_large)).json()
        assert answer["accepted"] == 1
        assert [(each["index"], each["code"]) for each in answer["rejected"]] == [(1, "too_large")]


class TestBrowsers:
    def test_a_browser_sends_for_the_person_of_its_token(self, partner: Partner) -> None:
        response = partner.browse("POST", "/events", batch(event(user_id="u1"), event(user_id="u2")), user_id="u1")
        assert response.status_code == 202
        answer = response.json()
        assert answer["accepted"] == 1
        assert [(each["index"], each["code"]) for each in answer["rejected"]] == [(1, "not_this_user")]
        assert not LinkedAccount.objects.filter(external_id="u2").exists()


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b'{"batch": [', {}, 400, "malformed_json"),
        (b"", {}, 400, "malformed_json"),
        (b'{"batch": [{}], "batch"}', {}, 400, "malformed_json"),
        (b'{"batch": {}}', {}, 422, "invalid_field"),
        (b"{}", {}, 422, "invalid_field"),
        (b"[]", {}, 422, "invalid_field"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (b"{}", {"Content-Encoding": "br"}, 415, "unsupported_encoding"),
        (b"{}", {"Content-Encoding": "gzip"}, 400, "malformed_gzip"),
        (gzipped(b" " * 50_000_000), {"Content-Encoding": "gzip"}, 413, "too_large"),
        (b'{"batch": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", {}, 400, "malformed_json"),
    ],
)
def test_a_request_that_is_refused_whole_leaves_no_trace(
    partner: Partner, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    before = rows()
    problem(partner.post("/events", body, headers=headers), status, code)
    assert rows() == before

"""Events in a platform's own shape are taken by the mapping that it declared, or kept as they came."""

import json
from typing import Any

import pytest
from django.test import TestCase

from profiles import services
from profiles.ingest.mapping import EXAMPLES
from profiles.models import Event, PlatformMapping, RejectedEvent
from profiles.services import ReplayResult
from tests.partner import Partner, batch, gzipped, new_partner, problem

pytestmark = pytest.mark.django_db

SHOP = EXAMPLES["course_site"]


@pytest.fixture
def partner() -> Partner:
    """A platform that declared the mapping of a course site."""
    partner = new_partner()
    PlatformMapping.objects.create(platform=partner.platform, document=SHOP.document)
    return partner


def theirs(**fields: Any) -> dict[str, Any]:
    """A payment as the course site tells of it."""
    return json.loads(SHOP.event) | fields


def send(partner: Partner, *entries: Any) -> dict[str, Any]:
    response = partner.post("/events/raw", batch(*entries))
    assert response.status_code == 202, response.content
    return response.json()


def test_they_become_events_of_ours(partner: Partner) -> None:
    assert send(partner, theirs()) == {"accepted": 1, "duplicates": 0, "rejected": []}
    kept = Event.objects.select_related("account", "course").get()
    assert (kept.type, kept.value, kept.message_id) == ("purchase", 9990, "XH-20260301-000017")
    assert (kept.account.external_id, kept.course and kept.course.item_id) == ("100231", "PY-101")
    assert kept.timestamp.isoformat() == "2026-03-01T12:15:00+00:00"


def test_each_counts_once_forever(partner: Partner) -> None:
    send(partner, theirs())
    assert send(partner, theirs(), theirs()) == {"accepted": 0, "duplicates": 2, "rejected": []}


def test_one_without_a_message_id_counts_once_too() -> None:
    partner, app = new_partner(), EXAMPLES["audio_app"]
    PlatformMapping.objects.create(platform=partner.platform, document=app.document)
    heard = json.loads(app.event)
    assert send(partner, heard, heard, heard | {"ts": heard["ts"] + 1})["accepted"] == 2
    assert send(partner, heard)["duplicates"] == 1


def test_they_count_in_the_very_next_answer(partner: Partner) -> None:
    partner.post("/items", batch({"item_id": "PY-101", "title": "Python"}, {"item_id": "other", "title": "Other"}))
    assert "PY-101" in partner.recommended_ids("100231")
    send(partner, theirs())
    assert "PY-101" not in partner.recommended_ids("100231")


def test_a_bad_one_spoils_no_other_and_is_told_by_its_path(partner: Partner) -> None:
    told = send(partner, theirs(action="sneeze"), theirs(), "no object", theirs(log_id="b", action="score"))
    assert told["accepted"] == 1
    assert [(each["index"], each["code"]) for each in told["rejected"]] == [
        (0, "unmappable"),
        (2, "unmappable"),
        (3, "incomplete_rating"),
    ]
    assert told["rejected"][0]["detail"].startswith("/type: 'sneeze' is none of the values")
    assert told["rejected"][2]["message_id"] == "b"


def test_it_is_kept_as_it_came(partner: Partner) -> None:
    partner.post("/events/raw", b'{"batch": [{"action":  "sneeze"}]}')
    kept = RejectedEvent.objects.get()
    assert (kept.payload, kept.is_raw, kept.code) == ('{"action":  "sneeze"}', True, "unmappable")


def test_it_goes_through_the_mapping_when_it_is_replayed(partner: Partner) -> None:
    send(partner, theirs(action="sneeze"))
    waiting = RejectedEvent.objects.all()
    assert services.replay(waiting) == ReplayResult(accepted=0, duplicates=0, still_rejected=1)
    mended = SHOP.document.replace('"forward": "share"', '"forward": "share", "sneeze": "like"')
    PlatformMapping.objects.update(document=mended)
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert services.replay(waiting) == ReplayResult(accepted=1, duplicates=0, still_rejected=0)
    assert Event.objects.get().type == "like"


def test_without_a_mapping_it_waits_on_with_that_reason(partner: Partner) -> None:
    send(partner, theirs(action="sneeze"))
    PlatformMapping.objects.all().delete()
    services.replay(RejectedEvent.objects.all())
    assert RejectedEvent.objects.get().code == "no_mapping"


def test_a_platform_without_a_mapping_is_told_so() -> None:
    told = problem(new_partner().post("/events/raw", batch({})), 422, "no_mapping")
    assert "has not declared a mapping" in told["detail"]
    assert not RejectedEvent.objects.exists()


def test_a_mapping_of_items_alone_does_not_do(partner: Partner) -> None:
    PlatformMapping.objects.update(document='{"format": 1, "item": {"item_id": "a", "title": "b"}}')
    assert "declares no event" in problem(partner.post("/events/raw", batch({})), 422, "no_mapping")["detail"]


def test_local_times_are_those_of_the_platform_unless_the_mapping_says_more(partner: Partner) -> None:
    PlatformMapping.objects.update(document=SHOP.document.replace('"timezone": "Asia/Shanghai",', ""))
    partner.platform.timezone = "Asia/Tokyo"
    partner.platform.save()
    send(partner, theirs())
    assert Event.objects.get().timestamp.isoformat() == "2026-03-01T11:15:00+00:00"


class TestLimits:
    def test_they_are_those_of_events(self, partner: Partner) -> None:
        problem(partner.post("/events/raw", batch(*[{}] * 2_001)), 413, "too_many_entries")
        problem(partner.post("/events/raw", b'{"batch": ["%s"]}' % (b"x" * 2**20)), 413, "too_large")
        assert send(partner, {"a": "x" * 33_000})["rejected"][0]["code"] == "too_large"

    def test_a_body_may_be_compressed(self, partner: Partner) -> None:
        response = partner.post("/events/raw", gzipped(batch(theirs())), headers={"Content-Encoding": "gzip"})
        assert response.json()["accepted"] == 1

    @pytest.mark.parametrize(
        "entry",
        [
            b"5",
            b"null",
            b'"\\u0000"',
            b'{"log_id": "\\ud800"}',
            b"[" * 40 + b"]" * 40,
            b'{"student": {"no": %s}}' % (b"9" * 9_000),
            b'{"action": "pay", "log_id": 1.5}',
        ],
    )
    def test_whatever_comes_is_told(self, partner: Partner, entry: bytes) -> None:
        response = partner.post("/events/raw", b'{"batch": [%s]}' % entry)
        assert response.status_code == 202
        assert len(response.json()["rejected"]) == RejectedEvent.objects.count() == 1

    @pytest.mark.parametrize("expression", ["&log_id", "[&log_id]", "to_number(log_id)", "[to_number(log_id)]"])
    def test_a_result_that_json_cannot_hold_is_told_and_any_other_is_taken(
        self, partner: Partner, expression: str
    ) -> None:
        mapping = json.loads(SHOP.document)
        mapping["event"]["context"] = {"x": expression}
        PlatformMapping.objects.update(document=json.dumps(mapping))
        assert len(send(partner, theirs(log_id="9" * 40))["rejected"]) == expression.count("&")

    def test_only_servers_may(self, partner: Partner) -> None:
        problem(partner.browse("POST", "/events/raw", batch(), user_id="u1"), 403, "secret_key_required")

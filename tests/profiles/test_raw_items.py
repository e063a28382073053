"""Items in a platform's own shape are described by the mapping that it declared."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from profiles.ingest.mapping import EXAMPLES
from profiles.models import Course, PlatformMapping
from tests.partner import Partner, batch, gzipped, new_partner, problem

pytestmark = pytest.mark.django_db

SHOP, APP = EXAMPLES["course_site"], EXAMPLES["audio_app"]


def speaking(document: str) -> Partner:
    """A platform that declared this mapping."""
    partner = new_partner()
    PlatformMapping.objects.create(platform=partner.platform, document=document)
    return partner


@pytest.fixture
def partner() -> Partner:
    """A platform that declared the mapping of a course site."""
    return speaking(SHOP.document)


def theirs(**fields: Any) -> dict[str, Any]:
    """A course as the course site describes it."""
    return json.loads(SHOP.item) | fields


def send(partner: Partner, *entries: Any) -> dict[str, Any]:
    response = partner.post("/items/raw", batch(*entries))
    assert response.status_code == 202, response.content
    return response.json()


def test_they_become_items_of_ours(partner: Partner) -> None:
    assert send(partner, theirs()) == {"accepted": 1, "duplicates": 0, "rejected": []}
    course = Course.objects.get()
    assert (course.item_id, course.title, course.category) == ("PY-101", "Python 入门", "编程开发")
    assert (course.price, course.currency, course.tags, course.teacher) == (9990, "CNY", ["python"], "陈梅")
    assert course.published_at == datetime(2026, 2, 1, 1, tzinfo=UTC)


def test_those_of_another_shape_become_items_of_ours_by_another_mapping() -> None:
    assert send(speaking(APP.document), json.loads(APP.item))["accepted"] == 1
    assert (Course.objects.get().kind, Course.objects.get().currency) == ("audio", "USD")


def test_the_last_description_counts(partner: Partner) -> None:
    assert send(partner, theirs(name="first"), theirs(name="second")) == {
        "accepted": 1,
        "duplicates": 1,
        "rejected": [],
    }
    assert Course.objects.get().title == "second"
    send(partner, theirs(name="third", price_yuan=None))
    assert (Course.objects.get().title, Course.objects.get().price) == ("third", None)


def test_what_is_described_is_recommended_at_once(partner: Partner) -> None:
    assert partner.recommended_ids() == []
    send(partner, theirs())
    assert partner.recommended_ids() == ["PY-101"]


def test_a_bad_one_spoils_no_other_and_is_told_by_its_path(partner: Partner) -> None:
    told = send(partner, theirs(price_yuan="9.999"), theirs(), [], theirs(code="b", link="javascript:alert(1)"))
    assert told["accepted"] == 1
    assert [(each["index"], each["code"]) for each in told["rejected"]] == [
        (0, "unmappable"),
        (2, "unmappable"),
        (3, "invalid_url"),
    ]
    assert told["rejected"][0]["detail"].startswith("/price: '9.999' yuan are no whole number of fen")


def test_events_that_came_before_are_about_them(partner: Partner) -> None:
    partner.post("/events/raw", batch(json.loads(SHOP.event)))
    send(partner, theirs())
    assert Course.objects.get().events.count() == 1


def test_without_a_mapping_of_items_the_platform_is_told_so(partner: Partner) -> None:
    told = problem(new_partner("other").post("/items/raw", batch({})), 422, "no_mapping")
    assert "has not declared a mapping" in told["detail"]
    PlatformMapping.objects.update(document='{"format": 1, "event": {"type": "a", "user_id": "b", "timestamp": "c"}}')
    assert "declares no item" in problem(partner.post("/items/raw", batch({})), 422, "no_mapping")["detail"]


def test_the_limits_are_those_of_items(partner: Partner) -> None:
    problem(partner.post("/items/raw", batch(*[{}] * 2_001)), 413, "too_many_entries")
    assert send(partner, {"a": "x" * 33_000})["rejected"][0]["code"] == "too_large"
    compressed = partner.post("/items/raw", gzipped(batch(theirs())), headers={"Content-Encoding": "gzip"})
    assert compressed.json()["accepted"] == 1


def test_only_servers_may(partner: Partner) -> None:
    problem(partner.browse("POST", "/items/raw", batch(), user_id="u1"), 403, "secret_key_required")


def test_an_item_may_still_have_the_id_raw(partner: Partner) -> None:
    response = partner.put("/items/raw", {"title": "Raw vision"})
    assert (response.status_code, response.json()) == (201, {"item_id": "raw", "created": True})
    assert partner.get("/items/raw/similar").status_code == 200

"""`PUT /items/{item_id}` and `POST /items`: each description replaces the one before."""

from datetime import UTC, datetime
from typing import Any

import pytest

from profiles.models import Course
from tests.partner import Partner, batch, event, item, new_partner, problem

pytestmark = pytest.mark.django_db

WHOLE = {
    "title": "深入理解计算机系统",
    "kind": "video",
    "category": "编程开发",
    "tags": ["系统", "C"],
    "price": 9900,
    "currency": "USD",
    "url": "https://shop.example/c1",
    "cover_url": "/covers/c1.png",
    "teacher": "林一",
    "difficulty": "hard",
    "language": "zh",
    "text": "从程序员的角度",
    "published_at": "2026-02-01T10:00:00+08:00",
    "available": True,
}


@pytest.fixture
def partner() -> Partner:
    return new_partner()


def course(item_id: str = "c1") -> Course:
    return Course.objects.get(item_id=item_id)


class TestOneItem:
    def test_a_new_one_is_a_201_and_a_known_one_a_200(self, partner: Partner) -> None:
        first, second = (partner.put("/items/c1", WHOLE) for _ in range(2))
        assert (first.status_code, first.json()) == (201, {"item_id": "c1", "created": True})
        assert (second.status_code, second.json()) == (200, {"item_id": "c1", "created": False})

    def test_everything_told_is_kept(self, partner: Partner) -> None:
        partner.put("/items/c1", WHOLE)
        kept = course()
        assert {name: getattr(kept, name) for name in WHOLE} == WHOLE | {
            "published_at": datetime(2026, 2, 1, 2, tzinfo=UTC)
        }
        assert kept.platform == partner.platform

    def test_what_is_left_out_is_empty_again(self, partner: Partner) -> None:
        partner.put("/items/c1", WHOLE)
        partner.put("/items/c1", {"title": "新的名字"})
        kept = course()
        assert (kept.title, kept.kind, kept.tags, kept.price, kept.teacher) == ("新的名字", "course", [], None, "")
        assert (kept.currency, kept.published_at, kept.available) == ("CNY", None, True)

    def test_a_time_of_any_offset_is_the_same_moment(self, partner: Partner) -> None:
        partner.put("/items/c1", WHOLE | {"published_at": "2026-02-01T23:59:00+23:59"})
        assert course().published_at == datetime(2026, 2, 1, tzinfo=UTC)

    def test_one_only_known_from_events_is_new(self, partner: Partner) -> None:
        partner.post("/events", batch(event(item_id="c1")))
        known = course().pk
        assert partner.put("/items/c1", WHOLE).status_code == 201
        assert course().pk == known

    @pytest.mark.parametrize("item_id", ["课程/1", "a b", "x" * 200, "🦌", "c1/", "%", "..", "a?b#c"])
    def test_an_id_may_have_any_letters(self, partner: Partner, item_id: str) -> None:
        from urllib.parse import quote

        assert partner.put(f"/items/{quote(item_id, safe='')}", WHOLE).json()["item_id"] == item_id
        assert course(item_id)

    @pytest.mark.parametrize("item_id", ["x" * 201, "a%00b"])
    def test_an_id_that_cannot_be_is_refused(self, partner: Partner, item_id: str) -> None:
        problem(partner.put(f"/items/{item_id}", WHOLE), 422, "invalid_item_id")

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"title": ""}, "invalid_field"),
            ({"title": None}, "invalid_field"),
            ({"title": "x" * 501}, "invalid_field"),
            ({"title": "a\0b"}, "invalid_character"),
            ({"kind": "book"}, "invalid_field"),
            ({"price": -1}, "invalid_field"),
            ({"price": 9.9}, "invalid_field"),
            ({"price": 10**12}, "invalid_field"),
            ({"currency": "元"}, "invalid_field"),
            ({"tags": "a"}, "invalid_field"),
            ({"tags": ["x"] * 51}, "invalid_field"),
            ({"available": "yes"}, "invalid_field"),
            ({"published_at": "2026"}, "invalid_field"),
            ({"published_at": "0001-01-01T00:00:00+08:00"}, "timestamp_out_of_range"),
            ({"url": "javascript:alert(1)"}, "invalid_url"),
            ({"url": "JAVASCRIPT:alert(1)"}, "invalid_url"),
            ({"url": " https://shop.example"}, "invalid_url"),
            ({"url": "data:text/html,x"}, "invalid_url"),
            ({"cover_url": "ftp://shop.example/x"}, "invalid_url"),
            ({"cover_url": "x" * 2_001}, "invalid_field"),
        ],
    )
    def test_what_is_refused_leaves_the_item_as_it_was(
        self, partner: Partner, fields: dict[str, Any], code: str
    ) -> None:
        problem(partner.put("/items/c1", WHOLE | fields), 422, code)
        assert not Course.objects.exists()
        partner.put("/items/c1", WHOLE)
        problem(partner.put("/items/c1", WHOLE | {"title": "another"} | fields), 422, code)
        assert course().title == WHOLE["title"]

    def test_without_a_title_it_is_no_item(self, partner: Partner) -> None:
        told = problem(partner.put("/items/c1", {}), 422, "invalid_field")
        assert told["errors"][0] == {"pointer": "/title", "code": "required", "detail": "This field is required."}


class TestBatch:
    def test_good_items_are_kept_though_others_are_bad(self, partner: Partner) -> None:
        response = partner.post("/items", batch(item("c1"), {"title": "x"}, item("c2", url="javascript:x"), item("c3")))
        assert response.status_code == 202
        answer = response.json()
        assert (answer["accepted"], answer["duplicates"]) == (2, 0)
        told = [(each["index"], each["code"]) for each in answer["rejected"]]
        assert told == [(1, "required_field"), (2, "invalid_url")]
        assert {each.item_id for each in Course.objects.all()} == {"c1", "c3"}

    def test_of_an_item_described_twice_the_last_word_counts(self, partner: Partner) -> None:
        answer = partner.post("/items", batch(*(item("c1", title=f"第 {n} 版") for n in range(3)))).json()
        assert (answer["accepted"], answer["duplicates"]) == (1, 2)
        assert course().title == "第 2 版"

    def test_known_items_are_described_anew(self, partner: Partner) -> None:
        partner.put("/items/c1", WHOLE)
        assert partner.post("/items", batch(item("c1"))).json()["accepted"] == 1
        assert course().teacher == ""

    def test_the_same_id_on_another_platform_is_another_item(self, partner: Partner) -> None:
        partner.put("/items/c1", WHOLE)
        new_partner("other").put("/items/c1", {"title": "另一门"})
        assert Course.objects.filter(item_id="c1").count() == 2

    def test_a_refused_request_leaves_no_trace(self, partner: Partner) -> None:
        problem(partner.post("/items", b'{"batch": [{"item_id": "c1", "title": "x"}'), 400, "malformed_json")
        assert not Course.objects.exists()


def test_what_is_taken_off_is_found_by_nobody_any_more(partner: Partner) -> None:
    partner.put("/items/c1", WHOLE)
    assert Course.objects.listed().matching("计算机 林一").exists()
    partner.put("/items/c1", WHOLE | {"available": False})
    assert not Course.objects.listed().exists()

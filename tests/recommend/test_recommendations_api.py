"""`GET /recommendations` and `GET /items/{item_id}/similar`: a sensible list for everyone, and why."""

from typing import Any
from uuid import UUID

import pytest
from django.utils import translation

from accounts.services.platform_changes import save_platform
from tests.partner import Partner, batch, event, item, new_partner, problem
from tests.recommend.trained import group_of, planted_partner, trained

pytestmark = pytest.mark.django_db(transaction=True)

ITEM_FIELDS = {"item_id", "title", "url", "cover_url", "price", "currency", "reason", "source"}


@pytest.fixture
def shop() -> Partner:
    """A platform with a trained model."""
    shop = planted_partner()
    trained()
    return shop


@pytest.fixture
def untrained() -> Partner:
    return planted_partner()


def sources(answer: dict[str, Any]) -> set[str]:
    return {each["source"] for each in answer["items"]}


class TestShape:
    def test_it_is_exactly_that_of_the_contract(self, shop: Partner) -> None:
        shop.put(
            "/items/c1", {**item("c1"), "url": "https://shop.example/c1", "cover_url": "/c1.png", "currency": "USD"}
        )
        answer = shop.recommended("u1", placement="course-page", limit=12, **{"context.device": "phone"})
        assert answer.keys() == {"recommendation_id", "placement", "model", "items"}
        assert UUID(answer["recommendation_id"])
        assert answer["placement"] == "course-page"
        assert answer["model"] == {"name": "ease", "version": 1}
        assert all(each.keys() == ITEM_FIELDS for each in answer["items"])
        (told,) = [each for each in answer["items"] if each["item_id"] == "c1"]
        assert (told["title"], told["url"], told["cover_url"]) == ("课程 c1", "https://shop.example/c1", "/c1.png")
        assert (told["price"], told["currency"]) == (9900, "USD")

    def test_each_answer_has_an_id_of_its_own(self, shop: Partner) -> None:
        assert shop.recommended("u1")["recommendation_id"] != shop.recommended("u1")["recommendation_id"]

    def test_the_placement_is_home_unless_said(self, shop: Partner) -> None:
        assert shop.recommended("u1")["placement"] == "home"

    @pytest.mark.parametrize("limit", [1, 5, 50])
    def test_there_are_as_many_as_asked_for_where_there_are_so_many(self, shop: Partner, limit: int) -> None:
        ids = shop.recommended_ids("u1", limit=limit)
        assert len(ids) == len(set(ids)) == min(limit, 12)

    @pytest.mark.parametrize("limit", ["0", "51", "-1", "1.5", "ten", "9" * 5_000, "٣", " 5", "1e1"])
    def test_a_limit_that_cannot_be_is_refused(self, untrained: Partner, limit: str) -> None:
        told = problem(untrained.get(f"/recommendations?limit={limit}"), 422, "invalid_parameter")
        assert told["errors"][0]["pointer"] == "/limit"
        problem(untrained.get(f"/items/c1/similar?limit={limit}"), 422, "invalid_parameter")

    @pytest.mark.parametrize(
        "query", ["placement=" + "x" * 101, "placement=a%00b", "user_id=" + "x" * 201, "user_id=%00"]
    )
    def test_what_could_not_be_stored_is_refused(self, untrained: Partner, query: str) -> None:
        problem(untrained.get(f"/recommendations?{query}"), 422, "invalid_parameter")

    @pytest.mark.parametrize(
        "query", ["user_id=%ff%fe", "lang=%00", "lang=" + "x" * 600, "context.device=" + "x" * 999, "a=b"]
    )
    def test_odd_questions_have_answers(self, untrained: Partner, query: str) -> None:
        assert untrained.get(f"/recommendations?{query}").status_code == 200


class TestLanguage:
    @pytest.mark.parametrize(
        ("asked", "spoken"), [("en", "en"), ("en-GB", "en"), ("zh", "zh-hans"), ("zh-TW", "zh-hans"), ("xx", "zh-hans")]
    )
    def test_reasons_are_in_the_language_asked_for(self, untrained: Partner, asked: str, spoken: str) -> None:
        with translation.override(spoken):
            popular = translation.gettext("Popular now")
        assert {each["reason"] for each in untrained.recommended("u1", lang=asked)["items"]} == {popular}

    def test_else_in_that_of_the_platform(self, untrained: Partner) -> None:
        untrained.platform.locale = "en"
        save_platform(untrained.platform, ["locale"])
        assert untrained.recommended("u1")["items"][0]["reason"] == "Popular now"


class TestSomethingForEveryone:
    def test_a_person_with_a_history_gets_what_fits_it(self, shop: Partner) -> None:
        shop.post("/events", batch(event(user_id="u1", item_id="c0"), event(user_id="u1", item_id="c3")))
        answer = shop.recommended("u1", limit=2, lang="en")
        assert {group_of(each["item_id"]) for each in answer["items"]} == {0}
        assert sources(answer) == {"model"}
        assert all(each["reason"].startswith("Because of “课程 c") for each in answer["items"])

    def test_what_the_person_knows_is_not_recommended(self, shop: Partner) -> None:
        met = {"c0", "c3", "c7"}
        shop.post("/events", batch(*(event(item_id=each) for each in met)))
        assert not met & set(shop.recommended_ids("u1", limit=50))

    def test_who_knows_everything_gets_it_again(self, shop: Partner) -> None:
        shop.post("/events", batch(*(event(item_id=f"c{n}") for n in range(12))))
        assert len(shop.recommended_ids("u1")) == 10

    @pytest.mark.parametrize("user_id", ["unheard", "", "小鹿"])
    def test_someone_unknown_gets_what_is_popular(self, shop: Partner, user_id: str) -> None:
        answer = shop.recommended(user_id)
        assert len(answer["items"]) == 10
        assert sources(answer) == {"popular"}

    def test_without_a_model_there_is_what_is_popular(self, untrained: Partner) -> None:
        untrained.post("/events", batch(*(event(user_id=f"u{n}", item_id="c5", type="like") for n in range(20))))
        answer = untrained.recommended("unheard")
        assert answer["model"] is None
        assert answer["items"][0]["item_id"] == "c5"
        assert sources(answer) == {"popular"}

    def test_a_platform_that_has_just_begun_shows_what_is_new(self) -> None:
        fresh = new_partner()
        fresh.post("/items", batch(*(item(f"c{n}", published_at=f"2026-01-0{n + 1}T00:00:00Z") for n in range(3))))
        answer = fresh.recommended("u1")
        assert [each["item_id"] for each in answer["items"]] == ["c2", "c1", "c0"]
        assert sources(answer) == {"new"}

    def test_a_platform_without_items_gets_an_empty_list(self, shop: Partner) -> None:
        assert new_partner("empty").recommended("u1")["items"] == []

    def test_an_item_that_the_model_has_not_met_is_there_too(self, shop: Partner) -> None:
        shop.put("/items/new", item("new"))
        answer = shop.recommended("u1", limit=50)
        assert {"new"} == {each["item_id"] for each in answer["items"] if each["source"] == "new"}

    def test_items_known_from_events_alone_take_no_place(self, untrained: Partner) -> None:
        liked = [event(user_id=f"u{n}", item_id=f"x{m}", type="like") for n in range(3) for m in range(60)]
        untrained.post("/events", batch(*liked))
        assert len(untrained.recommended_ids("unheard", limit=10)) == 10


class TestAtOnce:
    @pytest.mark.parametrize("with_model", [True, False])
    def test_an_accepted_event_changes_the_very_next_answer(self, with_model: bool) -> None:
        shop = planted_partner()
        if with_model:
            trained()
        first = shop.recommended_ids("u1")[0]
        assert shop.post("/events", batch(event(user_id="u1", item_id=first))).json()["accepted"] == 1
        assert first not in shop.recommended_ids("u1", limit=50)

    def test_what_fits_changes_with_what_is_done(self, shop: Partner) -> None:
        shop.post("/events", batch(event(item_id="c1")))
        assert group_of(shop.recommended_ids("u1")[0]) == 1
        shop.post("/events", batch(event(item_id="c2", type="purchase"), event(item_id="c5", type="share")))
        assert group_of(shop.recommended_ids("u1")[0]) == 2

    def test_an_event_from_a_page_counts_as_well(self, shop: Partner) -> None:
        first = shop.browse("GET", "/recommendations", user_id="u1").json()["items"][0]["item_id"]
        shop.browse("POST", "/events", batch(event(item_id=first)), user_id="u1")
        again = shop.browse("GET", "/recommendations", user_id="u1").json()
        assert first not in [each["item_id"] for each in again["items"]]

    @pytest.mark.parametrize("with_model", [True, False])
    def test_an_item_that_is_taken_off_is_gone(self, with_model: bool) -> None:
        shop = planted_partner()
        if with_model:
            trained()
        gone = shop.recommended_ids("unheard")[0]
        shop.put(f"/items/{gone}", {"title": "课程", "available": False})
        for asked in ("unheard", ""):
            assert gone not in shop.recommended_ids(asked, limit=50)
        assert gone not in [each["item_id"] for each in shop.get("/items/c1/similar?limit=50").json()["items"]]

    def test_a_new_price_is_shown(self, shop: Partner) -> None:
        first = shop.recommended("u1")["items"][0]
        shop.put(f"/items/{first['item_id']}", {**item(first["item_id"]), "price": 1})
        assert shop.recommended("u1")["items"][0]["price"] == 1


class TestConsent:
    def test_without_it_the_list_is_everybodys(self, shop: Partner) -> None:
        shop.post("/events", batch(event(item_id="c0"), event(item_id="c3")))
        shop.put("/users/u1/consents", {"recommendation": False})
        answer = shop.recommended("u1")
        assert sources(answer) == {"popular"}
        assert [each["item_id"] for each in answer["items"]] == shop.recommended_ids("unheard")

    def test_a_platform_is_shown_its_own_courses_only(self, shop: Partner) -> None:
        radio = planted_partner("radio")
        radio.put("/items/only-here", item("only-here"))
        trained()
        shop.post("/events", batch(event(item_id="c0")))
        for asked in ("u1", "unheard", ""):
            assert "only-here" not in shop.recommended_ids(asked, limit=50)
            assert "only-here" in radio.recommended_ids(asked, limit=50)

    def test_the_other_platform_shapes_the_list_with_consent_and_only_then(self, shop: Partner) -> None:
        radio = new_partner("radio")
        radio.post("/items", batch(item("r0"), item("r1")))
        for learner in range(36):  # whoever likes r<n> at the radio is of group n at the shop
            group = learner % 3
            if group < 2:
                self.join(shop, f"l{learner}", radio, f"l{learner}")
                radio.post("/events", batch(event(user_id=f"l{learner}", item_id=f"r{group}", type="like")))
        trained()
        shop.put("/users/u1/consents", {})
        self.join(shop, "u1", radio, "u1")
        for group in (1, 0):
            radio.post("/events", batch(event(user_id="u1", item_id=f"r{group}", type="purchase", value=100)))
            radio.post("/events", batch(event(user_id="u1", item_id=f"r{group}", type="share")))
        answer = shop.recommended("u1", limit=3, lang="en")
        assert sources(answer) == {"model"}
        assert {each["reason"] for each in answer["items"]} == {"Fits what you learn on your other platforms"}
        assert {group_of(each["item_id"]) for each in answer["items"]} <= {0, 1}
        radio.put("/users/u1/consents", {"cross_platform": False})
        assert sources(shop.recommended("u1", limit=3)) == {"popular"}

    def join(self, first: Partner, first_id: str, second: Partner, second_id: str) -> None:
        first.put(f"/users/{first_id}/consents", {"cross_platform": True})
        second.put(f"/users/{second_id}/consents", {"cross_platform": True})
        code = first.post(f"/users/{first_id}/link-codes").json()["code"]
        assert second.post("/links", {"user_id": second_id, "code": code}).status_code == 200


class TestSimilar:
    def test_what_is_learned_together_comes_first(self, shop: Partner) -> None:
        answer = shop.get("/items/c0/similar?limit=3&lang=en").json()
        assert answer.keys() == {"item_id", "items"}
        assert answer["item_id"] == "c0"
        assert {each["item_id"] for each in answer["items"]} == {"c3", "c6", "c9"}
        assert all(each.keys() == ITEM_FIELDS for each in answer["items"])
        assert {(each["source"], each["reason"]) for each in answer["items"]} == {("model", "Often learned together")}

    def test_without_a_model_its_category_comes_first(self, untrained: Partner) -> None:
        items = untrained.get("/items/c0/similar?limit=5").json()["items"]
        assert [each["source"] for each in items][:3] == ["same_category"] * 3
        assert {each["item_id"] for each in items[:3]} == {"c3", "c6", "c9"}
        assert len({each["item_id"] for each in items}) == 5

    @pytest.mark.parametrize("category", ["", "从未有过"])
    def test_a_cold_item_has_a_sensible_list_too(self, shop: Partner, category: str) -> None:
        shop.put("/items/new", item("new", category=category))
        items = shop.get("/items/new/similar").json()["items"]
        assert len(items) == 10
        assert {each["source"] for each in items} <= {"popular", "new"}
        assert "new" not in {each["item_id"] for each in items}

    def test_an_item_that_nobody_described_has_one_too(self, shop: Partner) -> None:
        shop.post("/events", batch(event(item_id="c99")))
        assert shop.get("/items/c99/similar").json()["items"]

    def test_browsers_may_ask(self, shop: Partner) -> None:
        assert shop.browse("GET", "/items/c0/similar").status_code == 200

    @pytest.mark.parametrize(
        ("item_id", "status", "code"),
        [
            ("unheard", 404, "item_not_found"),
            ("x" * 201, 422, "invalid_parameter"),
            ("a%00b", 422, "invalid_parameter"),
        ],
    )
    def test_what_is_not_there_has_nothing_similar(
        self, untrained: Partner, item_id: str, status: int, code: str
    ) -> None:
        problem(untrained.get(f"/items/{item_id}/similar"), status, code)

    def test_an_item_of_another_platform_is_not_there(self, untrained: Partner) -> None:
        problem(new_partner("other").get("/items/c0/similar"), 404, "item_not_found")

"""What each rule of a placement does to a list, and what no list ever shows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Platform
from crossmarket.foundation import generations
from profiles.models import Course, Segment
from profiles.segmentation import membership
from recommend import serving
from recommend.placements.keeping import describe, drop_placement
from recommend.placements.reading import RulesError, read_rules, written
from recommend.placements.rules import PlacementRules
from tests.factories import SegmentFactory
from tests.partner import Partner, batch, event, item, new_partner
from tests.recommend.trained import planted_partner, trained

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime.now(UTC)


@pytest.fixture
def shop() -> Partner:
    """Two cooking courses k0, k1, three on music m0 to m2 and one, a0, to listen to; the earlier, the older."""
    shop = new_partner()
    described = [
        item("a0", category="睡前", kind="audio", teacher="王老师", price=0, language="en", published_at=days_ago(1)),
        item("k0", category="烹饪", teacher="李老师", price=1000, tags=["素食"], published_at=days_ago(2)),
        item("k1", category="烹饪", teacher="李老师", price=2000, published_at=days_ago(3)),
        item("m0", category="音乐", teacher="张老师", price=3000, published_at=days_ago(40)),
        item("m1", category="音乐", teacher="李老师", price=4000, published_at=days_ago(50)),
        item("m2", category="音乐", teacher="王老师", price=None, published_at=None),
    ]
    shop.post("/items", batch(*described))
    return shop


ALL = ["a0", "k0", "k1", "m0", "m1", "m2"]


def days_ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat()


def listed(shop: Partner, user_id: str = "", key: str = "home", **rules: Any) -> list[str]:
    """The items of a placement that is described by these rules."""
    describe(shop.platform, key, rules)
    return shop.recommended_ids(user_id, placement=key, limit=50)


def key_of(item_id: str) -> int:
    return Course.objects.get(item_id=item_id).pk


class TestDefaults:
    def test_a_placement_that_nobody_described_is_as_one_without_rules(self, shop: Partner) -> None:
        assert listed(shop) == shop.recommended_ids("", placement="elsewhere", limit=50)
        assert listed(shop, off=["diversity"]) == ALL

    def test_only_what_differs_is_kept(self) -> None:
        assert written(PlacementRules()) == {}
        assert written(read_rules({"limits": {"per_teacher": 2}})) == {"limits": {"per_teacher": 2}}


class TestOffer:
    @pytest.mark.parametrize(
        ("offer", "left"),
        [
            ({"only": {"categories": ["烹饪"]}}, ["k0", "k1"]),
            ({"only": {"kinds": ["audio", "course"], "teachers": ["李老师"]}}, ["k0", "k1", "m1"]),
            ({"only": {"tags": ["素食"]}}, ["k0"]),
            ({"only": {"languages": ["en"]}}, ["a0"]),
            ({"never": {"categories": ["音乐"], "kinds": ["audio"]}}, ["k0", "k1"]),
            ({"cheapest": 1500, "dearest": 3000}, ["k1", "m0", "m2"]),
            ({"cheapest": 1500, "dearest": 3000, "unpriced": False}, ["k1", "m0"]),
            ({"published_within_days": 30}, ["a0", "k0", "k1"]),
            ({"only": {"platforms": ["no-such"]}}, []),
        ],
    )
    def test_only_what_fits_is_shown(self, shop: Partner, offer: dict[str, Any], left: list[str]) -> None:
        Platform.objects.create(slug="no-such", name="Elsewhere")
        assert listed(shop, offer=offer) == left

    def test_single_courses_can_be_chosen(self, shop: Partner) -> None:
        assert listed(shop, offer={"only": {"courses": [key_of("m1")]}}) == ["m1"]
        assert "m1" not in listed(shop, offer={"never": {"courses": [key_of("m1")]}})

    def test_the_house_may_be_limited_to_some_platforms(self, shop: Partner) -> None:
        radio = new_partner("radio")
        radio.post("/items", batch(item("r0")))
        house = Platform.objects.house()
        describe(house, "home", {"offer": {"only": {"platforms": ["radio"]}}})
        assert [each.course.item_id for each in serving.recommend(house, None, "home").items] == ["r0"]


class TestWhatThePersonKnows:
    def test_what_was_met_is_left_out_unless_switched_off(self, shop: Partner) -> None:
        shop.post("/events", batch(event(item_id="k0")))
        assert "k0" not in listed(shop, "u1")
        assert "k0" in listed(shop, "u1", off=["met"])

    def test_it_comes_back_after_days(self, shop: Partner) -> None:
        shop.post("/events", batch(event(item_id="k0", timestamp=days_ago(10)), event(item_id="k1")))
        assert "k0" not in listed(shop, "u1", met={"back_after_days": 11})
        assert "k0" in listed(shop, "u1", met={"back_after_days": 9})
        assert "k1" not in listed(shop, "u1", met={"back_after_days": 9})

    def test_what_was_bought_stays_away_however_much_was_met_since(self, shop: Partner) -> None:
        shop.post("/events", batch(event(item_id="k0", type="purchase", value=1000, timestamp=days_ago(90))))
        shop.post("/items", batch(*(item(f"x{number}") for number in range(60))))
        shop.post("/events", batch(*(event(item_id=f"x{number % 60}") for number in range(240))))
        assert "k0" not in listed(shop, "u1", off=["met"])
        assert "k0" not in listed(shop, "u1")

    def test_what_was_given_back_may_be_shown(self, shop: Partner) -> None:
        shop.post("/events", batch(event(item_id="k0", type="purchase", value=1000, timestamp=days_ago(2))))
        assert "k0" not in listed(shop, "u1", off=["met"])
        shop.post("/events", batch(event(item_id="k0", type="refund", value=1000)))
        assert "k0" in listed(shop, "u1", off=["met"])

    def test_bought_courses_may_come_back_or_stay_in(self, shop: Partner) -> None:
        shop.post("/events", batch(event(item_id="k0", type="purchase", value=1000, timestamp=days_ago(400))))
        assert "k0" in listed(shop, "u1", off=["met"], bought={"back_after_days": 365})
        assert "k0" in listed(shop, "u1", off=["met", "bought"])

    def test_who_knows_everything_sees_it_again_but_for_what_was_bought(self, shop: Partner) -> None:
        shop.post("/events", batch(*(event(item_id=each) for each in ALL)))
        shop.post("/events", batch(event(item_id="m0", type="purchase", value=3000)))
        answer = shop.recommended("u1", limit=50)
        assert {each["item_id"] for each in answer["items"]} == set(ALL) - {"m0"}
        assert {each["source"] for each in answer["items"]} == {"again"}


class TestMembers:
    @pytest.fixture
    def rules(self) -> dict[str, Any]:
        SegmentFactory(key="vip")
        return {"members": [{"segment": "vip", "which": {"categories": ["烹饪"]}}]}

    def belongs(self, shop: Partner, user_id: str) -> None:
        shop.post("/users", batch({"user_id": user_id}))
        membership.replace(Segment.objects.get(key="vip"), [shop.platform.accounts.get(external_id=user_id).pk])

    def test_others_do_not_see_their_courses(self, shop: Partner, rules: dict[str, Any]) -> None:
        self.belongs(shop, "member")
        assert set(listed(shop, "", **rules)) == set(listed(shop, "other", **rules)) == {"a0", "m0", "m1", "m2"}
        assert set(listed(shop, "member", **rules)) == set(ALL)

    @pytest.mark.parametrize("purpose", ["profiling", "recommendation"])
    def test_members_who_withdraw_consent_see_them_no_more(
        self, shop: Partner, rules: dict[str, Any], purpose: str
    ) -> None:
        self.belongs(shop, "member")
        assert "k0" in listed(shop, "member", **rules)
        shop.put("/users/member/consents", {purpose: False})
        assert "k0" not in shop.recommended_ids("member", limit=50)

    def test_who_leaves_the_segment_sees_them_no_more(self, shop: Partner, rules: dict[str, Any]) -> None:
        self.belongs(shop, "member")
        assert "k0" in listed(shop, "member", **rules)
        membership.replace(Segment.objects.get(key="vip"), [])
        assert "k0" not in shop.recommended_ids("member", limit=50)

    def test_what_is_kept_for_members_under_every_key_is_kept_everywhere(
        self, shop: Partner, rules: dict[str, Any]
    ) -> None:
        describe(None, "*", rules)
        describe(shop.platform, "home", {"limits": {"per_category": 5}})
        for placement in ("home", "unheard-of"):
            assert "k0" not in shop.recommended_ids("", placement=placement, limit=50)
        similar = shop.get("/items/k0/similar").json()["items"]
        assert "k1" not in {each["item_id"] for each in similar}

    def test_no_slot_does_without_what_is_kept_under_every_key(self, shop: Partner, rules: dict[str, Any]) -> None:
        describe(None, "*", rules)
        assert "k0" not in listed(shop, "", off=["members"])

    def test_what_a_platform_keeps_for_members_is_shown_to_nobody_else_at_home(
        self, shop: Partner, rules: dict[str, Any]
    ) -> None:
        def shown_at_home() -> set[str]:
            return {each.course.item_id for each in serving.recommend(Platform.objects.house(), None, "home", 50).items}

        assert "k0" in shown_at_home()
        describe(shop.platform, "*", rules)
        assert "k0" not in shown_at_home()


class TestScores:
    def test_boosted_courses_rise_and_buried_ones_sink(self, shop: Partner) -> None:
        assert listed(shop, boosts=[{"which": {"categories": ["音乐"]}, "factor": 50}])[:3] == ["m0", "m1", "m2"]
        assert listed(shop, boosts=[{"which": {"kinds": ["audio"]}, "factor": 0.001}])[-1] == "a0"

    def test_what_is_fresh_rises(self, shop: Partner) -> None:
        for number in range(3):
            shop.post("/events", batch(event(user_id=f"l{number}", item_id="m0", type="like")))
        assert listed(shop)[0] == "m0"
        assert listed(shop, freshness={"factor": 100, "half_life_days": 2})[0] == "a0"

    def test_popular_courses_give_way_to_what_fits_the_person(self) -> None:
        shop = planted_partner()
        trained()
        shop.post("/events", batch(*(event(user_id=f"fan{n}", item_id="c3", type="share") for n in range(30))))
        shop.post("/events", batch(event(item_id="c0")))
        plain = listed(shop, "u1", popularity={"strength": 0.0}, off=["diversity"])
        bent = listed(shop, "u1", popularity={"strength": 1.0}, off=["diversity"])
        assert bent.index("c3") > plain.index("c3")


class TestOrder:
    def test_no_more_of_one_kind_than_allowed(self, shop: Partner) -> None:
        assert listed(shop, limits={"per_category": 1}) == ["a0", "k0", "m0"]
        assert listed(shop, limits={"per_teacher": 1}) == ["a0", "k0", "m0"]
        assert len(listed(shop, limits={"per_kind": 2})) == 3
        assert len(listed(shop, limits={"per_platform": 4})) == 4

    def test_courses_alike_do_not_stand_together(self, shop: Partner) -> None:
        mixed = listed(shop, diversity={"category": 1.0, "teacher": 0.0})
        assert {each[0] for each in mixed[:3]} == {"a", "k", "m"}

    def test_a_pinned_course_has_its_place(self, shop: Partner) -> None:
        pins = [{"course": key_of("m2"), "place": 1}, {"course": key_of("m1"), "place": 3}]
        found = listed(shop, pins=pins)
        assert (found[0], found[2]) == ("m2", "m1")
        assert sorted(found) == ALL

    def test_but_not_where_it_may_not_be_shown(self, shop: Partner) -> None:
        pins = [{"course": key_of("m2"), "place": 1}]
        assert "m2" not in listed(shop, pins=pins, offer={"never": {"teachers": ["王老师"]}})
        shop.put("/items/m2", {**item("m2"), "available": False})
        assert "m2" not in listed(shop, pins=pins)

    def test_pinned_courses_count_first_where_there_are_limits(self, shop: Partner) -> None:
        pins = [{"course": key_of("m2"), "place": 2}]
        assert listed(shop, pins=pins, limits={"per_category": 1}) == ["a0", "m2", "k0"]


class TestWhoseRulesHold:
    def test_the_platforms_own_go_before_those_for_all(self, shop: Partner) -> None:
        describe(None, "home", {"offer": {"only": {"categories": ["音乐"]}}})
        assert shop.recommended_ids("", limit=50) == ["m0", "m1", "m2"]
        describe(shop.platform, "home", {"offer": {"only": {"categories": ["烹饪"]}}})
        assert shop.recommended_ids("", limit=50) == ["k0", "k1"]

    def test_a_star_speaks_for_what_nobody_described(self, shop: Partner) -> None:
        describe(None, "*", {"offer": {"only": {"categories": ["音乐"]}}})
        describe(shop.platform, "home", {})
        assert shop.recommended_ids("", placement="anything", limit=50) == ["m0", "m1", "m2"]
        assert set(shop.recommended_ids("", limit=50)) == set(ALL)

    def test_changes_hold_from_the_next_answer_on(self, shop: Partner) -> None:
        placement = describe(shop.platform, "home", {"limits": {"per_category": 1}})
        assert len(shop.recommended_ids("", limit=50)) == 3
        drop_placement(placement)
        assert len(shop.recommended_ids("", limit=50)) == 6


class TestFaults:
    @pytest.mark.parametrize(
        ("rules", "path"),
        [
            ({"limits": {"per_category": 0}}, "/limits/per_category"),
            ({"limits": {"per_planet": 1}}, "/limits"),
            ({"off": ["everything"]}, "/off/0"),
            ({"boosts": [{"which": {"tags": ["a"]}, "factor": -1}]}, "/boosts/0/factor"),
            ({"boosts": [{"which": {}, "factor": 2}]}, "/boosts/0/which"),
            ({"offer": {"cheapest": 10, "dearest": 5}}, "/offer/dearest"),
            ({"offer": {"only": {"kinds": ["opera"]}}}, "/offer/only/kinds/0"),
            ({"offer": {"never": {"platforms": ["nowhere"]}}}, "/offer/never/platforms/0"),
            ({"members": [{"segment": "nobody", "which": {"tags": ["a"]}}]}, "/members/0/segment"),
            ({"pins": [{"course": 10**9, "place": 1}]}, "/pins/0/course"),
            ({"pins": [{"course": 1, "place": 1}, {"course": 2, "place": 1}]}, "/pins/1/place"),
            ([], ""),
            ({"freshness": {"factor": float("nan")}}, "/freshness/factor"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_path(self, rules: Any, path: str) -> None:
        with pytest.raises(RulesError) as refused:
            describe(None, "home", rules)
        assert path in {fault.path for fault in refused.value.faults}
        assert all(fault.detail for fault in refused.value.faults)

    def test_rules_that_cannot_be_read_any_more_still_keep_what_is_for_members(self, shop: Partner) -> None:
        SegmentFactory(key="vip")
        placement = describe(
            shop.platform, "home", {"members": [{"segment": "vip", "which": {"categories": ["烹饪"]}}]}
        )
        type(placement).objects.update(rules={**placement.rules, "of_another_version": 1})
        generations.renew_on_commit(generations.PLACEMENTS)
        assert set(shop.recommended_ids("", limit=50)) == {"a0", "m0", "m1", "m2"}

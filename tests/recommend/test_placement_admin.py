"""The desk of placements: rules in fields, a switch for each stage, and a preview of how anybody's list is made."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from recommend.models import Placement, Recommendation
from recommend.placements.keeping import describe
from recommend.placements.rules import PlacementRules, Stage
from recommend.serving.record import store_pending
from tests.factories import SegmentFactory, UserFactory
from tests.partner import Partner, batch, event
from tests.recommend.trained import planted_partner, trained

pytestmark = pytest.mark.django_db(transaction=True)

ADD, LIST = reverse("admin:recommend_placement_add"), reverse("admin:recommend_placement_changelist")
PREVIEW = reverse("admin:recommend_placement_preview")
DEFAULTS = PlacementRules()
EMPTY_ROWS = {
    f"{rows}-{name}": number
    for rows in ("boosts", "members", "pins")
    for name, number in (("TOTAL_FORMS", 1), ("INITIAL_FORMS", 0))
}


@pytest.fixture
def shop() -> Partner:
    """A platform with a trained model."""
    shop = planted_partner()
    trained()
    return shop


def form(shop: Partner | None = None, off: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    """The page's form as it stands by default; double underlines stand for hyphens where a prefix ends."""
    switches = {f"rules-stage_{stage}": "on" for stage in Stage if stage not in off}
    numbers = {
        "rules-offer__unpriced": "on",
        "rules-freshness__factor": "1",
        "rules-freshness__half_life_days": "14",
        "rules-popularity__strength": str(DEFAULTS.popularity.strength),
        "rules-diversity__category": str(DEFAULTS.diversity.category),
        "rules-diversity__teacher": str(DEFAULTS.diversity.teacher),
        "rules-exploration__share": str(DEFAULTS.exploration.share),
    }
    about = {"about-key": "home", "about-name": "Home", "about-platform": shop.platform.pk if shop else ""}
    asked = {"ask-platform": shop.platform.pk if shop else "", "ask-limit": "5", "ask-user_id": "", "ask-device": ""}
    return {**switches, **numbers, **about, **asked, **EMPTY_ROWS, **fields}


def saved(client: Client, sent: dict[str, Any], url: str = ADD) -> Placement:
    answer = client.post(url, {**sent, "_save": "1"})
    assert answer.status_code == 302, answer.context["editor"].faults or errors(answer)
    return Placement.objects.get()


def errors(answer: HttpResponse) -> list[Any]:
    editor = answer.context["editor"]
    return [editor.about.errors, editor.settings.errors, editor.only.errors, editor.boosts.errors, editor.pins.errors]


class TestEditing:
    def test_a_form_that_nobody_touched_says_the_defaults(self, admin_client: Client, shop: Partner) -> None:
        assert saved(admin_client, form(shop)).rules == {}

    def test_each_stage_can_be_switched_off(self, admin_client: Client, shop: Partner) -> None:
        placement = saved(admin_client, form(shop, off=("ranking", "exploration", "met")))
        assert set(placement.rules["off"]) == {"ranking", "exploration", "met"}
        page = admin_client.get(reverse("admin:recommend_placement_change", args=[placement.pk])).content.decode()
        assert page.count('name="rules-stage_') == len(Stage)

    def test_rules_are_written_in_fields_and_hold_at_once(self, admin_client: Client, shop: Partner) -> None:
        before = shop.recommended_ids("", limit=12)
        fields = {
            "rules-limits__per_category": "2",
            "only-kinds": ["course", "audio"],
            "never-courses": f"{shop.platform.slug}/{before[0]}",
            "boosts-0-factor": "3",
            "boosts-0-categories": "第 1 组， 第 2 组",
            "pins-0-place": "1",
            "pins-0-course": f"{shop.platform.slug}/{before[-1]}",
        }
        rules = saved(admin_client, form(shop, **fields)).rules
        assert rules["limits"] == {"per_category": 2}
        assert rules["boosts"] == [{"which": {"categories": ["第 1 组", "第 2 组"]}, "factor": 3.0}]
        assert rules["offer"]["only"] == {"kinds": ["course", "audio"]}
        after = shop.recommended_ids("", limit=12)
        assert after[0] == before[-1]
        assert before[0] not in after
        assert len(after) == 6

    def test_what_was_kept_comes_back_into_the_fields_unchanged(self, admin_client: Client, shop: Partner) -> None:
        SegmentFactory(key="vip")
        rules = {
            "off": ["new"],
            "members": [{"segment": "vip", "which": {"tags": ["a", "b"]}}],
            "boosts": [{"which": {"teachers": ["李老师"]}, "factor": 0.5}],
            "offer": {"dearest": 100, "only": {"languages": ["zh"]}},
        }
        placement = describe(shop.platform, "home", rules)
        page = admin_client.get(reverse("admin:recommend_placement_change", args=[placement.pk]))
        sent = initial(page)
        assert saved(admin_client, sent, page.request["PATH_INFO"]).rules == placement.rules

    def test_a_row_can_be_taken_away(self, admin_client: Client, shop: Partner) -> None:
        placement = describe(shop.platform, "home", {"boosts": [{"which": {"tags": ["a"]}, "factor": 2.0}]})
        page = admin_client.get(reverse("admin:recommend_placement_change", args=[placement.pk]))
        sent = {**initial(page), "boosts-0-DELETE": "on"}
        assert "boosts" not in saved(admin_client, sent, page.request["PATH_INFO"]).rules

    @pytest.mark.parametrize(
        "fields",
        [
            {"pins-0-place": "1", "pins-0-course": "nowhere/c1"},
            {"rules-offer__cheapest": "10", "rules-offer__dearest": "5"},
            {"rules-limits__per_category": "0"},
            {"boosts-0-factor": "3"},
            {"about-key": ""},
        ],
    )
    def test_what_cannot_be_is_told_and_not_kept(
        self, admin_client: Client, shop: Partner, fields: dict[str, Any]
    ) -> None:
        answer = admin_client.post(ADD, {**form(shop, **fields), "_save": "1"})
        assert answer.status_code == 200
        assert answer.context["editor"].faults or any(errors(answer))
        assert not Placement.objects.exists()

    def test_no_slot_is_described_twice(self, admin_client: Client, shop: Partner) -> None:
        describe(shop.platform, "home", {})
        assert admin_client.post(ADD, {**form(shop), "_save": "1"}).status_code == 200
        assert Placement.objects.count() == 1

    def test_removing_one_brings_the_defaults_back(self, admin_client: Client, shop: Partner) -> None:
        placement = describe(shop.platform, "home", {"limits": {"per_category": 1}})
        assert len(shop.recommended_ids("", limit=12)) == 3
        admin_client.post(reverse("admin:recommend_placement_delete", args=[placement.pk]), {"post": "yes"})
        assert len(shop.recommended_ids("", limit=12)) == 12

    def test_the_list_tells_what_is_switched_off(self, admin_client: Client, shop: Partner) -> None:
        describe(None, "*", {"off": ["exploration"]})
        assert "Exploring" in admin_client.get(LIST, headers={"Accept-Language": "en"}).content.decode()


def initial(page: HttpResponse) -> dict[str, Any]:
    """What a browser would send of a page without any change."""
    editor = page.context["editor"]
    parts = [editor.about, editor.settings, editor.only, editor.never]
    for rows in (editor.boosts, editor.members, editor.pins):
        parts += [rows.management_form, *rows.forms]
    sent: dict[str, Any] = {}
    for part in parts:
        for field in part:
            value = field.value()
            if value is not None and value is not False and value not in ([], ""):
                sent[field.html_name] = "on" if value is True else value
    return sent


class TestPreview:
    def shown(self, client: Client, sent: dict[str, Any]) -> Any:
        answer = client.post(PREVIEW, sent, headers={"Accept-Language": "en"})
        assert answer.status_code == 200
        assert not answer.context["is_wrong"], answer.context["faults"]
        return answer

    def test_it_shows_the_very_list_that_the_person_gets(self, admin_client: Client, shop: Partner) -> None:
        shop.post("/events", batch(event(item_id="c0")))
        answer = self.shown(admin_client, form(shop, **{"ask-user_id": "u1"}))
        told = [each.item.course.item_id for each in answer.context["preview"].shown]
        assert told == shop.recommended_ids("u1", limit=5)
        assert [card.item_id for card in answer.context["preview"].history] == ["c0"]

    def test_rules_that_are_not_saved_count(self, admin_client: Client, shop: Partner) -> None:
        answer = self.shown(admin_client, form(shop, **{"only-categories": "第 1 组"}))
        assert {each.item.course.category for each in answer.context["preview"].shown} == {"第 1 组"}
        assert not Placement.objects.exists()

    def test_every_candidate_says_what_the_rules_did_to_it(self, admin_client: Client, shop: Partner) -> None:
        shop.post("/events", batch(event(item_id="c0"), event(item_id="c1", type="purchase", value=9900)))
        fields = {
            "ask-user_id": "u1",
            "never-courses": f"{shop.platform.slug}/c2",
            "boosts-0-factor": "2",
            "boosts-0-courses": f"{shop.platform.slug}/c3",
            "pins-0-place": "1",
            "pins-0-course": f"{shop.platform.slug}/c5",
        }
        answer = self.shown(admin_client, form(shop, **fields))
        told = {row.candidate.card.item_id: " / ".join(row.effects) for row in answer.context["rows"]}
        assert len(told) == 12
        assert told["c0"] == told["c1"] == "left out: the person has met it"
        assert told["c2"] == "left out: it is not part of the offer"
        assert "score × 2.00" in told["c3"]
        assert "moved up to place 1" in told["c5"]
        scored = {row.candidate.card.item_id: row.candidate.scores for row in answer.context["rows"]}
        assert all("model" in scores for scores in scored.values())

    def test_strangers_device_and_hour_can_be_chosen(self, admin_client: Client, shop: Partner) -> None:
        fields = {"ask-device": "phone", "ask-hour": "23", "ask-weekday": "6", "ask-limit": "3"}
        answer = self.shown(admin_client, form(shop, **fields))
        assert len(answer.context["preview"].shown) == 3
        assert not answer.context["preview"].history

    def test_it_says_when_consent_makes_somebody_a_stranger(self, admin_client: Client, shop: Partner) -> None:
        shop.post("/events", batch(event(item_id="c0")))
        shop.put("/users/u1/consents", {"recommendation": False})
        answer = self.shown(admin_client, form(shop, **{"ask-user_id": "u1"}))
        assert not answer.context["preview"].history
        assert "does not agree" in answer.content.decode()

    def test_nothing_is_noted(self, admin_client: Client, shop: Partner) -> None:
        store_pending()
        before = Recommendation.objects.count()
        self.shown(admin_client, form(shop))
        store_pending()
        assert Recommendation.objects.count() == before

    def test_candidates_come_in_pages(
        self, admin_client: Client, shop: Partner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("recommend.admin.placement_preview.AT_ONCE", 5)
        first = self.shown(admin_client, form(shop))
        last = self.shown(admin_client, form(shop, **{"ask-offset": "10"}))
        assert (len(first.context["rows"]), first.context["later"], first.context["earlier"]) == (5, 5, None)
        assert (len(last.context["rows"]), last.context["later"], last.context["earlier"]) == (2, None, 5)

    def test_what_is_not_right_yet_is_told(self, admin_client: Client, shop: Partner) -> None:
        answer = admin_client.post(PREVIEW, form(shop, **{"rules-limits__per_category": "many"}))
        assert answer.status_code == 200
        assert answer.context["is_wrong"]


class TestPermissions:
    def staff(self, *names: str) -> Client:
        user = UserFactory(is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client = Client()
        client.force_login(user)
        return client

    def test_who_may_only_look_changes_nothing(self, shop: Partner) -> None:
        placement = describe(shop.platform, "home", {})
        url = reverse("admin:recommend_placement_change", args=[placement.pk])
        client = self.staff("view_placement")
        assert client.get(url).status_code == 200
        assert client.post(url, form(shop)).status_code == 403
        assert client.get(ADD).status_code == 403

    def test_looking_at_people_takes_the_right_to(self, shop: Partner) -> None:
        assert self.staff("view_placement").post(PREVIEW, form(shop)).status_code == 200
        asked = form(shop, **{"ask-user_id": "u1"})
        assert self.staff("view_placement").post(PREVIEW, asked).status_code == 403
        assert self.staff("view_placement", "view_linkedaccount").post(PREVIEW, asked).status_code == 200

    def test_others_see_none_of_it(self, shop: Partner) -> None:
        client = self.staff("view_course")
        assert client.get(LIST).status_code == 403
        assert client.post(PREVIEW, form(shop)).status_code == 403

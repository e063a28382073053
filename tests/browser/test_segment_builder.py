"""The builder of rules in a real browser: by keyboard alone, beside its words, its size and its faults."""

import json
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from profiles.models import Segment
from tests.factories import PASSWORD, EventFactory, LinkedAccountFactory, PlatformFactory, SegmentFactory, UserFactory

NewPage = Callable[..., Page]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_TABS = 80
WRITE = "(text, rule) => { text.value = rule; text.dispatchEvent(new Event('input')) }"


@pytest.fixture
def desk(new_page: NewPage) -> Page:
    """An administrator at the builder of a new rule, on a platform where somebody bought twice."""
    buyer = LinkedAccountFactory(platform=PlatformFactory(name="学海课堂", slug="xuehai"))
    EventFactory.create_batch(2, account=buyer, platform=buyer.platform, type="purchase", timestamp=timezone.now())
    user = UserFactory(is_staff=True, is_superuser=True)
    page = new_page(locale="en")
    page.goto("/admin/profiles/segment/add/")
    page.locator("#id_login").fill(user.email)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password").press("Enter")
    page.wait_for_url("**/segment/add/")
    return page


def tab_to(page: Page, name: str) -> None:
    """Press Tab until a control of this name has the focus, as somebody without a mouse does."""
    label = "document.activeElement.getAttribute('aria-label') || document.activeElement.innerText || ''"
    for _press in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(label).strip() == name:
            return
    raise AssertionError(f"no control {name!r} within {MOST_TABS} tabs")


def choose(page: Page, words: str) -> None:
    """In the choice that has the focus, type what is wanted."""
    page.keyboard.type(words)


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.innerText")


def rule_in(page: Page) -> object:
    return json.loads(page.locator("#id_rule").input_value())


def test_a_rule_is_built_by_keyboard_alone(desk: Page) -> None:
    desk.locator("#id_name").focus()
    desk.keyboard.type("Buyers")
    tab_to(desk, "Add a condition")
    desk.keyboard.press("Enter")
    assert focused(desk) == "what the condition is about"
    tab_to(desk, "what they did: viewed")
    desk.keyboard.press("Enter")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Space")
    for _deed in range(7):
        desk.keyboard.press("Tab")
    desk.keyboard.press("Space")
    desk.keyboard.press("Escape")
    assert focused(desk) == "what they did: bought"
    tab_to(desk, "at least (times)")
    desk.keyboard.type("2")
    expect(desk.locator("#rule-told-words")).to_contain_text("Bought at least 2 times within 30 days", ignore_case=True)
    expect(desk.locator("#rule-audience")).to_contain_text("1 person")
    tab_to(desk, "Add a condition")
    desk.keyboard.press("Enter")
    choose(desk, "has an")
    tab_to(desk, "whether it holds or not")
    choose(desk, "is not")
    expect(desk.locator("#rule-audience")).to_contain_text("0 persons")
    tab_to(desk, "Save")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/change/")
    assert Segment.objects.get().rule == {
        "all": [
            {"did": {"type": ["purchase"], "at_least": 2, "within_days": 30.0}},
            {"not": {"platform": "xuehai"}},
        ]
    }


def test_faults_stand_at_their_conditions_and_nothing_is_lost_by_saving(desk: Page) -> None:
    desk.locator("#rule-example").select_option("best")
    desk.locator("#id_name").fill("Best")
    share = desk.get_by_label("value (%)")
    share.fill("180")
    condition = desk.get_by_role("group", name="Condition 1", exact=True)
    expect(condition.locator(".rule-fault")).to_contain_text("from 0 to 1")
    assert condition.get_attribute("aria-describedby") == condition.locator(".rule-fault").get_attribute("id")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(condition.locator(".rule-fault")).to_contain_text("from 0 to 1")
    expect(desk.locator("#id_name")).to_have_value("Best")
    expect(share).to_have_value("180")
    share.fill("80")
    expect(condition.locator(".rule-fault")).to_be_hidden()
    desk.get_by_role("button", name="Save", exact=True).click()
    desk.wait_for_url("**/change/")


def test_text_and_builder_follow_each_other_and_steps_can_be_taken_back(desk: Page) -> None:
    written = {"any": [{"not": {"all": [{"consents": "marketing"}, {"trait": "breadth", "op": ">", "value": 2}]}}]}
    desk.get_by_text("The rule as text (JSON)").click()
    desk.locator("#id_rule").fill(json.dumps(written))
    expect(desk.get_by_label("how the conditions go together")).to_have_count(2)
    expect(desk.get_by_label("how the conditions go together").nth(1)).to_have_value("not_all")
    desk.get_by_role("button", name="Remove: Condition 1").click()
    assert rule_in(desk) == {"any": [{"not": {"all": [{"trait": "breadth", "op": ">", "value": 2}]}}]}
    desk.get_by_role("button", name="Undo").click()
    assert rule_in(desk) == written
    desk.locator("#id_rule").fill('{"any": [')
    expect(desk.locator("#rule-told-words")).to_contain_text("no valid JSON")
    expect(desk.get_by_label("how the conditions go together")).to_have_count(2)


def test_every_kind_of_condition_survives_being_shown(desk: Page) -> None:
    other = SegmentFactory(key="night-owls")
    rule = {
        "all": [
            {"did": {"type": ["view", "like"], "category": "编程开发", "at_least": 2, "at_most": 5, "within_days": 7}},
            {"did": {"type": "purchase", "sum_at_least": 9900, "between": ["2026-01-01", "2026-02-01"]}},
            {"did": {"course": "item-1", "platform": "xuehai"}},
            {"trait": "hours.habit", "op": "in", "value": ["night"]},
            {"trait": "last_event", "op": ">=", "value": "2026-01-01"},
            {"trait": "spending.spent", "op": ">=", "value": 19900},
            {"interest": "没见过的", "at_least": 0.15},
            {"segment": other.key},
            {"account_trait": "city", "op": "in", "value": ["杭州", 7]},
            {"something": "new"},
        ]
    }
    desk.locator("#id_rule").evaluate(WRITE, json.dumps(rule))
    expect(desk.locator(".rule-condition")).to_have_count(10)
    desk.get_by_role("button", name="Add a condition").click()
    kept = rule_in(desk)
    assert isinstance(kept, dict)
    assert kept["all"][:10] == rule["all"]
    expect(desk.get_by_label("value (CNY)")).to_have_value("199")
    expect(desk.locator("#rule-told-words")).to_contain_text("/all/9")


def test_on_a_phone_nothing_sticks_out(desk: Page) -> None:
    desk.set_viewport_size({"width": 360, "height": 740})
    segment = SegmentFactory(name="分" * 60, rule={"any": [{"all": [{"any": [{"did": {"type": "view"}}]}]}]})
    for path in ("", "add/", f"{segment.pk}/edit/", f"{segment.pk}/change/", f"{segment.pk}/export/"):
        desk.goto(f"/admin/profiles/segment/{path}")
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert desk.evaluate(wider) <= 0, path

"""A learner's way through the site, in a real browser: in Chinese and English, at a desk and on a phone."""

import re
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from redis import Redis

from accounts.models import LinkedAccount, Purpose
from accounts.services import linking
from accounts.services.accounts import house_account
from crossmarket.foundation import generations
from profiles.models import Course, Event, EventType
from tests.factories import PASSWORD, CourseFactory, EventFactory, LinkedAccountFactory, RatingFactory, UserFactory

NewPage = Callable[..., Page]

FOCUSED = """() => {
  const at = document.activeElement;
  const outlines = [null, "::after"].map((part) => getComputedStyle(at, part).outlineStyle);
  return [at.getAttribute("href") ?? at.name ?? "", outlines.some((style) => style !== "none")];
}"""
"""What has the focus (its address or name), and whether one sees that."""

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def courses(redis_client: Redis) -> list[Course]:
    """A small catalogue with something of everything."""
    made = [
        CourseFactory(title="Python 爬虫入门", category="编程开发", kind="course", text="从零开始写爬虫。"),
        CourseFactory(title="宋词里的月亮", category="文学写作", kind="audio", price=0),
        CourseFactory(title="把分离焦虑讲明白", category="亲子家庭", kind="video"),
        CourseFactory(title="A/B 测试实战十讲", category="人工智能", kind="live", price=29_900),
    ]
    RatingFactory(course=made[0], value=5)
    EventFactory(course=made[1], type=EventType.PURCHASE)
    redis_client.set(generations.key(generations.CATALOGUE), secrets.token_hex(8))
    return made


def sign_up(page: Page, name: str = "小鹿") -> LinkedAccount:
    """Make a new account through the page, and return the one on our own pages."""
    page.goto("/accounts/signup/")
    page.locator("#id_email").fill("deer@example.com")
    page.locator("#id_name").fill(name)
    page.locator("#id_password1").fill(PASSWORD)
    page.locator("main form button:not([type=button])").click()
    page.wait_for_url("**/")
    return LinkedAccount.objects.select_related("platform").get(traits__nickname=name)


def sign_in(page: Page) -> LinkedAccount:
    """Sign a user in through the page, and return the account on our own pages."""
    user = UserFactory()
    page.goto("/accounts/login/")
    page.locator("#id_login").fill(user.email)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password").press("Enter")
    page.wait_for_url("**/")
    return house_account(user)


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize(
    ("locale", "invitation", "search", "published", "button"),
    [
        ("zh-CN", "注册账号", "搜索课程", "谢谢，你的评价已发布。", "发布"),
        ("en-US", "Create an account", "Search courses", "Thank you. Your opinion is published.", "Publish"),
    ],
)
def test_from_signing_up_to_an_opinion(
    new_page: NewPage, courses: list[Course], locale: str, invitation: str, search: str, published: str, button: str
) -> None:
    page = new_page(locale=locale)
    page.goto("/")
    expect(page.get_by_role("link", name=invitation)).to_be_visible()
    account = sign_up(page)
    page.get_by_role("searchbox", name=search).fill("爬虫")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Python 爬虫入门").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Python 爬虫入门")
    page.locator("label[for=rating-4]").click()
    page.locator("#id_comment").fill("例子很贴近实际")
    page.get_by_role("button", name=button).click()
    expect(page.locator("form [role=status]")).to_have_text(published)
    expect(page.locator(".comment")).to_contain_text("小鹿")
    expect(page.locator(".comment")).to_contain_text("例子很贴近实际")
    expect(page.locator(".summary-average")).to_have_text("4.5")
    types = set(Event.objects.filter(account=account).values_list("type", flat=True))
    assert types == {EventType.SEARCH, EventType.VIEW, EventType.RATING, EventType.COMMENT}


def test_what_was_just_opened_leaves_the_suggestions_when_one_goes_back(
    browser_page: Page, courses: list[Course]
) -> None:
    sign_in(browser_page)
    suggestions = browser_page.locator("#for-you")
    expect(suggestions.locator(".card")).to_have_count(len(courses))
    expect(suggestions.locator(".reason").first).to_be_visible()
    suggestions.get_by_role("link", name="宋词里的月亮").click()
    expect(browser_page).to_have_url(re.compile(r"/courses/\d+/$"))
    browser_page.goto("/")
    expect(suggestions.locator(".card")).to_have_count(len(courses) - 1)
    click = Event.objects.get(type=EventType.CLICK)
    assert click.context
    assert click.context["recommendation_id"]


def test_filters_change_the_list_and_the_address_without_leaving_the_page(
    browser_page: Page, courses: list[Course]
) -> None:
    browser_page.goto("/courses/")
    browser_page.evaluate("window.stayed = true")
    browser_page.locator("#catalogue").get_by_role("link", name="音频").click()
    expect(browser_page.locator(".card")).to_have_count(1)
    expect(browser_page).to_have_url(re.compile("kind=audio"))
    assert browser_page.evaluate("window.stayed")
    expect(browser_page.locator("#catalogue").get_by_role("link", name="音频")).to_be_focused()
    browser_page.go_back()
    expect(browser_page.locator(".card")).to_have_count(len(courses))


def test_a_switch_saves_at_once_and_shows_in_the_history(browser_page: Page) -> None:
    account = sign_in(browser_page)
    browser_page.goto("/me/platforms/")
    browser_page.get_by_text("我的授权记录").click()
    expect(browser_page.locator(".history-body")).to_contain_text("还没有做过决定")
    switch = browser_page.get_by_role("switch", name=re.compile("推荐"))
    expect(switch).to_be_checked()
    switch.focus()
    browser_page.keyboard.press("Space")
    expect(browser_page.get_by_text("已保存")).to_be_visible()
    expect(browser_page.locator(".history-list li")).to_have_count(1)
    expect(browser_page.get_by_role("switch", name=re.compile("推荐"))).to_be_focused()
    account.refresh_from_db()
    assert not account.consents_to(Purpose.RECOMMENDATION)


def test_connecting_and_disconnecting_a_platform_on_a_phone(phone_page: Page) -> None:
    page = phone_page
    sign_in(page)
    other = LinkedAccountFactory(platform__name="听道")
    page.goto("/me/platforms/")
    page.get_by_label("关联码").fill(linking.create_link_code(other).code.lower())
    page.get_by_label(re.compile("我同意")).check()
    page.get_by_role("button", name="关联", exact=True).click()
    expect(page.get_by_role("heading", name="听道")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="解除关联").click()
    expect(page.get_by_role("heading", name="听道")).to_have_count(0)


def test_a_code_to_carry_elsewhere_is_shown_with_its_end(browser_page: Page) -> None:
    sign_in(browser_page)
    browser_page.goto("/me/platforms/")
    browser_page.get_by_role("button", name="获取关联码").click()
    expect(browser_page.locator("#link-code")).to_have_text(re.compile(r"^[2-9A-Z]{5}-[2-9A-Z]{5}$"))
    expect(browser_page.locator("[data-until]")).to_have_text(re.compile(r"\((9:5\d|10:00)\)"))


def test_no_page_is_wider_than_the_smallest_phone(phone_page: Page, courses: list[Course]) -> None:
    page = phone_page
    page.set_viewport_size({"width": 320, "height": 640})
    for address in (
        "/",
        "/courses/",
        f"/courses/{courses[0].pk}/",
        "/accounts/login/",
        "/accounts/signup/",
        "/nowhere/",
    ):
        page.goto(address)
        assert sideways(page) == 0, address
    sign_in(page)
    for address in (
        "/",
        "/me/platforms/",
        "/me/name/",
        "/accounts/email/",
        "/accounts/2fa/",
        f"/courses/{courses[0].pk}/",
    ):
        page.goto(address)
        assert sideways(page) == 0, address


def test_everything_is_reached_and_seen_by_keyboard(browser_page: Page, courses: list[Course]) -> None:
    browser_page.goto("/")
    browser_page.keyboard.press("Tab")
    expect(browser_page.locator(".skip")).to_be_focused()
    expect(browser_page.locator(".skip")).to_be_in_viewport()
    reached = set()
    for _press in range(60):
        browser_page.keyboard.press("Tab")
        name, is_seen = browser_page.evaluate(FOCUSED)
        reached.add(name.split("?")[0])
        assert is_seen or not name, f"no focus is seen on {name}"
    assert {"q", "language", "/accounts/login/", f"/courses/{courses[0].pk}/"} <= reached


def test_the_stars_are_set_with_the_arrow_keys(browser_page: Page, courses: list[Course]) -> None:
    sign_in(browser_page)
    browser_page.goto(f"/courses/{courses[0].pk}/")
    browser_page.locator("#rating-1").focus()
    for _press in range(2):
        browser_page.keyboard.press("ArrowRight")
    expect(browser_page.locator("#rating-3")).to_be_checked()


def test_the_language_changes_where_one_is(browser_page: Page, courses: list[Course]) -> None:
    browser_page.goto("/courses/?q=宋词")
    browser_page.get_by_role("button", name="English").click()
    expect(browser_page.get_by_role("heading", level=1)).to_have_text("Results for “宋词”")
    expect(browser_page.locator("html")).to_have_attribute("lang", "en")
    expect(browser_page.get_by_role("link", name="宋词里的月亮")).to_be_visible()

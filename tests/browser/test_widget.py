"""The widget in pages that are not ours."""

import time
from dataclasses import dataclass

import jwt
import pytest
from playwright.sync_api import Locator, Page, Response, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Platform
from accounts.services.platforms import create_platform
from profiles.models import Event
from tests.factories import CourseFactory
from tests.foreign_site import ForeignSite

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PERSON = "learner-7"


@dataclass(frozen=True)
class Partner:
    """A platform with courses whose pages stand on the foreign site."""

    platform: Platform
    key: str
    host: str

    def token(self, lifetime: int = 3600) -> str:
        claims = {"sub": PERSON, "exp": int(time.time()) + lifetime}
        return jwt.encode(claims, self.platform.signing_secret, algorithm="HS256")

    def snippet(self, **attributes: str) -> str:
        given = {"key": self.key, "placement": "home", "lang": "zh", **attributes}
        data = " ".join(f'data-{name.replace("_", "-")}="{value}"' for name, value in given.items())
        return f'<script async src="{self.host}/widget/v1.js" {data}></script>'


@pytest.fixture
def partner(live_server: LiveServer, foreign_site: ForeignSite) -> Partner:
    made = create_platform("foreign", "远方", [foreign_site.url])
    for number in range(6):
        CourseFactory(
            platform=made.platform,
            item_id=f"c{number}",
            title=f"第 {number} 课",
            price=[0, 9_900, 1_290, None, 4_900, 19_900][number],
            url=f"{foreign_site.url}/courses/c{number}",
        )
    return Partner(made.platform, made.publishable_key, live_server.url)


def cards(page: Page) -> Locator:
    return page.locator("crossmarket-widget [part~=card]")


def arrived(event_type: str) -> Event:
    """The one event of this type, waited for: the browser sends it beside opening the next page."""
    deadline = time.monotonic() + 10
    while not Event.objects.filter(type=event_type).exists():
        assert time.monotonic() < deadline, f"no {event_type} has arrived"
        time.sleep(0.05)
    return Event.objects.select_related("account", "course").get(type=event_type)


def is_report(response: Response) -> bool:
    return response.request.method == "POST" and response.url.endswith("/api/v1/events")


def test_one_line_brings_recommendations(browser_page: Page, partner: Partner, foreign_site: ForeignSite) -> None:
    browser_page.goto(foreign_site.show(partner.snippet()))
    expect(cards(browser_page)).to_have_count(6)
    widget = browser_page.locator("crossmarket-widget")
    expect(widget.get_by_role("heading")).to_have_text("为你推荐")
    card = cards(browser_page).filter(has_text="第 1 课")
    expect(card.locator("[part=price]")).to_have_text("¥99")
    expect(card.locator("[part=reason]")).not_to_be_empty()
    expect(card).to_have_attribute("href", f"{foreign_site.url}/courses/c1")
    expect(cards(browser_page).filter(has_text="第 0 课").locator("[part=price]")).to_have_text("免费")
    expect(cards(browser_page).filter(has_text="第 3 课").locator("[part=price]")).to_have_count(0)


def test_it_stands_where_the_script_stands(browser_page: Page, partner: Partner, foreign_site: ForeignSite) -> None:
    browser_page.goto(foreign_site.show(f"<p>before</p><div id=here>{partner.snippet()}</div><p>after</p>"))
    expect(browser_page.locator("#here > crossmarket-widget")).to_have_count(1)


def test_element_and_script_are_the_same_and_may_stand_together(
    browser_page: Page, partner: Partner, foreign_site: ForeignSite
) -> None:
    element = f'<crossmarket-widget key="{partner.key}" lang="en" limit="2" heading="Next"></crossmarket-widget>'
    browser_page.goto(foreign_site.show(element + partner.snippet() + partner.snippet(lang="en", limit="3")))
    widgets = browser_page.locator("crossmarket-widget")
    expect(widgets).to_have_count(3)
    expect(cards(browser_page)).to_have_count(2 + 6 + 3)
    expect(widgets.get_by_role("heading")).to_have_text(["Next", "为你推荐", "Recommended for you"])


def test_prices_and_words_follow_the_language(browser_page: Page, partner: Partner, foreign_site: ForeignSite) -> None:
    browser_page.goto(foreign_site.show(partner.snippet(lang="en")))
    expect(cards(browser_page).filter(has_text="第 0 课").locator("[part=price]")).to_have_text("Free")
    browser_page.locator("crossmarket-widget").evaluate("widget => widget.setAttribute('lang', 'zh')")
    expect(cards(browser_page).filter(has_text="第 0 课").locator("[part=price]")).to_have_text("免费")


def test_the_pages_styles_do_not_matter(browser_page: Page, partner: Partner, foreign_site: ForeignSite) -> None:
    hostile = """<style>
      html { font-size: 40px } * { display: none !important; opacity: 0 !important; position: absolute !important;
      color: red !important; font: 60px serif !important; letter-spacing: 1em !important; direction: rtl !important }
      html, body, body * { display: block !important }
    </style>"""
    browser_page.goto(foreign_site.show(partner.snippet(), head=hostile))
    expect(cards(browser_page)).to_have_count(6)
    looks = browser_page.evaluate("""() => {
      const host = document.querySelector("crossmarket-widget"), title = host.shadowRoot.querySelector("[part=title]");
      const outside = getComputedStyle(host), inside = getComputedStyle(title);
      return { display: outside.display, opacity: outside.opacity, position: outside.position, size: inside.fontSize,
               spacing: inside.letterSpacing, color: inside.color, direction: inside.direction };
    }""")
    assert looks.pop("color") != "rgb(255, 0, 0)"
    assert looks == {
        "display": "block",
        "opacity": "1",
        "position": "static",
        "size": "15px",
        "spacing": "normal",
        "direction": "ltr",
    }


def test_a_strict_content_security_policy_lets_it_work(
    browser_page: Page, partner: Partner, foreign_site: ForeignSite
) -> None:
    host = partner.host
    foreign_site.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src {host}; connect-src {host}; img-src {host}; require-trusted-types-for 'script'"
    )
    browser_page.goto(foreign_site.show(partner.snippet(user_token=partner.token())))
    expect(cards(browser_page)).to_have_count(6)
    display = cards(browser_page).first.evaluate("card => getComputedStyle(card).display")
    assert display == "grid"


def test_a_click_is_reported_though_the_next_page_opens_at_once(
    browser_page: Page, partner: Partner, foreign_site: ForeignSite
) -> None:
    browser_page.goto(foreign_site.show(partner.snippet(user_token=partner.token())))
    expect(cards(browser_page)).to_have_count(6)
    cards(browser_page).filter(has_text="第 2 课").click()
    browser_page.wait_for_url("**/courses/c2")
    event = arrived("click")
    assert (event.account.external_id, event.course.item_id) == (PERSON, "c2")
    assert event.context["placement"] == "home"
    assert event.context["recommendation_id"]


def test_what_was_seen_for_a_second_is_reported_once(
    browser_page: Page, partner: Partner, foreign_site: ForeignSite
) -> None:
    with browser_page.expect_response(is_report) as report:
        browser_page.goto(foreign_site.show(partner.snippet(user_token=partner.token())))
    assert report.value.json()["accepted"] == 6
    assert set(Event.objects.values_list("type", flat=True)) == {"impression"}


def test_what_is_out_of_sight_is_not_reported(browser_page: Page, partner: Partner, foreign_site: ForeignSite) -> None:
    far_below = '<div style="height: 5000px"></div>'
    browser_page.goto(foreign_site.show(far_below + partner.snippet(user_token=partner.token())))
    expect(cards(browser_page)).to_have_count(6)
    browser_page.wait_for_timeout(1_600)
    assert not Event.objects.exists()
    with browser_page.expect_response(is_report):
        cards(browser_page).first.scroll_into_view_if_needed()


def test_of_anonymous_visitors_nothing_is_reported(
    browser_page: Page, partner: Partner, foreign_site: ForeignSite
) -> None:
    reports: list[str] = []
    browser_page.on("request", lambda request: reports.append(request.url) if request.method == "POST" else None)
    browser_page.goto(foreign_site.show(partner.snippet()))
    expect(cards(browser_page)).to_have_count(6)
    browser_page.wait_for_timeout(1_600)
    cards(browser_page).first.click()
    browser_page.wait_for_url("**/courses/*")
    assert reports == []
    assert not Event.objects.exists()


def test_a_foreign_origin_sees_an_error_and_its_page_lives_on(
    browser_page: Page, partner: Partner, foreign_site: ForeignSite
) -> None:
    Platform.objects.filter(pk=partner.platform.pk).update(origins=["https://elsewhere.example"])
    alive = """<button onclick="this.textContent = 'alive'">press</button>"""
    browser_page.goto(foreign_site.show(partner.snippet() + alive))
    expect(browser_page.locator("crossmarket-widget [part=message]")).to_have_text("推荐暂时没有加载出来。")
    browser_page.get_by_role("button", name="press").click()
    expect(browser_page.get_by_role("button", name="alive")).to_be_visible()


def test_after_a_lost_connection_it_can_be_tried_again(
    browser_page: Page, partner: Partner, foreign_site: ForeignSite
) -> None:
    browser_page.route("**/api/v1/recommendations*", lambda route: route.abort())
    browser_page.goto(foreign_site.show(partner.snippet()))
    again = browser_page.get_by_role("button", name="再试一次")
    expect(again).to_be_visible()
    browser_page.unroute("**/api/v1/recommendations*")
    again.click()
    expect(cards(browser_page)).to_have_count(6)


def test_an_expired_token_is_asked_for_anew(browser_page: Page, partner: Partner, foreign_site: ForeignSite) -> None:
    listener = """<script>
      window.expired = 0;
      document.addEventListener("crossmarket:token-expired", (event) => {
        window.expired += 1;
        window.widget = event.target;
      });
    </script>"""
    browser_page.goto(foreign_site.show(partner.snippet(user_token=partner.token(lifetime=-120)), head=listener))
    expect(cards(browser_page)).to_have_count(6)
    assert browser_page.evaluate("window.expired") == 1
    asked = "**/api/v1/recommendations*"
    with browser_page.expect_request(asked) as request:
        browser_page.evaluate("token => window.widget.setAttribute('user-token', token)", partner.token())
    assert request.value.headers["x-user-token"]
    expect(cards(browser_page)).to_have_count(6)
    assert browser_page.evaluate("window.expired") == 1


def test_coming_back_to_a_kept_page_asks_again(browser_page: Page, partner: Partner, foreign_site: ForeignSite) -> None:
    browser_page.goto(foreign_site.show(partner.snippet()))
    expect(cards(browser_page)).to_have_count(6)
    with browser_page.expect_request("**/api/v1/recommendations*"):
        browser_page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(cards(browser_page)).to_have_count(6)


def test_the_page_may_handle_clicks_itself(browser_page: Page, partner: Partner, foreign_site: ForeignSite) -> None:
    listener = """<script>
      document.addEventListener("crossmarket:click", (event) => {
        event.preventDefault();
        document.title = event.detail.item.item_id;
      });
    </script>"""
    address = foreign_site.show(partner.snippet(), head=listener)
    browser_page.goto(address)
    cards(browser_page).filter(has_text="第 4 课").click()
    expect(browser_page).to_have_title("c4")
    expect(browser_page).to_have_url(address)


def test_a_course_without_a_web_address_is_no_link(
    browser_page: Page, partner: Partner, foreign_site: ForeignSite
) -> None:
    CourseFactory(platform=partner.platform, title="危险", url="javascript:alert(1)")
    browser_page.goto(foreign_site.show(partner.snippet(limit="7")))
    card = cards(browser_page).filter(has_text="危险")
    expect(card).to_have_count(1)
    assert card.evaluate("card => card.tagName") == "DIV"


def test_without_courses_it_says_so(browser_page: Page, partner: Partner, foreign_site: ForeignSite) -> None:
    partner.platform.courses.update(available=False)
    browser_page.goto(foreign_site.show(partner.snippet(lang="en")))
    expect(browser_page.locator("crossmarket-widget [part=message]")).to_contain_text("Nothing to recommend yet")


def test_widgets_to_come_show_nothing(browser_page: Page, partner: Partner, foreign_site: ForeignSite) -> None:
    with browser_page.expect_console_message(lambda note: "wish-list" in note.text):
        browser_page.goto(foreign_site.show(partner.snippet(widget="wish-list")))
    expect(browser_page.locator("crossmarket-widget")).to_be_hidden()


def test_it_is_used_by_keyboard(browser_page: Page, partner: Partner, foreign_site: ForeignSite) -> None:
    browser_page.goto(foreign_site.show(partner.snippet()))
    expect(cards(browser_page)).to_have_count(6)
    browser_page.keyboard.press("Tab")
    expect(cards(browser_page).first).to_be_focused()
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url("**/courses/*")


def test_on_a_phone_nothing_hangs_over(phone_page: Page, partner: Partner, foreign_site: ForeignSite) -> None:
    viewport = '<meta name="viewport" content="width=device-width">'
    phone_page.goto(foreign_site.show(partner.snippet(), head=viewport))
    expect(cards(phone_page)).to_have_count(6)
    assert phone_page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("theme", "dark"), [("light", False), ("dark", True)])
def test_it_is_light_or_dark_as_asked(
    browser_page: Page, partner: Partner, foreign_site: ForeignSite, theme: str, dark: bool
) -> None:
    browser_page.goto(foreign_site.show(partner.snippet(theme=theme)))
    colour = cards(browser_page).first.evaluate("card => getComputedStyle(card).backgroundColor")
    brightness = sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
    assert (brightness < 3 * 128) == dark

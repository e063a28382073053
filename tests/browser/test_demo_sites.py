"""Two partner sites and one person: what is done on the one changes what the other recommends, if the person agrees."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from crossmarket.demo import notes
from crossmarket.demo.addresses import SITES, Addresses
from crossmarket.demo.catalogue import site_file
from crossmarket.demo.notes import DemoNotes
from crossmarket.demo.site.http import wsgi
from crossmarket.demo.site.serving import demo_site
from profiles.models import Event
from promotions.models import Redemption
from tests.factories import CouponBatchFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NewPage = Callable[..., Page]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@dataclass(frozen=True)
class DemoSites:
    """Both sites, running; addresses by slug."""

    notes: DemoNotes
    xuehai: str
    tingdao: str

    def account(self, role: str, slug: str) -> str:
        return next(each for each in self.notes.personas if each.role == role).external_ids[slug]


@pytest.fixture
def sites(live_server: LiveServer) -> Iterator[DemoSites]:
    base = _port_before_free_ones()
    with override_settings(PORT=base):
        call_command("seed_demo", "--users=150", "--courses=120")
    call_command("train", "ease", "--here")
    addresses = Addresses(base)
    servers = [
        make_server("127.0.0.1", base + 1 + index, wsgi(demo_site(slug, live_server.url).answer), _Server, _Silent)
        for index, slug in enumerate(SITES)
    ]
    threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    made = notes.read()
    assert made is not None
    yield DemoSites(made, addresses.site("xuehai"), addresses.site("tingdao"))
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        server.server_close()
        thread.join()
    for path in (notes.path(), *map(site_file, SITES)):
        path.unlink(missing_ok=True)


def _port_before_free_ones() -> int:
    for _attempt in range(50):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return int(port) - 1
    raise AssertionError("no two free ports side by side")


def recommended(page: Page, site: str) -> list[str]:
    """The courses in the widget of a site's first page, as it opens now."""
    page.goto(f"{site}/")
    cards = page.locator("crossmarket-widget:not([widget]) [part~=card]")
    expect(cards).to_have_count(6)
    return [card.get_attribute("data-item") or "" for card in cards.all()]


def open_three_courses(page: Page, site: str) -> None:
    page.goto(f"{site}/")
    addresses = [link.get_attribute("href") for link in page.locator(".cards a").all()[:3]]
    for address in addresses:
        page.goto(f"{site}{address}")
        expect(page.locator("h1")).to_be_visible()


def visit_as(page: Page, site: str, name: str) -> None:
    page.goto(f"{site}/")
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")


def test_for_a_joined_person_opening_courses_here_changes_the_list_there(browser_page: Page, sites: DemoSites) -> None:
    visit_as(browser_page, sites.tingdao, "林晓")
    before = recommended(browser_page, sites.tingdao)
    assert recommended(browser_page, sites.tingdao) == before
    open_three_courses(browser_page, sites.xuehai)
    assert recommended(browser_page, sites.tingdao) != before


def test_for_a_person_who_did_not_agree_it_does_not(browser_page: Page, sites: DemoSites) -> None:
    for site in (sites.tingdao, sites.xuehai):
        visit_as(browser_page, site, "周远")
    there, here = recommended(browser_page, sites.tingdao), recommended(browser_page, sites.xuehai)
    open_three_courses(browser_page, sites.xuehai)
    assert recommended(browser_page, sites.tingdao) == there
    assert recommended(browser_page, sites.xuehai) != here


def test_a_click_in_the_widget_leads_to_the_course_and_is_attributed(browser_page: Page, sites: DemoSites) -> None:
    item = recommended(browser_page, sites.xuehai)[0]
    browser_page.locator(f"crossmarket-widget:not([widget]) [data-item={item}]").click()
    browser_page.wait_for_url(f"{sites.xuehai}/courses/{item}")
    browser_page.get_by_role("button", name="喜欢").click()
    expect(browser_page.get_by_role("status").filter(has_text="已标记喜欢")).to_be_visible()
    account = sites.account("joined", "xuehai")
    events = Event.objects.filter(account__external_id=account, course__item_id=item).order_by("-pk")
    liked = events.filter(type="like").first()
    viewed = events.filter(type="view").first()
    assert liked is not None
    assert viewed is not None
    assert liked.context["recommendation_id"] == viewed.context["recommendation_id"]


def open_paid_course(page: Page, site: str) -> str:
    """The item id of the first course that costs something; its page is open."""
    page.goto(f"{site}/")
    link = page.locator(".cards li").filter(has_text="¥").first.locator("a")
    item = (link.get_attribute("href") or "").rsplit("/", 1)[1]
    link.click()
    return item


def bought(item: str) -> Event:
    """The latest purchase of a course."""
    return Event.objects.filter(type="purchase", course__item_id=item).select_related("course", "account").latest("pk")


def test_buying_is_told_with_the_price(browser_page: Page, sites: DemoSites) -> None:
    item = open_paid_course(browser_page, sites.xuehai)
    browser_page.get_by_role("button", name="购买").click()
    browser_page.get_by_role("button", name="支付").click()
    expect(browser_page.get_by_role("status").filter(has_text="已购买")).to_be_visible()
    event = bought(item)
    assert event.account.external_id == sites.account("joined", "xuehai")
    assert event.value == event.course.price


def test_coupons_are_set_aside_given_back_and_used_at_the_checkout(browser_page: Page, sites: DemoSites) -> None:
    page = browser_page
    batch = CouponBatchFactory(value=100, limit_person=1, shared_code="ONCE")
    item = open_paid_course(page, sites.xuehai)
    page.get_by_role("button", name="购买").click()
    codes = page.get_by_label("优惠券码")
    codes.fill("nonsense")
    page.get_by_role("button", name="试算").click()
    expect(page.locator("article.order")).to_contain_text("没有这张券，请检查券码。")
    for ending in ("放弃订单", "支付"):
        if ending == "支付":
            open_paid_course(page, sites.xuehai)
            page.get_by_role("button", name="购买").click()
        codes.fill("once")
        page.get_by_role("button", name="试算").click()
        expect(page.locator(".sums")).to_contain_text("−¥1")
        page.get_by_role("button", name="用券下单").click()
        expect(page.get_by_role("status").filter(has_text="保留 15 分钟")).to_be_visible()
        batch.refresh_from_db()
        assert batch.used == 1
        page.get_by_role("button", name=ending).click()
        if ending == "放弃订单":
            expect(page.get_by_role("status").filter(has_text="已退回")).to_be_visible()
            batch.refresh_from_db()
            assert batch.used == 0
    expect(page.get_by_role("status").filter(has_text="已购买")).to_be_visible()
    event = bought(item)
    assert event.value == event.course.price - 100
    batch_redemptions = Redemption.objects.filter(uses__batch=batch)
    assert list(batch_redemptions.values_list("state", flat=True).order_by("created_at")) == [
        "rolled_back",
        "committed",
    ]


def test_the_panel_shows_what_was_sent_and_answered(browser_page: Page, sites: DemoSites) -> None:
    browser_page.goto(f"{sites.tingdao}/")
    browser_page.locator(".cards a").first.click()
    panel = browser_page.locator(".panel")
    expect(panel.locator(".exchanges .good").first).to_contain_text("POST /api/v1/events → 202")
    expect(panel).to_contain_text('"type": "view"')
    expect(panel).to_contain_text('"accepted":1')
    expect(panel.locator("#from-browser")).to_contain_text("GET /api/v1/recommendations")


def test_a_visitor_is_recommended_something_and_nothing_is_sent(browser_page: Page, sites: DemoSites) -> None:
    visit_as(browser_page, sites.xuehai, "游客")
    before = Event.objects.count()
    assert len(recommended(browser_page, sites.xuehai)) == 6
    open_three_courses(browser_page, sites.xuehai)
    browser_page.get_by_role("button", name="喜欢").click()
    expect(browser_page.locator(".panel")).to_contain_text("什么也不会上报")
    assert Event.objects.count() == before


def test_the_sites_speak_english_too(new_page: NewPage, sites: DemoSites) -> None:
    page = new_page(locale="en-US")
    page.goto(f"{sites.tingdao}/")
    expect(page.locator("crossmarket-widget:not([widget])").get_by_role("heading")).to_have_text("Recommended for you")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("crossmarket-widget:not([widget])").get_by_role("heading")).to_have_text("为你推荐")


def test_a_page_stays_whole_when_crossmarket_is_away(browser_page: Page, sites: DemoSites) -> None:
    browser_page.route("**/widget/v1.js", lambda route: route.abort())
    browser_page.route("**/api/v1/**", lambda route: route.abort())
    browser_page.goto(f"{sites.xuehai}/")
    expect(browser_page.locator(".cards li")).not_to_have_count(0)


def test_nothing_hangs_over_on_a_phone(phone_page: Page, sites: DemoSites) -> None:
    for site in (sites.xuehai, sites.tingdao):
        phone_page.goto(f"{site}/")
        expect(phone_page.locator("crossmarket-widget:not([widget]) [part~=card]")).to_have_count(6)
        assert phone_page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        phone_page.locator(".cards a").first.click()
        expect(phone_page.locator("article h1")).to_be_visible()
        assert phone_page.evaluate("document.documentElement.scrollWidth <= innerWidth")
